"""Valid bundles to bend, said in the words of docs/formats.md; everything in them is drawn from the seed."""

from __future__ import annotations

import base64
from hashlib import blake2b
from random import Random
from typing import Any

from nacl.signing import SigningKey

from tests.attacking.bundles import bending
from tests.attacking.bundles.target import hashed
from tests.bundles import ALICE, BOB

DESK, OTHER_DESK = "integrity", "bureau"
DAY, LATER = "2026-03-04", "2026-03-14"
EPOCH, BEFORE = "e0" * 16, "e1" * 16
VAULT = "b0" * 16
ARMOUR = "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"
CARLA = "C2" * 20

Members = list[tuple[str, bytes]]
Made = tuple[dict[str, Any], Members, Members]
"""A manifest, the items, and the members after them."""

__all__ = ["ALICE", "BOB", "CARLA", "DAY", "DESK", "EPOCH", "OTHER_DESK", "VAULT", "Sample", "key_of", "signed"]


def key_of(chances: Random) -> SigningKey:
    return SigningKey(chances.randbytes(32))


def public(key: SigningKey) -> str:
    return bytes(key.verify_key).hex()


def signed(key: SigningKey, line: bytes, value: dict[str, Any]) -> str:
    """Return a signature in base64 over a statement that has its own first line."""
    return base64.b64encode(key.sign(line + bending.dump(value)).signature).decode()


def head_after(before: bytes, epoch: str, hashes: list[str], first: int = 1) -> str:
    head = before
    for n, digest in enumerate(hashes, first):
        link = head + bytes.fromhex(epoch) + n.to_bytes(8, "big") + bytes.fromhex(digest)
        head = blake2b(link, digest_size=32).digest()
    return head.hex()


