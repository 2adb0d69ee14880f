#!/usr/bin/env python3
# tests/apps/replay_postings.py - the books of a journal, by somebody who knows only docs/formats: reads the
# outcome records, checks every frame, D and each seal, and sums the postings. Standard library alone.
# Usage:  replay_postings.py DIR -> one JSON document; exit 1 with a reason when something does not fit.
import hashlib
import json
import struct
import sys
from pathlib import Path

HEADER = 4096
KINDS = {1: "bank", 2: "funds", 3: "escrow", 4: "earnings", 5: "fees", 6: "guarantee", 7: "frozen", 8: "bond"}
POSTING = 8


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ 0x82F63B78 if n & 1 else n >> 1
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def frames(folder):
    """(type, sequence, payload) of each frame of a stream, in order."""
    previous = b"", 0
    for path in sorted(p for p in folder.iterdir() if len(p.name) == 20 and p.name.isdigit()):
        data = path.read_bytes()
        if data[:8] != b"SPLWYSEG" or hashlib.blake2b(data[:88], digest_size=32).digest() != data[88:120]:
            raise ValueError(f"{path.name}: the header is damaged")
        if data[56:88] != (hashlib.blake2b(previous[0], digest_size=32).digest() if previous[1] else bytes(32)):
            raise ValueError(f"{path.name}: the segment before was changed")
        at = HEADER
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at)
            if length == 0:
                break
            end = at + (length + 7) // 8 * 8
            (crc, kind, seq) = struct.unpack_from("<IB7xQ", data, at + 4)
            if crc32c(data[at : at + 4] + data[at + 8 : end]) != crc:
                raise ValueError(f"{path.name} at byte {at}: the checksum does not match")
            yield kind, seq, data[at + 24 : at + length]
            at = end
        if any(data[at:]):
            raise ValueError(f"{path.name} at byte {at}: bytes behind the last frame")
        previous = data[:at], 1


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node(root(leaves[:split]), root(leaves[split:]))


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


class Books:
    def __init__(self):
        self.debits, self.credits, self.transfers = {}, {}, 0

    def outcome(self, payload):
        for at in range(0, len(payload), 96):
            (kind,) = struct.unpack_from("<H", payload, at)
            if kind == POSTING:
                self.post(payload[at + 40 : at + 96])

    def post(self, body):
        transfer, debit_owner, credit_owner, debit_kind, credit_kind, amount = struct.unpack_from(
            "<QIIHH4xq", body
        )
        self.transfers += 1
        if transfer != self.transfers or amount <= 0:
            raise ValueError(f"transfer {transfer} is not the next, or moves nothing")
        debit = f"{KINDS[debit_kind]}:{debit_owner}"
        credit = f"{KINDS[credit_kind]}:{credit_owner}"
        self.debits[debit] = self.debits.get(debit, 0) + amount
        self.credits[credit] = self.credits.get(credit, 0) + amount

    def accounts(self):
        return {
            name: {"debits": self.debits.get(name, 0), "credits": self.credits.get(name, 0)}
            for name in sorted(self.debits.keys() | self.credits.keys())
        }


def replay(journal):
    books, digest = Books(), blake(b"spillway-D-v1")
    outcomes = frames(journal / "records")
    batch, before, tree, entries = [], [], [], 0
    for kind, seq, payload in frames(journal / "segments"):
        tree.append(hashlib.sha256(b"\x00" + payload).digest())
        if kind == 1:
            entries += 1
            what, of, records = next(outcomes)
            if what != 3 or of != seq or seq != entries:
                raise ValueError(f"no outcome of sequence {seq}")
            digest = blake(digest + records)
            batch.append(hashlib.sha256(b"\x00" + records).digest())
            books.outcome(records)
        else:
            first, last, count = struct.unpack_from("<QQI", payload)
            if (last, last + 1 - first) != (entries, len(batch)) or payload[24:56] != digest:
                raise ValueError(f"the seal over {first} to {last} has another D")
            if count != len(before) or payload[56:88] != root(before):
                raise ValueError(f"the seal over {first} to {last} has another outcome root")
            batch, before = [], batch
    return {
        "entries": entries,
        "transfers": books.transfers,
        "digest": digest.hex(),
        "root": root(tree).hex(),
        "accounts": books.accounts(),
    }


if __name__ == "__main__":
    try:
        print(json.dumps(replay(Path(sys.argv[1]))))
    except (ValueError, StopIteration, struct.error) as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(1)
