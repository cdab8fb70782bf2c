"""Reading one TOML table strictly: every value is typed and bounded, every key known, every complaint one line.

Nothing here knows what a key is for. A complaint names the full dotted key and what is allowed, never the value;
tables in a row and entries of a list are counted from 1.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar, cast

from dropbox.errors import ConfigError

Schema = Mapping[str, Sequence[str]]
"""The known keys of each table; those of the top stand under ""."""

Choice = TypeVar("Choice", bound=str)
_BARE = re.compile(r"[A-Za-z0-9_-]{1,60}")
_NO_BREAK = str.maketrans("\u00a0\u202f", "  ")
"""Spaces that French has before ? and : count as spaces."""
_HINT = "config.example.toml shows every key. Entries such as desk[2] are counted from 1."


def wrong(key: str, allowed: str) -> ConfigError:
    error = ConfigError(key, allowed)
    error.hint = _HINT
    return error


@dataclass(frozen=True)
class Table:
    """One table of the file: `name` is its dotted name, `section` its entry in the schema, `base` the file's folder."""

    values: Mapping[str, object]
    base: Path
    schema: Schema
    section: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in self.schema[self.section]:
                raise wrong(self.key(key), self._unknown(key))

    def key(self, key: str) -> str:
        return _dotted(self.name, key)

    def _unknown(self, key: str) -> str:
        known = self.schema[self.section]
        homes = [section for section, keys in self.schema.items() if key in keys]
        if homes:
            return f"is not known here; it belongs {_where(homes[0])}"
        near = get_close_matches(key[:60], known, n=1)
        if near:
            return f"is not a known key; did you mean {self.key(near[0])}?"
        return f"is not a known key; known here: {', '.join(known)}"

    def text(self, key: str, default: str | None = None, *, max_length: int = 100) -> str:
        """Return one line of printable text."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or not _is_line(value, max_length):
            raise wrong(self.key(key), f"must be one line of text in quotes, 1 to {max_length} characters")
        return value

    def integer(self, key: str, default: int, lowest: int, highest: int) -> int:
        value = self.values.get(key, default)
        if type(value) is not int or not lowest <= value <= highest:  # bool is an int to isinstance
            raise wrong(self.key(key), f"must be a whole number from {lowest} to {highest}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise wrong(self.key(key), "must be true or false")
        return value

    def choice(self, key: str, default: Choice, options: Sequence[Choice]) -> Choice:
        value = self.values.get(key, default)
        if value not in options:
            raise wrong(self.key(key), f"must be one of: {', '.join(options)}")
        return cast(Choice, value)

    def path(self, key: str, default: Path) -> Path:
        """Return an absolute path; a relative one starts at the file's folder."""
        if key not in self.values:
            return self.base / default
        value = self.values[key]
        if not isinstance(value, str) or not _is_line(value, 4000):
            raise wrong(self.key(key), "must be a path in quotes, relative to this file or absolute")
        return self.base / value

    def strings(self, key: str, what: str, highest: int) -> tuple[tuple[str, str], ...]:
        """Return (dotted key, string) for each entry of a list that must not be empty."""
        values = self.values.get(key)
        if not isinstance(values, list) or not 1 <= len(values) <= highest:
            raise wrong(self.key(key), f"must be a list of 1 to {highest} {what}, each in quotes")
        return tuple(_numbered_strings(self.key(key), values, what))

    def texts(self, key: str, languages: Sequence[str], max_length: int) -> Mapping[str, str]:
        """Return a text for each language that has one; may be empty. Line breaks are kept."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise wrong(self.key(key), f'must have its text under a language, as in {key}.{languages[0]} = "..."')
        for language, text in values.items():
            here = _dotted(self.key(key), language)
            if language not in languages:
                raise wrong(here, f"is not a known language; known: {', '.join(languages)}")
            if not isinstance(text, str) or not _is_text(text, max_length):
                raise wrong(here, f"must be text in quotes, 1 to {max_length} characters")
        return dict(values)

    def integers(self, key: str, names: Sequence[str], lowest: int, highest: int) -> dict[str, int]:
        """Return a whole number for each of these names that has one; may be empty."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise wrong(self.key(key), f"must have a number under a name, as in {key} = {{ {names[0]} = {highest} }}")
        for name, value in values.items():
            here = _dotted(self.key(key), name)
            if name not in names:
                raise wrong(here, f"is not a known name; known: {', '.join(names)}")
            if type(value) is not int or not lowest <= value <= highest:
                raise wrong(here, f"must be a whole number from {lowest} to {highest}")
        return dict(values)

    def table(self, key: str) -> "Table":
        """Return the table `[key]`; an empty one when it is not there."""
        values = self.values.get(key, {})
        if not isinstance(values, dict):
            raise wrong(self.key(key), f"must be a table, written as [{key}]")
        return Table(values, self.base, self.schema, section=key, name=self.key(key))

    def tables(self, key: str, lowest: int, highest: int) -> tuple["Table", ...]:
        """Return the tables written as `[[key]]`."""
        values = self.values.get(key, [])
        if not isinstance(values, list) or not lowest <= len(values) <= highest:
            raise wrong(self.key(key), f"must be there {lowest} to {highest} times, each written as [[{key}]]")
        return tuple(self._numbered_tables(key, values))

    def _numbered_tables(self, key: str, values: Sequence[object]) -> Iterator["Table"]:
        for number, value in enumerate(values, start=1):
            name = f"{self.key(key)}[{number}]"
            if not isinstance(value, dict):
                raise wrong(name, f"must be a table, written as [[{key}]]")
            yield Table(value, self.base, self.schema, section=key, name=name)


def _dotted(name: str, key: str) -> str:
    shown = key if _BARE.fullmatch(key) else json.dumps(key[:60])
    return f"{name}.{shown}" if name else shown


def _where(section: str) -> str:
    return f"in [{section}]" if section else "at the top, before the first [table]"


def _numbered_strings(name: str, values: Sequence[object], what: str) -> Iterator[tuple[str, str]]:
    for number, value in enumerate(values, start=1):
        if not isinstance(value, str):
            raise wrong(f"{name}[{number}]", f"must be in quotes, one of the {what}")
        yield f"{name}[{number}]", value


def _is_line(value: str, max_length: int) -> bool:
    """Printable leaves out line breaks, escape sequences and marks that turn the writing around."""
    return bool(value.strip()) and len(value) <= max_length and value.translate(_NO_BREAK).isprintable()


def _is_text(value: str, max_length: int) -> bool:
    return _is_line(value.replace("\n", ""), max_length) and len(value) <= max_length


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder on the way that this user may not enter
        return False


def exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
