#!/usr/bin/env python3
"""attest/golden/cap1.py - CAP-1's prover a second time, from docs/attestation.md alone: no library, no shared code.

Writes the golden vectors, a minute of one thread for each profile:
python3 attest/golden/cap1.py > attest/golden/cap1-int8.txt
python3 attest/golden/cap1.py f16x > attest/golden/cap1-f16x.txt
python3 attest/golden/cap1.py transcript > attest/golden/cap1-transcript.txt    (at once)
"""
import hashlib
import struct
import sys

MASK = 0xFFFFFFFF


def h(domain, *parts):
    text = domain.encode()
    out = hashlib.blake2b(bytes([len(text)]) + text, digest_size=32)
    for part in parts:
        out.update(struct.pack("<I", len(part)) + part)
    return out.digest()


def quarter(s, a, b, c, d):
    s[a] = (s[a] + s[b]) & MASK; x = s[d] ^ s[a]; s[d] = (x << 16 | x >> 16) & MASK
    s[c] = (s[c] + s[d]) & MASK; x = s[b] ^ s[c]; s[b] = (x << 12 | x >> 20) & MASK
    s[a] = (s[a] + s[b]) & MASK; x = s[d] ^ s[a]; s[d] = (x << 8 | x >> 24) & MASK
    s[c] = (s[c] + s[d]) & MASK; x = s[b] ^ s[c]; s[b] = (x << 7 | x >> 25) & MASK


