"""Frozen and plain records to JSON and back: the casebook's way onto disk, and the account's into a note.

Knows dataclasses, dictionaries, tuples, days, enums and optional values, and nothing of what they mean. What does not
fit the declared types exactly is refused; a field that has a default may be missing, so that what was written before
the field was there opens for ever.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from dropbox.errors import InvalidValue
from dropbox.models import parse_day

Record = TypeVar("Record")
Reader = Callable[[Any], Any]
_AS_IT_IS = frozenset({str, int, bool, type(None)})
_HEX = frozenset("0123456789abcdef")


def require(condition: bool) -> None:
    """Raise InvalidValue where a record that checks itself does not hold."""
    if not condition:
        raise InvalidValue


def is_hex(text: str, digits: int) -> bool:
    """Tell whether this is so many hex digits in lower case."""
    return len(text) == digits and set(text) <= _HEX


def to_json(value: object) -> Any:
    if type(value) in _AS_IT_IS:
        return value
    names = _names(typing.cast(Any, type(value)))
    if names is not None:
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): to_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def to_sparse_json(value: object) -> Any:
    """Return a record without the fields that are as they are by default, at any depth, so that it stays small.

    What is left out stands in nobody's file: a default is part of the format and never changes.
    """
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
        return typing.cast(Record, _reader(typing.cast(Any, kind))(value))
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


# A large casebook holds a hundred thousand records: what their types say is looked up once for each type.


@cache
def _reader(kind: Any) -> Reader:
    """Return what reads values of this type. It raises TypeError or ValueError for anything that does not fit."""
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    if dataclasses.is_dataclass(kind):
        return _record_reader(typing.cast(type, kind))
    if typing.get_origin(kind) is not None:
        return _generic_reader(typing.get_origin(kind), typing.get_args(kind))
    if kind is date:
        return parse_day
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return _exact_reader(kind)


def _record_reader(kind: type) -> Reader:
    readers = {name: _reader(hint) for name, hint in _hints(kind).items()}
    names = readers.keys()

    def read(value: Any) -> Any:
        given = _exactly(dict, value)
        if not given.keys() <= names:
            raise ValueError
        return kind(**{name: readers[name](inner) for name, inner in given.items()})

    return read


def _generic_reader(origin: Any, kinds: tuple[Any, ...]) -> Reader:
    if origin is dict:
        return _dict_reader(kinds[0] is int, _reader(kinds[1]))
    inner = _reader(kinds[0])
    if origin in (types.UnionType, typing.Union):
        return lambda value: None if value is None else inner(value)
    return lambda value: tuple(map(inner, _exactly(list, value)))


def _dict_reader(is_numbered: bool, inner: Reader) -> Reader:
    if is_numbered:
        return lambda value: {int(key): inner(each) for key, each in _exactly(dict, value).items()}
    return lambda value: {key: inner(each) for key, each in _exactly(dict, value).items()}


def _exact_reader(kind: Any) -> Reader:
    def read(value: Any) -> Any:
        return _exactly(kind, value)

    return read


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Return the names of a record's fields, or None for what is no record."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def _exactly(kind: Any, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
