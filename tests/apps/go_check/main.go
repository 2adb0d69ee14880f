// tests/apps/go_check/main.go - our checkpoints and proofs, judged by the code that Go itself trusts: sumdb's
// note and tlog (Debian: golang-golang-x-mod-dev). Knows nothing of the exchange.
// Usage:  go run main.go VKEY PROOF-FILE LEAF-HEX [OLD-CHECKPOINT-FILE TILES-FOLDER]
//
//	go run main.go cosigned VKEY WITNESS-VKEY CHECKPOINT-FILE; exit 1 with a reason.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

// The head that a signed note names, once its signature holds.
func head(text []byte, verifier note.Verifier) tlog.Tree {
	opened := must(note.Open(text, note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail(fmt.Errorf("not three lines, or another origin: %q", opened.Text))
	}
	size := must(strconv.ParseInt(lines[1], 10, 64))
	return tlog.Tree{N: size, Hash: must(tlog.ParseHash(lines[2]))}
}

// Hashes from files in the layout of tlog-tiles, each tile authenticated against the signed head.
type tiles struct{ folder string }

func (t tiles) Height() int { return 8 }
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		// Go says tile/8/0/..., the specification tile/0/...
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// A witness's key for note.Open: C2SP cosignature/v1, by Go's own ed25519.
type witness struct {
	name string
	key  ed25519.PublicKey
}

func newWitness(vkey string) witness {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		fail(fmt.Errorf("no vkey"))
	}
	typed := must(base64.StdEncoding.DecodeString(parts[2]))
	w := witness{parts[0], typed[1:]}
	if typed[0] != 4 || len(w.key) != ed25519.PublicKeySize || fmt.Sprintf("%08x", w.KeyHash()) != parts[1] {
		fail(fmt.Errorf("no key of a witness"))
	}
	return w
}

func (w witness) Name() string { return w.name }
func (w witness) KeyHash() uint32 {
	hash := sha256.Sum256(append([]byte(w.name+"\n\x04"), w.key...))
	return binary.BigEndian.Uint32(hash[:])
}
func (w witness) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	said := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(w.key, []byte(said), sig[8:])
}

// Both signatures hold, or note.Open says which does not.
func cosigned(vkey, witnessKey, file string) {
	list := note.VerifierList(must(note.NewVerifier(vkey)), newWitness(witnessKey))
	opened := must(note.Open(must(os.ReadFile(file)), list))
	if len(opened.Sigs) != 2 || len(opened.UnverifiedSigs) != 0 {
		fail(fmt.Errorf("%d signatures hold", len(opened.Sigs)))
	}
	fmt.Println("log and witness signed this head")
}

func main() {
	if len(os.Args) == 5 && os.Args[1] == "cosigned" {
		cosigned(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	verifier := must(note.NewVerifier(os.Args[1]))
	text := string(must(os.ReadFile(os.Args[2])))
	leaf := tlog.RecordHash(must(hex.DecodeString(os.Args[3])))

	before, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(before, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		fail(fmt.Errorf("no tlog-proof"))
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	index := must(strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64))
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		bytes := must(base64.StdEncoding.DecodeString(line))
		var hash tlog.Hash
		if copy(hash[:], bytes) != len(hash) || len(bytes) != len(hash) {
			fail(fmt.Errorf("a hash of another length"))
		}
		proof = append(proof, hash)
	}
	tree := head([]byte(checkpoint), verifier)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf); err != nil {
		fail(err)
	}
	fmt.Printf("record %d is in the tree of %d\n", index, tree.N)
	if len(os.Args) < 6 {
		return
	}

	old := head(must(os.ReadFile(os.Args[4])), verifier)
	reader := tlog.TileHashReader(tree, tiles{os.Args[5]})
	grown := must(tlog.ProveTree(tree.N, old.N, reader))
	if err := tlog.CheckTree(grown, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		fail(err)
	}
	fmt.Printf("the tree of %d extends that of %d\n", tree.N, old.N)
}
