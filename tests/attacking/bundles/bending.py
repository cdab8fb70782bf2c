"""What a mutant is made of: JSON values bent by type, JSON spelled otherwise, bytes flipped, cut, put in, crossed over.

Nothing here knows a format; the grammars of bundles, tars and ZIPs build on it. All chance is drawn from the caller's.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

Path = tuple[str | int, ...]
DEEP = 5_000
MANY = 20_000
LONG = 200_000

ODD_TEXTS = (
    "",
    " ",
    "\0",
    "..",
    "../../../../tmp/planted",
    "/etc/passwd",
    "C:\\planted",
    "a\\..\\b",
    "items/../../x",
    ".",
    "\ud800",
    "\u202e",
    "\ufeff",
    "e\u0301",
    "\u00e9",
    "\u0661\u0662",
    "\uff11",
    "A" * 64,
    "0" * 64,
    "f" * 32,
    "F" * 40,
    "2026-03-04",
    "2026-3-4",
    "20260304",
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
    "2026-W10-3",
    "null",
    "true",
    "1",
    "integrity",
    "bureau",
    "x" * 300,
    "a\nb",
    "a\r\nb",
    "a\tb",
    "%s%n",
    "<b>",
    "-1",
    "1e5",
    "=1+1",
    "{}",
    "'; --",
)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    1.5,
    1.0,
    -0.0,
    2**31,
    2**53,
    2**53 - 1,
    2**63,
    2**64,
    10**30,
    10**400,
    [],
    {},
    [[]],
    [None],
    {"": None},
)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Raw(str):
    """A piece of a JSON document that stands there exactly like this, whether it is JSON or not."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object whose keys stand in this order, and perhaps more than once."""


def dump(value: Any) -> bytes:
    """Return the one spelling, but with Raw pieces and Pairs as they are; from the format, not by our code."""
    spelled = _ENCODER.encode(value) if is_plain(value) else _spelled(value)
    return spelled.encode("utf-8", "surrogatepass") + b"\n"


def is_plain(value: Any) -> bool:
    """Tell whether a document has no pieces in it that are no JSON; only such a one can be bent once more."""
    if isinstance(value, (Raw, Pairs)):
        return False
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    return all(map(is_plain, value)) if isinstance(value, (list, tuple)) else True


def _spelled(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_spelled(key)}:{_spelled(inner)}" for key, inner in value) + "}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_spelled(key)}:{_spelled(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_spelled, value)) + "]"
    return _ENCODER.encode(value)


def paths(value: Any, at: Path = ()) -> list[Path]:
    """Return the way to every value of a document, the document itself first."""
    found = [at]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*at, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:60]):
            found += paths(inner, (*at, place))
    return found


