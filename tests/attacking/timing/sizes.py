"""Answers side by side: whoever holds no codename must get the same status, headers and length, whatever is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_VALUE = re.compile(r"=[^;]*")


@dataclass(frozen=True)
class Shape:
    """What an eye on the wire sees of an answer: not its words, nor what a cookie holds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int


def shape(status: int, headers: Sequence[tuple[str, str]], body: bytes) -> Shape:
    """Return an answer's shape; of a cookie its name, how long it is, and what it is told to be."""
    kept = [(name.lower(), _cookie(text) if name.lower() == "set-cookie" else text) for name, text in headers]
    return Shape(status, tuple(sorted(kept)), len(body))


def differences(answers: dict[str, Shape]) -> list[str]:
    """Return what the others differ in from the first, in words."""
    names = list(answers)
    found = []
    for name in names[1:]:
        one, other = answers[names[0]], answers[name]
        if one.status != other.status:
            found.append(f"{names[0]} {one.status}, {name} {other.status}")
        elif one.headers != other.headers:
            odd = sorted(set(one.headers) ^ set(other.headers))
            found.append(f"{names[0]} or {name}: {odd[0][0]}")
        elif one.length != other.length:
            found.append(f"{names[0]} {one.length} bytes, {name} {other.length}")
    return found


def _cookie(text: str) -> str:
    first, _, rest = text.partition(";")
    name, _, value = first.partition("=")
    return f"{name}={len(value)};{_VALUE.sub('=', rest)}"
