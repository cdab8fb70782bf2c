"""Frozen and plain records to JSON and back: the casebook's way onto disk, and the account's into a note.

Knows dataclasses, dictionaries, tuples, days, enums and optional values, and nothing of what they mean. What does not
fit the declared types exactly is refused; a field that has a default may be missing, so that what was written before
the field was there opens for ever.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from dropbox.errors import InvalidValue
from dropbox.models import parse_day

Record = TypeVar("Record")


def to_json(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def to_sparse_json(value: object) -> Any:
    """Return a record without the fields that are as they are by default, at any depth, so that it stays small."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {field.name: (getattr(value, field.name), field.default) for field in dataclasses.fields(value)}
        return {name: to_sparse_json(inner) for name, (inner, default) in given.items() if inner != default}
    if isinstance(value, dict):
        return {str(key): to_sparse_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_sparse_json(inner) for inner in value]
    return to_json(value)


def from_json(kind: type[Record], value: object) -> Record:
    """Return `value` (parsed JSON) as a `kind`. Raises InvalidValue for anything that does not fit."""
    try:
        return typing.cast(Record, _read(kind, value))
    except (TypeError, ValueError):
        raise InvalidValue from None


def apart(record: Record) -> Record:
    """Return a copy whose dictionaries are its own. What cannot be changed is shared, so that this is fast."""
    hints = _hints(typing.cast(type, type(record)))
    held = {name: _apart(getattr(record, name)) for name, hint in hints.items() if _holds_dict(hint)}
    return dataclasses.replace(record, **held)  # type: ignore[type-var]  # every record is a dataclass


def _apart(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _apart(inner) for key, inner in value.items()}
    return apart(value) if _holds_dict(typing.cast(Any, type(value))) else value


@cache
def _holds_dict(kind: Any) -> bool:
    """Tell whether values of this type hold dictionaries, at any depth."""
    if dataclasses.is_dataclass(kind):
        return any(_holds_dict(hint) for hint in _hints(typing.cast(type, kind)).values())
    return typing.get_origin(kind) is dict or any(_holds_dict(inner) for inner in typing.get_args(kind))


def _read(kind: Any, value: Any) -> Any:
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    if dataclasses.is_dataclass(kind):
        return _read_record(typing.cast(type, kind), value)
    if typing.get_origin(kind) is not None:
        return _read_generic(typing.get_origin(kind), typing.get_args(kind), value)
    if kind is date:
        return parse_day(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return _exactly(kind, value)


def _read_generic(origin: Any, kinds: tuple[Any, ...], value: object) -> Any:
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _read(kinds[0], value)
    if origin is dict:
        return _read_dict(kinds, _exactly(dict, value))
    return tuple(_read(kinds[0], inner) for inner in _exactly(list, value))


def _read_record(kind: type, value: object) -> Any:
    hints = _hints(kind)
    given = _exactly(dict, value)
    if set(given) - set(hints):
        raise ValueError
    return kind(**{name: _read(hints[name], inner) for name, inner in given.items()})


def _read_dict(kinds: tuple[Any, Any], value: dict[str, Any]) -> dict[Any, Any]:
    key_kind, inner_kind = kinds
    return {int(key) if key_kind is int else key: _read(inner_kind, inner) for key, inner in value.items()}


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _exactly(kind: Any, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
