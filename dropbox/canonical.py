"""The one JSON spelling that is signed or sealed, and its strict reader.

Two readers must never see two meanings in the same signed bytes, so only the exact canonical spelling is read back:
sorted keys, no white space, no duplicate keys, no fractions, one newline at the end. Nothing here knows what it says.
"""

import json
from hashlib import sha256
from typing import Any

from dropbox.errors import InvalidValue


def dump(value: object) -> bytes:
    """Return the canonical bytes of `value`; text that is not Unicode (a lone surrogate) raises InvalidValue."""
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"
    except (ValueError, RecursionError):
        raise InvalidValue from None


def load(data: bytes, max_bytes: int) -> dict[str, Any]:
    """Return the object in `data`, which must be its canonical spelling; raises InvalidValue."""
    if len(data) > max_bytes:
        raise InvalidValue
    try:
        value = json.loads(data.decode(), parse_float=_refuse, parse_constant=_refuse)
    # RecursionError: a few kilobytes of "[" are enough for it
    except (ValueError, RecursionError):
        raise InvalidValue from None
    if not isinstance(value, dict) or dump(value) != data:
        raise InvalidValue
    return value


def sha256_hex(data: bytes) -> str:
    return sha256(data).hexdigest()


def _refuse(_spelling: str) -> None:
    raise InvalidValue
