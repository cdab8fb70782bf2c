"""Lies that their signer has signed: items, hashes, names, numbers, keys, each bent so that the rest agrees."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random
from typing import Any

from nacl.signing import SigningKey

from tests.attacking.bundles.target import hashed

Members = list[tuple[str, bytes]]


@dataclass
class Parts:
    """A bundle before it is signed. `rest`: the members after the items."""

    manifest: dict[str, Any]
    items: Members
    rest: Members = field(default_factory=list)

    def copy(self) -> Parts:
        return copy.deepcopy(self)

    def members(self, manifest: bytes, signature: bytes) -> Members:
        return [("manifest.json", manifest), ("manifest.sig", signature), *self.items, *self.rest]


Bend = Callable[[Parts, Random], str]


# --- lies that their signer has signed ----------------------------------------------------------------------------


def _entries(parts: Parts) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = parts.manifest["items" if "items" in parts.manifest else "entries"]
    return entries


def _some(parts: Parts, chances: Random) -> int:
    """Return the place of an item that stands both in the manifest and in the tar; -1 where there is none."""
    count = min(len(parts.items), len(_entries(parts)))
    return chances.randrange(count) if count else -1


def other_bytes(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        name, data = parts.items[at]
        parts.items[at] = (name, (bytes([data[0] ^ 1]) if data else b"x") + data[1:])
    return "an item's bytes changed"


def other_bytes_and_hash(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        name, data = parts.items[at]
        data = chances.choice((data + b"x", data[:-1] or b"y", data[::-1]))
        parts.items[at] = (name, data)
        _entries(parts)[at] |= {"sha256": hashed(data), "bytes": len(data)}
    return "an item's bytes and hash changed"


def other_size(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        _entries(parts)[at]["bytes"] += chances.choice((-1, 1, 512, 1 << 31))
    return "an item's size changed"


def items_exchanged(parts: Parts, chances: Random) -> str:
    one, two = _some(parts, chances), _some(parts, chances)
    if one != two:
        (first, data), (second, more) = parts.items[one], parts.items[two]
        parts.items[one], parts.items[two] = (first, more), (second, data)
    return "two items under each other's names"


def hashes_exchanged(parts: Parts, chances: Random) -> str:
    entries = _entries(parts)
    if len(entries) > 1:
        one, two = chances.sample(range(len(entries)), 2)
        for key in ("sha256", "bytes"):
            entries[one][key], entries[two][key] = entries[two][key], entries[one][key]
    return "two hashes exchanged"


def item_renamed(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    new = chances.choice(("ab" * 16, "../" + "a" * 29, "AB" * 16, "a" * 31, "a" * 32 + "\n", "a" * 32 + "/x"))
    if at >= 0:
        name, data = parts.items[at]
        suffix = name[name.rindex(".") :]
        parts.items[at] = (f"items/{new}{suffix}", data)
        _entries(parts)[at]["item"] = new
        if "file" in _entries(parts)[at]:
            _entries(parts)[at]["file"] = f"items/{new}{suffix}"
    return f"an item called {new!r}"


def item_twice(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        _entries(parts).append(dict(_entries(parts)[at]))
        parts.items.append(parts.items[at])
    return "an item twice"


def item_left_out(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        if chances.random() < 0.5:
            parts.items.pop(at)
        else:
            _entries(parts).pop(at)
    return "an item in the manifest alone, or in the tar alone"


def another_kind(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        kind = chances.choice(("submission", "reply", "note"))
        _entries(parts)[at]["kind"] = kind
        name, data = parts.items[at]
        parts.items[at] = (name[: name.rindex(".")] + (".pgp" if kind == "submission" else ".reply"), data)
    return "an item of another kind"


def other_order(parts: Parts, chances: Random) -> str:
    chances.shuffle(parts.items)
    return "items in another order than the manifest has"


def empty_item(parts: Parts, chances: Random) -> str:
    at = _some(parts, chances)
    if at >= 0:
        parts.items[at] = (parts.items[at][0], b"")
        _entries(parts)[at] |= {"bytes": 0, "sha256": hashed(b"")}
    return "an empty item"


def bomb(parts: Parts, chances: Random) -> str:
    """Let the manifest be as large as it may be, of what takes most room when it is read."""
    size = chances.choice((100_000, 400_000))
    key = chances.choice(("items", "entries", "confirmed", "rosters", "x"))
    parts.manifest[key] = chances.choice(
        ([[]] * size, [{}] * size, list(range(size)), {str(n): {} for n in range(size // 4)})
    )
    return f"{size} values as {key}"


def _log_lines(parts: Parts) -> list[str]:
    return dict(parts.rest)["log.txt"].decode().splitlines() if parts.rest else []


def relogged(parts: Parts, lines: list[str], *, heads: bool = True) -> None:
    """Put other lines into the log, with hash and heads that fit them."""
    data = "".join(f"{each}\n" for each in lines).encode()
    parts.rest = [(name, data if name == "log.txt" else old) for name, old in parts.rest]
    parts.manifest["files"]["log.txt"] = hashed(data)
    if not heads:
        return
    head = bytes.fromhex(parts.manifest["log"]["before"])
    for each in lines:
        n, digest, *_ = each.split(" ")
        number = int(n).to_bytes(8, "big") if n.isdigit() and len(n) < 16 else bytes(8)
        link = head + bytes.fromhex(parts.manifest["epoch"]) + number + bytes.fromhex(digest)
        head = blake2b(link, digest_size=32).digest()
    parts.manifest["log"]["after"] = head.hex()


def log_bent(parts: Parts, chances: Random) -> str:
    lines = _log_lines(parts)
    if not lines:
        return "nothing to bend"
    at = chances.randrange(len(lines))
    n, digest, state = lines[at].split(" ")
    made = {
        "a number again": [*lines, lines[at]],
        "a line less": lines[:at] + lines[at + 1 :],
        "another hash": [*lines[:at], f"{n} {'ab' * 32} {state}", *lines[at + 1 :]],
        "another state": [
            *lines[:at],
            f"{n} {digest} {chances.choice(('here', 'received', 'withdrawn', 'erased'))}",
            *lines[at + 1 :],
        ],
        "a state that there is not": [*lines[:at], f"{n} {digest} gone", *lines[at + 1 :]],
        "zeros before the number": [*lines[:at], f"0{n} {digest} {state}", *lines[at + 1 :]],
        "a huge number": [*lines[:at], f"{'9' * 5000} {digest} {state}", *lines[at + 1 :]],
        "more white space": [*lines[:at], f"{n}  {digest} {state}", *lines[at + 1 :]],
        "turned round": lines[::-1],
        "one more": [*lines, f"{len(lines) + 1} {'cd' * 32} {chances.choice(('here', 'received'))}"],
    }
    said = chances.choice(sorted(made))
    relogged(parts, made[said], heads=chances.random() < 0.8)
    if said == "one more":
        parts.manifest["log"]["last"] += 1
    return f"log: {said}"


def epoch_exchanged(parts: Parts, chances: Random) -> str:
    parts.manifest["epoch"] = "cd" * 16
    if chances.random() < 0.5:
        relogged(parts, _log_lines(parts))
    return "another epoch"


def log_moved(parts: Parts, chances: Random) -> str:
    by = chances.choice((-1, 1, 999_990, 2**40))
    parts.manifest["log"]["first"] += by
    parts.manifest["log"]["last"] += by
    return "the log's numbers moved"


def key_changed(parts: Parts, chances: Random) -> str:
    names = [name for name, _ in parts.rest if name != "log.txt"]
    if not names:
        return "no key to change"
    name = chances.choice(names)
    data = chances.choice((b"", b"another key", b"x" * (256 << 10), b"x" * ((256 << 10) + 1)))
    parts.rest = [(each, data if each == name else old) for each, old in parts.rest]
    if chances.random() < 0.7:
        parts.manifest["files"][name] = hashed(data)
    return "a key changed"


def file_put_in(parts: Parts, chances: Random) -> str:
    name = chances.choice(
        (
            "keys/" + "EE" * 20 + ".asc",
            "keys/../../planted",
            "planted",
            "keys/" + "ee" * 20 + ".asc",
            "items/x",
            "log.txt.asc",
            "keys/" + "AAAA " * 8 + "AAAAAAAA.asc",
            "keys/.asc",
        )
    )
    parts.manifest["files"][name] = hashed(b"planted")
    parts.rest = sorted([*parts.rest[:-1], (name, b"planted")]) + parts.rest[-1:]
    return f"a file {name!r} put in"


def many_keys(parts: Parts, chances: Random) -> str:
    more = [(f"keys/{n:040X}.asc", b"k") for n in range(chances.choice((510, 600)))]
    members = [{"fingerprint": name[5:45], "from": "2020-01-01", "until": None} for name, _ in more]
    parts.manifest["rosters"][parts.manifest["desk"]] += members
    parts.manifest["files"] |= {name: hashed(data) for name, data in more}
    parts.rest = sorted([*parts.rest[:-1], *more]) + parts.rest[-1:]
    return f"{len(more)} keys more"


def key_of_another_chain(parts: Parts, chances: Random) -> str:
    chain = parts.manifest.get("successions")
    if not chain:
        return "no keys to change"
    pick = chances.randrange(4)
    if pick == 0:
        chain.append(dict(chain[-1], number=len(chain) + 1, before=chain[-1]["after"], after=chain[-1]["before"]))
    elif pick == 1:
        chain[-1]["signature"] = None
    elif pick == 2:
        parts.manifest["successions"] = chain * 60
    else:
        chain[-1]["after"] = bytes(SigningKey(chances.randbytes(32)).verify_key).hex()
    return f"keys bent ({pick})"


SIGNED_LIES: tuple[Bend, ...] = (
    other_bytes,
    other_bytes_and_hash,
    other_size,
    items_exchanged,
    hashes_exchanged,
    item_renamed,
    item_twice,
    item_left_out,
    another_kind,
    other_order,
    empty_item,
)
PICKUP_LIES: tuple[Bend, ...] = (
    *SIGNED_LIES,
    log_bent,
    log_bent,
    epoch_exchanged,
    log_moved,
    key_changed,
    file_put_in,
    many_keys,
    key_of_another_chain,
)
