"""What is attacked: it makes mutants of one format, hands them to the real reader, and judges what that took."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Protocol

from tests.attacking.bundles import bending, shapes


class Lie(Exception):
    """A reader accepted bytes that do not say what it took from them, or that the format does not allow."""


class Target(Protocol):
    """One format with its reader. `folder` is empty, and nothing around it may be touched."""

    name: str

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        """Return a mutant and say in `how` what was bent."""

    def read(self, data: bytes, folder: Path) -> Any:
        """Hand it to the real reader; a DropboxError is a refusal."""

    def judge(self, data: bytes, accepted: Any) -> None:
        """Raise Lie unless what was accepted is exactly what the bytes say."""


def claim(holds: bool, what: str) -> None:
    """Raise Lie where something does not hold."""
    if not holds:
        raise Lie(what)


def hashed(data: bytes) -> str:
    return sha256(data).hexdigest()


def document(data: bytes, check: shapes.Check, what: str) -> dict[str, Any]:
    """Return a document that was accepted, read once more; Lie unless it is spelled and shaped as the format says."""
    try:
        value = json.loads(data)
        claim(bending.dump(value) == data, f"{what} was accepted in another spelling")
        claim(check(value), f"{what} was accepted with a value that the format does not have")
    except (ValueError, TypeError, RecursionError):
        raise Lie(f"{what} was accepted and cannot be read") from None
    return dict(value)


def bent(value: Any, chances: Random, how: list[str]) -> bytes:
    """Return a document bent once or twice, now and then in a spelling of its own."""
    for _ in range(chances.choice((1, 1, 1, 2))):
        if bending.is_plain(value):
            value = bending.bend(value, chances, how)
    data = bending.dump(value)
    return bending.spell(data, chances, how) if chances.random() < 0.12 else data