def at_path(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """Return the document with another value at this place; the given one may be changed."""
    if not path:
        return new
    at_path(value, path[:-1])[path[-1]] = new
    return value


def bend(value: Any, chances: Random, how: list[str]) -> Any:
    """Return a copy of a JSON document that differs in one thing, and say in `how` what that is."""
    value = copy.deepcopy(value)
    path = chances.choice(paths(value))
    here = at_path(value, path)
    if isinstance(here, dict) and chances.random() < 0.7:
        new, said = _bent_object(here, chances)
    elif isinstance(here, list) and chances.random() < 0.7:
        new, said = _bent_list(here, chances)
    elif isinstance(here, str) and chances.random() < 0.7:
        new, said = _bent_text(here, chances)
    elif isinstance(here, int) and not isinstance(here, bool) and chances.random() < 0.7:
        new, said = here + chances.choice((-1, 1, 2, -here, 1000, 2**53, 10**20)), "another number"
    else:
        new, said = _odd(value, chances)
    how.append(f"{'.'.join(map(str, path)) or 'the document'}: {said}")
    return put(value, path, new)


def _odd(document: Any, chances: Random) -> tuple[Any, str]:
    pick = chances.random()
    if pick < 0.5:
        return copy.deepcopy(chances.choice(ODD_VALUES)), "another type"
    if pick < 0.8:
        return chances.choice(ODD_TEXTS), "an odd text"
    if pick < 0.9:
        return copy.deepcopy(at_path(document, chances.choice(paths(document)))), "a value from elsewhere"
    deep = chances.choice((50, DEEP))
    return chances.choice((Raw("[" * deep + "]" * deep), Raw('{"a":' * deep + "1" + "}" * deep))), "deep"


def _bent_object(here: dict[str, Any], chances: Random) -> tuple[Any, str]:
    keys = list(here)
    pick = chances.randrange(6)
    if pick == 0 or not keys:
        return here | {chances.choice(("x", "format", "__class__", "", "zz", *ODD_TEXTS[:6])): 1}, "an unknown key"
    key = chances.choice(keys)
    if pick == 1:
        return {name: inner for name, inner in here.items() if name != key}, f"without {key}"
    if pick == 2:
        other = chances.choice((here[key], None, 1, "x"))
        return Pairs([*sorted(here.items()), (key, other)]), f"{key} twice"
    if pick == 3:
        return {name + "x" if name == key else name: inner for name, inner in here.items()}, f"{key} renamed"
    if pick == 4:
        return Pairs(sorted(here.items(), reverse=True)), "keys in another order"
    other_key = chances.choice(keys)
    return here | {key: here[other_key], other_key: here[key]}, f"{key} and {other_key} exchanged"


def _bent_list(here: list[Any], chances: Random) -> tuple[Any, str]:
    pick = chances.randrange(7)
    if pick == 0 or not here:
        return [*here, copy.deepcopy(chances.choice(here) if here else chances.choice(ODD_VALUES))], "one more"
    at = chances.randrange(len(here))
    if pick == 1:
        return here[:at] + here[at + 1 :], "one less"
    if pick == 2:
        return here[::-1], "turned round"
    if pick == 3:
        return [*here[at:], *here[:at]], "begun elsewhere"
    if pick == 4:
        return here * chances.choice((2, 3, max(2, MANY // len(here)))), "many times"
    if pick == 5:
        return {str(place): inner for place, inner in enumerate(here)}, "as an object"
    return [*here[:at], chances.choice(ODD_VALUES), *here[at:]], "something odd in it"


def _bent_text(here: str, chances: Random) -> tuple[Any, str]:
    at = chances.randrange(len(here)) if here else 0
    made: dict[str, Callable[[], Any]] = {
        "in capitals": here.swapcase,
        "a letter changed": lambda: here[:at] + chances.choice("0123456789abcdefg-/.Z\n") + here[at + 1 :],
        "a letter less": lambda: here[:at] + here[at + 1 :],
        "a letter more": lambda: here[:at] + chances.choice("0aZ \0\n\u0660") + here[at:],
        "a new line behind": lambda: here + "\n",
        "white space before": lambda: " " + here,
        "very long": lambda: here + "a" * chances.choice((256, LONG)),
        "an odd text": lambda: chances.choice(ODD_TEXTS),
        "letters escaped": lambda: Raw('"' + "".join(f"\\u{ord(each) & 0xFFFF:04x}" for each in here) + '"'),
        "a lone surrogate": lambda: Raw(json.dumps(here)[:-1] + '\\ud800"'),
        "a slash escaped": lambda: Raw(json.dumps(here).replace("/", "\\/")[:-1] + '\\/"'),
        "a day later or earlier": lambda: _other_day(here, chances),
    }
    said = chances.choice(sorted(made))
    return made[said](), said


def _other_day(here: str, chances: Random) -> str:
    if len(here) == 10 and here[:4].isdigit() and here[8:].isdigit():
        return here[:8] + f"{(int(here[8:]) + chances.randrange(1, 27)) % 28 + 1:02d}"
    return here[::-1]


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "white space": lambda data: data.replace(b":", b": ", 1),
    "indented": lambda data: json.dumps(json.loads(data), indent=1).encode() + b"\n",
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "no new line": lambda data: data[:-1],
    "two new lines": lambda data: data + b"\n",
    "CR before the new line": lambda data: data[:-1] + b"\r\n",
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-32": lambda data: data.decode().encode("utf-32-le"),
    "bytes that are no UTF-8": lambda data: data.replace(b'"', b'"\xff', 1),
    "an overlong letter": lambda data: data.replace(b'"', b'"\xc0\xaf', 1),
    "a comment": lambda data: data[:-2] + b"/**/}\n",
    "a comma too many": lambda data: data[:-2] + b",}\n",
    "NUL behind": lambda data: data + b"\0",
    "another document behind": lambda data: data + data,
    "not a number": lambda data: data.replace(b":1", b":NaN", 1),
    "endless": lambda data: data.replace(b":1", b":Infinity", 1),
    "a number with an exponent": lambda data: data.replace(b":1", b":1e0", 1),
    "a number with a fraction": lambda data: data.replace(b":1", b":1.0", 1),
    "a number with zeros": lambda data: data.replace(b":1", b":01", 1),
    "less than nought": lambda data: data.replace(b":1", b":-0", 1),
    "a number of 5,000 digits": lambda data: data.replace(b":1", b":1" + b"0" * 5000, 1),
    "an opening bracket without end": lambda _data: b"[" * 100_000,
    "an opening brace without end": lambda _data: b'{"a":' * 100_000,
    "a list": lambda data: b"[" + data[:-1] + b"]\n",
    "a text": lambda data: json.dumps(data.decode()).encode() + b"\n",
    "nothing": lambda _data: b"",
    "null": lambda _data: b"null\n",
    "many small lists": lambda _data: b'{"a":[' + b"[]," * 300_000 + b"[]]}\n",
    "many small objects": lambda _data: b"{" + b",".join(b'"%06d":{}' % n for n in range(200_000)) + b"}\n",
}


def spell(data: bytes, chances: Random, how: list[str]) -> bytes:
    """Return the same or nearly the same document in a spelling that is not the one."""
    said = chances.choice(sorted(SPELLINGS))
    how.append(f"spelled: {said}")
    try:
        return SPELLINGS[said](data)
    except (ValueError, RecursionError):  # what was bent before cannot be read any more, and so not spelled anew
        return data + b" "


def bytewise(data: bytes, chances: Random, how: list[str], other: bytes = b"") -> bytes:
    """Return the data with one thing changed that knows no grammar; `other`: something valid to cross it over with."""
    size = len(data)
    at = chances.randrange(size) if size else 0
    # what is not padding stands at the two ends: half of all changes go there
    at = (
        chances.choice((at, min(at, chances.randrange(2048)), max(0, size - 1 - chances.randrange(2048))))
        if size
        else 0
    )
    length = min(chances.choice((1, 2, 4, 16, 512, 4096)), max(1, size - at))
    piece = data[at : at + length]
    noise = chances.choice((bytes(length), b"\xff" * length, chances.randbytes(length)))
    elsewhere = chances.randrange(size) if size else 0
    cross = chances.randrange(len(other)) if other else 0
    made = {
        "a bit flipped": lambda: (
            data[:at] + bytes([data[at] ^ 1 << chances.randrange(8)]) + data[at + 1 :] if size else b"\1"
        ),
        "bytes written over": lambda: data[:at] + noise + data[at + length :],
        "cut short": lambda: data[:at],
        "the start cut off": lambda: data[at:],
        "bytes taken out": lambda: data[:at] + data[at + length :],
        "bytes put in": lambda: data[:at] + noise + data[at:],
        "a piece twice": lambda: data[: at + length] + piece + data[at + length :],
        "a piece over another": lambda: data[:elsewhere] + piece + data[elsewhere + length :],
        "two crossed over": lambda: data[:at] + other[min(at, len(other)) :],
        "two crossed over elsewhere": lambda: data[:at] + other[cross:],
        "put together": lambda: data + other,
        "zeros behind": lambda: data + bytes(chances.choice((1, 511, 512, 1024, 10_240))),
    }
    said = chances.choice(sorted(made))
    how.append(f"bytes: {said} at {at} of {size}")
    return made[said]()