class Sample:
    """A drop with two keys after one another, and what it and its desks write."""

    def __init__(self, chances: Random) -> None:
        self._chances = chances
        self.first_key, self.key, self.stranger = (key_of(chances) for _ in range(3))
        self.drop = public(self.first_key)

    def _items(self, kinds: str) -> list[tuple[str, str, bytes]]:
        """Return (id, kind, bytes) for each letter: s, r or n."""
        names = {"s": "submission", "r": "reply", "n": "note"}
        draw = self._chances
        return [
            (draw.randbytes(16).hex(), names[each], draw.randbytes(draw.choice((1, 511, 512, 513, 2000))))
            for each in kinds
        ]

    def pickups(self) -> list[Made]:
        """Return bundles of three sizes; the last key has signed them all, so all name the succession."""
        return [self._pickup("", rich=False), self._pickup("ssrn", rich=False), self._pickup("ssrnsr", rich=True)]

    def _pickup(self, kinds: str, *, rich: bool) -> Made:
        items = self._items(kinds)
        gone = ["ab" * 32, "cd" * 32]
        hashes = [hashed(data) for _, _, data in items] + gone
        states = ["here"] * len(items) + ["received", "withdrawn"]
        log = "".join(f"{n} {digest} {states[n - 1]}\n" for n, digest in enumerate(hashes, 1)).encode()
        keys = [(f"keys/{key}.asc", f"key of {key}".encode()) for key in (ALICE, BOB)]
        entries = [
            {
                "item": item,
                "case": "c" * 32,
                "n": n,
                "kind": kind,
                "day": DAY,
                "bytes": len(data),
                "sha256": hashed(data),
            }
            for n, (item, kind, data) in enumerate(items, 1)
        ]
        order = list(range(len(items)))
        self._chances.shuffle(order)
        manifest: dict[str, Any] = {
            "format": 1,
            "type": "pickup",
            "drop": self.drop,
            "trial": False,
            "desk": DESK,
            "day": LATER,
            "epoch": EPOCH,
            "kdf": {"name": "argon2id", "salt": "00" * 16, "memory_kib": 65_536, "passes": 3},
            "rosters": {
                DESK: [
                    {"fingerprint": ALICE, "from": "2020-01-01", "until": None},
                    {"fingerprint": BOB, "from": "2020-01-01", "until": DAY},
                ]
            },
            "log": {
                "first": 1,
                "last": len(hashes),
                "before": "00" * 32,
                "after": head_after(bytes(32), EPOCH, hashes),
            },
            "items": [entries[at] for at in order],
            "confirmed": {VAULT: [1, 2, 3]},
            "files": {name: hashed(data) for name, data in [*keys, ("log.txt", log)]},
            "successions": [self._succession()],
        }
        if rich:
            manifest |= self._stated(hashes)
        suffix = {"submission": ".pgp", "reply": ".reply", "note": ".reply"}
        members = [(f"items/{items[at][0]}{suffix[items[at][1]]}", items[at][2]) for at in order]
        return manifest, members, [*keys, ("log.txt", log)]

    def _succession(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "format": 1,
            "type": "succession",
            "drop": self.drop,
            "number": 1,
            "day": DAY,
            "before": self.drop,
            "after": public(self.key),
        }
        return value | {"signature": signed(self.first_key, b"onion-dropbox succession 1\n", value)}

    def _stated(self, hashes: list[str]) -> dict[str, Any]:
        """Return what a manifest may say besides: address, names, keeping, statements, a proposal, a restore."""
        chain: list[dict[str, Any]] = []
        before: str | None = None
        for number, who in enumerate(([ALICE], [ALICE, BOB], [ALICE, BOB]), 1):
            members = [{"fingerprint": key, "until": LATER if (key, number) == (BOB, 3) else None} for key in who]
            statement: dict[str, Any] = {
                "format": 1,
                "type": "roster",
                "drop": self.drop,
                "desk": DESK,
                "number": number,
                "day": DAY,
                "previous": before,
                "members": members,
            }
            chain.append({"statement": statement, "signature": ARMOUR if before else None})
            before = hashed(bending.dump(statement))
        members = [{"fingerprint": key, "until": None} for key in (ALICE, CARLA)]
        proposal = chain[-1]["statement"] | {"number": 4, "previous": before, "members": members, "day": LATER}
        kept = head_after(bytes(32), BEFORE, hashes[:2])
        epoch: dict[str, Any] = {
            "format": 1,
            "type": "epoch",
            "drop": self.drop,
            "number": 1,
            "day": LATER,
            "backup": DAY,
            "epoch": EPOCH,
            "previous": BEFORE,
            "logs": {DESK: {"last": 2, "head": kept}},
        }
        return {
            "address": "a" * 56 + ".onion",
            "keeping": {"months": {"default": 24, "founded": 60}, "erase_delay_days": 14},
            "called": {"organisation": "Example Aid", "desks": {DESK: {"en": "Integrity", "nl": "Integriteit"}}},
            "statements": {DESK: chain[:3]},
            "proposal": proposal,
            "epochs": [epoch | {"signature": signed(self.key, b"onion-dropbox epoch 1\n", epoch)}],
        }

    def answers(self) -> list[Made]:
        """Return an empty bundle, one with writings, and one with all that there is."""
        return [self._answer("", rich=False), self._answer("rrnn", rich=False), self._answer("rnns", rich=True)]

    def _answer(self, kinds: str, *, rich: bool) -> Made:
        items = self._items(kinds)
        suffix = {"submission": ".pgp", "reply": ".reply", "note": ".reply"}
        case = self._case(next((item for item, kind, _ in items if kind == "submission"), ""))
        entries = []
        for item, kind, data in items:
            name = f"items/{item}{suffix[kind]}"
            entry: dict[str, Any] = {
                "kind": kind,
                "case": case["case"] if kind == "submission" else "c" * 32,
                "item": item,
                "desk": DESK,
                "file": name,
                "sha256": hashed(data),
                "bytes": len(data),
            }
            entries.append(entry | ({"lock": base64.b64encode(bytes(80)).decode()} if kind == "reply" else {}))
        manifest: dict[str, Any] = {
            "format": 1,
            "type": "answer",
            "drop": self.drop,
            "author": ALICE,
            "vault": VAULT,
            "desk": DESK,
            "sequence": 2,
            "previous": "d" * 64,
            "day": LATER,
            "entries": entries,
            "receipts": [
                {"item": "1" * 32, "desk": DESK, "sha256": "2" * 64},
                {"item": "3" * 32, "desk": DESK, "sha256": "4" * 64},
            ],
            "read": [{"item": "1" * 32, "desk": DESK}],
        }
        if rich:
            notes = [item for item, kind, _ in items if kind == "note"]
            step = {"case": "c" * 32, "desk": DESK}
            manifest |= {
                "cases": [case],
                "canaries": ["5" * 64, "6" * 64],
                "votes": [{"desk": DESK, "sha256": "7" * 64, "signature": ARMOUR}],
                "erasures": [
                    step | {"item": notes[0], "step": "propose", "number": 3},
                    step | {"item": notes[1], "step": "second", "about": ["8" * 32]},
                ],
            }
        return manifest, [(f"items/{item}{suffix[kind]}", data) for item, kind, data in items], []

    def _case(self, item: str) -> dict[str, Any]:
        case_key, reply = key_of(self._chances), self._chances.randbytes(32)
        keys = bytes(case_key.verify_key) + reply
        case: dict[str, Any] = {
            "case": blake2b(keys, digest_size=16).hexdigest(),
            "day": DAY,
            "desks": [DESK],
            "item": item,
            "link": "9" * 64,
            "lookup": "a" * 64,
            "sealed_mandate": base64.b64encode(bytes(49)).decode(),
            "sealed_view": base64.b64encode(bytes(1064)).decode(),
        }
        origin = {"drop": self.drop, "author": ALICE, "vault": VAULT}
        signature = signed(case_key, b"onion-dropbox case 1\n", case | origin)
        return case | {"case_key": public(case_key), "reply_key": reply.hex(), "signature": signature}

    def _resealed(self, kinds: str) -> tuple[list[dict[str, Any]], Members]:
        items = self._items(kinds)
        entries = [
            {
                "item": item,
                "case": "c" * 32,
                "kind": kind,
                "day": DAY,
                "epoch": EPOCH,
                "original": hashed(item.encode()),
                "sha256": hashed(data),
                "bytes": len(data),
            }
            for item, kind, data in items
        ]
        return entries, [
            (f"items/{item}{'.pgp' if kind == 'submission' else '.reply'}", data) for item, kind, data in items
        ]

    def reseals(self) -> list[Made]:
        made: list[Made] = []
        for kinds in ("s", "ssrn"):
            entries, members = self._resealed(kinds)
            head: dict[str, Any] = {
                "format": 1,
                "type": "reseal",
                "drop": self.drop,
                "desk": DESK,
                "day": DAY,
                "author": ALICE,
                "to": BOB,
            }
            made.append((head | {"items": entries}, members, []))
        return made

    def handovers(self) -> list[Made]:
        made: list[Made] = []
        for kinds in ("s", "ssr"):
            entries, members = self._resealed(kinds)
            head: dict[str, Any] = {
                "format": 1,
                "type": "handover",
                "drop": self.drop,
                "desk": DESK,
                "to": OTHER_DESK,
                "author": ALICE,
                "day": DAY,
                "case": "c" * 32,
                "consent": "d" * 32,
                "readers": [ALICE, BOB],
            }
            made.append((head | {"items": entries}, members, []))
        return made
