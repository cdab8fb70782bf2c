"""Strict little readers for the values of a manifest. Whatever has another type, range or key is an InvalidValue."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from dropbox.errors import InvalidValue

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly
_HEX_256 = re.compile(r"[0-9a-f]{64}")
_HEX_128 = re.compile(r"[0-9a-f]{32}")


def exact(value: object, keys: Iterable[str]) -> dict[str, Any]:
    """Return the object when it has these keys and no others."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise InvalidValue
    return value


def mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue
    return value


def array(value: object, read: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise InvalidValue
    return tuple(read(entry) for entry in value)


def integer(value: object, least: int, most: int = MAX_INTEGER) -> int:
    if type(value) is not int or not least <= value <= most:  # a bool is no number here
        raise InvalidValue
    return value


def boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidValue
    return value


def hex_256(value: object) -> str:
    return _matching(_HEX_256, value)


def hex_128(value: object) -> str:
    return _matching(_HEX_128, value)


def octets(value: object, size_bytes: int) -> bytes:
    """Return what is written in base64, when it has just this size."""
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        raise InvalidValue from None
    if len(data) != size_bytes:
        raise InvalidValue
    return data


def member(kind: type[E], value: object) -> E:
    if not isinstance(value, str) or value not in {entry.value for entry in kind}:
        raise InvalidValue
    return kind(value)


def literal(value: object, wanted: str | int) -> None:
    if type(value) is not type(wanted) or value != wanted:
        raise InvalidValue


def unique(values: Iterable[object]) -> None:
    """Refuse a list that names one thing twice."""
    seen = list(values)
    if len(set(seen)) != len(seen):
        raise InvalidValue


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidValue
    return value
