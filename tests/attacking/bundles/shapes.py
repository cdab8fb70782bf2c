"""What may stand in each JSON document, said once more from docs/formats.md: a second opinion on what was accepted.

None of our code is used here, so that a check that is taken out of a reader is missed.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import date
from typing import Any

Check = Callable[[Any], bool]


def text(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def number(least: int, most: int = 2**53 - 1) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def one_of(*values: Any) -> Check:
    return lambda value: any(type(value) is type(each) and value == each for each in values)


def nullable(check: Check) -> Check:
    return lambda value: value is None or check(value)


def list_of(check: Check, least: int = 0, most: int = 2_000_000) -> Check:
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


def map_of(key: Check, inner: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(key, value)) and all(map(inner, value.values()))


def octets(size: int) -> Check:
    return lambda value: isinstance(value, str) and len(base64.b64decode(value, validate=True)) == size


def exact(needed: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    known = needed | (optional or {})

    def check(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and set(needed) <= set(value) <= set(known)
            and all(known[name](inner) for name, inner in value.items())
        )

    return check


def day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


boolean = one_of(True, False)
hex_256, hex_128 = text("[0-9a-f]{64}"), text("[0-9a-f]{32}")
fingerprint, desk = text("[0-9A-F]{40}"), text("[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
kinds = one_of("submission", "reply", "note")
armour = text(r"[\x00-\x7f]{1,16384}")
count = number(0)

STATEMENT = exact(
    {
        "format": one_of(1),
        "type": one_of("roster"),
        "drop": hex_256,
        "desk": desk,
        "number": number(1, 500),
        "day": day,
        "previous": nullable(hex_256),
        "members": list_of(exact({"fingerprint": fingerprint, "until": nullable(day)}), 1, 50),
    }
)
SIGNED_STATEMENT = exact({"statement": STATEMENT, "signature": nullable(armour)})
SUCCESSION = exact(
    {
        "format": one_of(1),
        "type": one_of("succession"),
        "drop": hex_256,
        "number": number(1, 100),
        "day": day,
        "before": hex_256,
        "after": hex_256,
        "signature": nullable(octets(64)),
    }
)
EPOCH = exact(
    {
        "format": one_of(1),
        "type": one_of("epoch"),
        "drop": hex_256,
        "number": number(1, 100),
        "day": day,
        "backup": day,
        "epoch": hex_128,
        "previous": hex_128,
        "logs": map_of(desk, exact({"last": count, "head": hex_256})),
        "signature": octets(64),
    }
)
PICKUP = exact(
    {
        "format": one_of(1),
        "type": one_of("pickup"),
        "drop": hex_256,
        "trial": boolean,
        "desk": desk,
        "day": day,
        "epoch": hex_128,
        "kdf": exact({"name": one_of("argon2id"), "salt": hex_128, "memory_kib": number(1), "passes": number(1)}),
        "rosters": map_of(desk, list_of(exact({"fingerprint": fingerprint, "from": day, "until": nullable(day)}))),
        "log": exact({"first": number(1), "last": count, "before": hex_256, "after": hex_256}),
        "items": list_of(
            exact(
                {
                    "item": hex_128,
                    "case": hex_128,
                    "n": number(1),
                    "kind": kinds,
                    "day": day,
                    "bytes": number(1, 4 << 30),
                    "sha256": hex_256,
                }
            )
        ),
        "confirmed": map_of(hex_128, list_of(number(1))),
        "files": map_of(text(r"log\.txt|keys/[0-9A-F]{40}\.asc"), hex_256),
    },
    {
        "address": text(r"[a-z2-7]{56}\.onion"),
        "keeping": exact({"months": map_of(text("[a-z_]+"), number(0, 240)), "erase_delay_days": number(7, 90)}),
        "statements": map_of(desk, list_of(SIGNED_STATEMENT, 1, 500)),
        "proposal": STATEMENT,
        "successions": list_of(SUCCESSION, 1, 100),
        "epochs": list_of(EPOCH, 1, 100),
        "called": exact(
            {
                "organisation": text(".{0,200}"),
                "desks": map_of(desk, map_of(text("[a-z]{2,3}"), text(".{1,200}"))),
            }
        ),
    },
)
_ENTRY = {
    "kind": kinds,
    "case": hex_128,
    "item": hex_128,
    "desk": desk,
    "file": text(r"items/[0-9a-f]{32}\.(reply|pgp)"),
    "sha256": hex_256,
    "bytes": number(1, 40 << 20),
}
ANSWER = exact(
    {
        "format": one_of(1),
        "type": one_of("answer"),
        "drop": hex_256,
        "author": fingerprint,
        "vault": hex_128,
        "desk": desk,
        "sequence": number(1),
        "previous": nullable(hex_256),
        "day": day,
        "entries": list_of(exact(_ENTRY, {"lock": octets(80)})),
        "receipts": list_of(exact({"item": hex_128, "desk": desk, "sha256": hex_256})),
        "read": list_of(exact({"item": hex_128, "desk": desk})),
    },
    {
        "cases": list_of(
            exact(
                {
                    "case": hex_128,
                    "case_key": hex_256,
                    "reply_key": hex_256,
                    "day": day,
                    "desks": list_of(desk, 1),
                    "item": hex_128,
                    "link": hex_256,
                    "lookup": hex_256,
                    "sealed_mandate": octets(49),
                    "sealed_view": octets(1064),
                },
                {"signature": octets(64)},
            ),
            1,
        ),
        "erasures": list_of(
            exact(
                {
                    "case": hex_128,
                    "desk": desk,
                    "item": hex_128,
                    "step": one_of("postpone", "lay", "lift", "second_lift", "propose", "second", "oppose"),
                },
                {"about": list_of(hex_128, 1, 20), "number": number(1, 1_000_000)},
            ),
            1,
        ),
        "votes": list_of(exact({"desk": desk, "sha256": hex_256, "signature": armour}), 1),
        "canaries": list_of(hex_256, 1),
    },
)
_RESEALED = exact(
    {
        "item": hex_128,
        "case": hex_128,
        "kind": kinds,
        "day": day,
        "epoch": hex_128,
        "original": hex_256,
        "sha256": hex_256,
        "bytes": number(1, 4 << 30),
    }
)
RESEAL = exact(
    {
        "format": one_of(1),
        "type": one_of("reseal"),
        "drop": hex_256,
        "desk": desk,
        "day": day,
        "author": fingerprint,
        "to": fingerprint,
        "items": list_of(_RESEALED),
    }
)
HANDOVER = exact(
    {
        "format": one_of(1),
        "type": one_of("handover"),
        "drop": hex_256,
        "desk": desk,
        "to": desk,
        "day": day,
        "author": fingerprint,
        "case": hex_128,
        "consent": hex_128,
        "readers": list_of(fingerprint),
        "items": list_of(_RESEALED, 1),
    }
)
_COMMON = {
    "format": one_of(1),
    "drop": hex_256,
    "case": hex_128,
    "item": hex_128,
    "desks": list_of(desk, 1),
    "day": day,
}
SUBMISSION = exact(
    _COMMON
    | {
        "kind": one_of("report", "message", "mandate", "withdrawal"),
        "epoch": hex_128,
        "mandate": one_of("listen", "advise", "investigate"),
        "language": text("[A-Za-z0-9-]{2,40}"),
        "answers": map_of(text(".*"), text(".*")),
        "reply_key": hex_256,
        "case_key": hex_256,
    },
    {
        "undo": one_of(True),
        "moved": exact({"ask": hex_128, "origin": desk, "to": desk}),
        "author": fingerprint,
        "vouched": text(".{1,4096}"),
    },
)
WRITING = exact(
    _COMMON | {"kind": one_of("reply", "note"), "desk": desk, "author": fingerprint},
    {
        "knows": list_of(hex_128, 0, 64),
        "account": lambda value: isinstance(value, dict),
        "work": exact(
            {},
            {
                "assignee": text("(?:[0-9A-F]{40})?"),
                "state": one_of("new", "talking", "waiting", "investigating", "closed"),
                "add": list_of(text(".{1,40}"), 1, 20),
                "remove": list_of(text(".{1,40}"), 1, 20),
            },
        ),
        "ask": exact(
            {"kind": one_of("disclose", "hand_over", "join"), "nonce": hex_128},
            {
                "readers": list_of(exact({"name": text(".{1,120}")}, {"fingerprint": fingerprint}), 1, 20),
                "plan": hex_256,
                "desk": desk,
            },
        ),
    },
)
INDEX = exact(
    {
        "format": one_of(1),
        "floor": number(65_536),
        "entries": list_of(
            exact(
                {
                    "path": text(r"envelope\.json|message\.txt|attachments/[0-9]{4}\.[a-z0-9]{1,8}"),
                    "name": text(".{0,255}"),
                    "type": text("[a-z0-9!#$&^_.+/-]{0,127}"),
                    "bytes": count,
                    "sha256": hex_256,
                }
            ),
            2,
            102,
        ),
    },
    {"number": number(1, 1_000_000), "previous": nullable(hex_256), "recipients": list_of(fingerprint)},
)
BACKUP = exact(
    {
        "format": one_of(1),
        "type": one_of("backup"),
        "drop": hex_256,
        "key": hex_256,
        "trial": boolean,
        "epoch": hex_128,
        "day": day,
        "version": text(".{0,60}"),
        "missing": list_of(hex_128),
        "files": list_of(
            exact({"name": text("(?:data|config)/[A-Za-z0-9._/-]{1,92}"), "bytes": count, "sha256": hex_256}), 2
        ),
    }
)
KEY_BACKUP = exact(
    {
        "day": day,
        "fingerprint": fingerprint,
        "format": one_of(1),
        "needed": number(1, 16),
        "set": number(0, 32_767),
        "shares": number(1, 16),
    }
)