def prf(key, domain, index, size):
    """ChaCha20 as in RFC 8439, from block 0; the nonce is u32 domain, u64 index."""
    head = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    nonce = list(struct.unpack("<3I", struct.pack("<IQ", domain, index)))
    out = bytearray()
    for block in range((size + 63) // 64):
        start = head + [block] + nonce
        s = start[:]
        for _ in range(10):
            quarter(s, 0, 4, 8, 12); quarter(s, 1, 5, 9, 13)
            quarter(s, 2, 6, 10, 14); quarter(s, 3, 7, 11, 15)
            quarter(s, 0, 5, 10, 15); quarter(s, 1, 6, 11, 12)
            quarter(s, 2, 7, 8, 13); quarter(s, 3, 4, 9, 14)
        out += struct.pack("<16I", *((x + y) & MASK for x, y in zip(s, start)))
    return bytes(out[:size])


class Int8:
    number, a, b = 1, 1, 2

    @staticmethod
    def row(key, domain, index, n):
        return [x - 256 if x > 127 else x for x in prf(key, domain, index, n)]


class F16x:
    """Entries from -8 to 7, two a byte, low half first: small enough that floats multiply and add them exactly."""
    number, a, b = 2, 6, 7

    @staticmethod
    def row(key, domain, index, n):
        halves = [half for x in prf(key, domain, index, n // 2) for half in (x & 15, x >> 4)]
        return [x - 16 if x > 7 else x for x in halves]


def same_in_floats(a_row, b_rows, j, exact):
    """FP16 entries, FP32 sums, forwards and backwards: nothing is ever rounded."""
    half = lambda x: struct.unpack("<e", struct.pack("<e", x))[0]
    single = lambda x: struct.unpack("<f", struct.pack("<f", x))[0]
    terms = [half(a) * half(b_rows[k][j]) for k, a in enumerate(a_row)]
    for order in (terms, terms[::-1], sorted(terms)):
        total = 0.0
        for term in order:
            total = single(total + single(term))
        assert total == exact


def packed_rows(b_rows):
    """Row k of B as one large integer, 5 bytes an entry shifted to 0..255, so that a row of C is n additions."""
    return [int.from_bytes(b"".join(struct.pack("<BI", x + 128, 0) for x in row), "little") for row in b_rows]


def product_row(a_row, b_packed, n):
    total = sum((x + 128) * b for x, b in zip(a_row, b_packed))
    raw = total.to_bytes(5 * n, "little")
    return [int.from_bytes(raw[5 * j:5 * j + 5], "little") for j in range(n)]


def product(a_rows, b_rows, n):
    """sum (a+128)(b+128) - 128 sum a - 128 sum b - n 128^2, exact."""
    b_packed = packed_rows(b_rows)
    column_sums = [sum(column) for column in zip(*b_rows)]
    out = []
    for a in a_rows:
        less = 128 * sum(a) + n * 128 * 128
        out.append([x - less - 128 * s for x, s in zip(product_row(a, b_packed, n), column_sums)])
    return out


def lanes_key(key):
    words = struct.unpack("<32I", prf(key, 3, 0, 128))
    return list(words[:16]), [w | 1 for w in words[16:]]


def lanes(key, row):
    start, factor = key
    out = start[:]
    for at in range(0, len(row), 16):
        for lane in range(16):
            x = ((out[lane] ^ (row[at + lane] & MASK)) * factor[lane]) & MASK
            out[lane] = x ^ (x >> 15)
    return out


def leaf(group, row, entries, words):
    return h("cap1-row", struct.pack("<I", group), struct.pack("<I", row), struct.pack("<I", entries),
             struct.pack("<16I", *words))


def tree(leaves):
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([h("cap1-node", below[i], below[i + 1]) if i + 1 < len(below) else below[i]
                       for i in range(0, len(below), 2)])
    return levels


def path(levels, index):
    out = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            out.append(level[index ^ 1])
        index //= 2
    return out


def counted(items):
    return struct.pack("<I", len(items)) + b"".join(items)


def message(kind, body):
    return b"CAP1" + bytes([kind]) + body


def first(start):
    return bytes((start + i) % 256 for i in range(32))


def challenge(profile, n, rounds, retained, passes, openings, epoch=5, unit=30, nonce=50, beacon=10, z=60):
    say = lambda name, value: print(f"{name} = {value.hex() if isinstance(value, bytes) else value}")
    print(f"[challenge n={n}]")
    for name in ("n", "rounds", "retained", "passes", "openings", "epoch"):
        say(name, locals()[name])
    unit, nonce, beacon, z = map(first, (unit, nonce, beacon, z))
    for name, value in (("unit", unit), ("nonce", nonce), ("beacon", beacon), ("z_0", z)):
        say(name, value)
    b_rows = [profile.row(beacon, profile.b, i, n) for i in range(n)]
    say("B row 0, first 8", b_rows[0][:8])
    key = h("cap1-start", nonce, unit, struct.pack("<Q", epoch))
    say("s_0", key)
    products, trees, roots = [], [], []
    for t in range(rounds):
        a_rows = [profile.row(key, profile.a, i, n) for i in range(n)]
        c = product(a_rows, b_rows, n)
        assert c[0][1] == sum(a_rows[0][k] * b_rows[k][1] for k in range(n))
        if profile is F16x:
            same_in_floats(a_rows[0], b_rows, 1, c[0][1])
        lk = lanes_key(key)
        walked = [lanes(lk, row) for row in c]
        levels = tree([leaf(t, i, n, walked[i]) for i in range(n)])
        if t == 0:
            say("A_0 row 0, first 8", a_rows[0][:8])
            say("C_0 row 0, first 4", c[0][:4])
            say("lanes of C_0 row 0 under s_0", " ".join(f"{x:08x}" for x in walked[0]))
            say("leaf of round 0, row 0", levels[0][0])
        products.append(c), trees.append(levels), roots.append(levels[-1][0])
        say(f"root_{t}", roots[-1])
        key = h("cap1-round", key, roots[-1])
        say(f"s_{t + 1}", key)
    kept = products[rounds - retained:]
    pass_trees, pass_roots = [], []
    for p in range(passes):
        lk = lanes_key(z)
        levels = tree([leaf(w, i, n, lanes(lk, c[i])) for w, c in enumerate(kept) for i in range(n)])
        pass_trees.append(levels), pass_roots.append(levels[-1][0])
        say(f"m_{p}", pass_roots[-1])
        z = h("cap1-pass", z, pass_roots[-1])
        say(f"z_{p + 1}", z)
    rows = []
    for i in range(openings):
        t, row, p = i % rounds, 37 * i % n, i % passes
        memory = path(pass_trees[p], (t - rounds + retained) * n + row) if t >= rounds - retained else []
        rows.append(struct.pack("<III", t, row, p)
                    + counted([struct.pack("<i", x) for x in products[t][row]])
                    + counted(path(trees[t], row)) + counted(memory))
    say("H(cap1-golden, Openings)", h("cap1-golden", message(10, counted(rows))))
    print()
    return roots, pass_roots, z


def messages(profile):
    """Every message but Openings, whose bytes the challenges above cover, with small contents."""
    params = struct.pack("<IIIIIB", 64, 3, 2, 2, 4, profile.number)
    said = {
        "AttestOpen": message(1, first(30) + struct.pack("<IHB", 7, 3, profile.number) + counted([b"c", b"p", b"u"])),
        "EpochParams": message(2, struct.pack("<Q", 5) + first(10) + params),
        "RttProbe": message(3, struct.pack("<I", 6) + first(70)),
        "RttEcho": message(4, struct.pack("<I", 6) + first(70)),
        "Challenge": message(5, first(50)),
        "RoundsDone": message(6, first(80)),
        "MemChallenge": message(7, first(60)),
        "MemDone": message(8, counted([first(1), first(2)]) + counted([first(3)]) + first(4)),
        "Open": message(9, counted([struct.pack("<III", 2, 37, 1)])),
        "Verdict": message(11, first(30) + struct.pack("<Hqqq", 0, 10, 20, 30) + first(90)),
    }
    print("[messages]")
    for name, value in said.items():
        print(f"{name} = {value.hex()}")


def stripes(data):
    """Words of eight bytes dealt to eight lanes in turn, each lane hashed for itself."""
    data += bytes(-len(data) % 64)
    dealt = [b"".join(data[at:at + 8] for at in range(8 * lane, len(data), 64)) for lane in range(8)]
    return b"".join(hashlib.blake2b(words, digest_size=32).digest() for words in dealt)


def transcript_hash(version, said):
    parts = []
    for speaker, micros, data in said:
        parts += [speaker, struct.pack("<Q", micros)]
        if version == 1:
            parts.append(data)
        else:
            parts += [struct.pack("<I", len(data)), data if len(data) <= 1024 else stripes(data)]
    return h("cap1-transcript" if version == 1 else "cap1-transcript-2", *parts)


def transcripts():
    pattern = lambda i, size: bytes((i + j + j // 256) % 256 for j in range(size))
    print("[stripes]")
    for size in (1025, 4103, 100001):
        print(f"{size} bytes = {stripes(pattern(0, size)).hex()}")
    print()
    lists = [(37,), (0, 64, 1024), (1025,), (37, 1024, 1025, 0, 2048, 70001)]
    for number, sizes in enumerate(lists):
        print(f"[transcript {number}]")
        print("lengths =", " ".join(map(str, sizes)))
        said = [(b"PX"[i % 2:][:1], 1000 * i + 5, pattern(i, size)) for i, size in enumerate(sizes)]
        for version in (1, 2):
            print(f"version {version} = {transcript_hash(version, said).hex()}")
        print()


if __name__ == "__main__":
    if sys.argv[1:] == ["transcript"]:
        print("# attest/golden/cap1-transcript.txt - golden vectors of the transcript's hash; made by cap1.py.")
        print("# Message i has speaker P (i even) or X, time 1000 i + 5, byte j = (i + j + j // 256) mod 256.\n")
        transcripts()
        sys.exit()
    profile = F16x if sys.argv[1:] == ["f16x"] else Int8
    name, words = ("f16x", "F16X") if profile is F16x else ("int8", "INT8")
    print(f"# attest/golden/cap1-{name}.txt - golden vectors of CAP-1, profile {words}; made by attest/golden/cap1.py.")
    print("# Opening i: round i mod R, row 37 i mod n, pass i mod P. Byte i of the 32-byte inputs is first + i.\n")
    challenge(profile, 64, 3, 2, 2, 4)
    challenge(profile, 128, 2, 1, 1, 6, epoch=6, unit=31, nonce=51, beacon=11, z=61)
    challenge(profile, 256, 3, 3, 2, 9, epoch=7, unit=32, nonce=52, beacon=12, z=62)
    challenge(profile, 1024, 2, 1, 1, 5, epoch=8, unit=33, nonce=53, beacon=13, z=63)
    if profile is Int8:
        challenge(profile, 2048, 1, 1, 1, 3, epoch=9, unit=34, nonce=54, beacon=14, z=64)
    messages(profile)
