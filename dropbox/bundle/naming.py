"""What the organisation and its desks are called, as a pickup bundle may say it: the names on the reporter's pages.

Optional, and for people only: nothing is decided by a name. Pure; whatever does not fit is an InvalidValue.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dropbox.bundle import fields
from dropbox.errors import InvalidValue
from dropbox.models import DeskId, parse_desk_id

MAX_NAME_CHARACTERS = 200
MAX_LANGUAGES = 50
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True)
class Called:
    """The organisation's name, and each desk's by language; empty in a bundle that says neither."""

    organisation: str = ""
    desks: Mapping[DeskId, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def made(cls, organisation: str, desks: Mapping[DeskId, Mapping[str, str]]) -> "Called":
        """Return names as a bundle may carry them, on one line each; one that has nothing to show is left out."""
        named = {desk: {code: _clean(name) for code, name in names.items()} for desk, names in desks.items()}
        kept = {desk: {code: name for code, name in names.items() if name} for desk, names in named.items()}
        return cls(_clean(organisation), {desk: names for desk, names in kept.items() if names})

    def as_json(self) -> dict[str, Any]:
        return {"organisation": self.organisation, "desks": {desk: dict(names) for desk, names in self.desks.items()}}

    @classmethod
    def from_json(cls, value: object) -> "Called":
        given = fields.exact(value, ("organisation", "desks"))
        desks = {parse_desk_id(desk): _names(names) for desk, names in fields.mapping(given["desks"]).items()}
        return cls(_name(given["organisation"], least=0), desks)


def _clean(name: str) -> str:
    return "".join(each for each in " ".join(name.split()) if each.isprintable())[:MAX_NAME_CHARACTERS].strip()


def _names(value: object) -> dict[str, str]:
    names = {code: _name(name) for code, name in fields.mapping(value).items()}
    if not 0 < len(names) <= MAX_LANGUAGES or not all(_LANGUAGE.fullmatch(code) for code in names):
        raise InvalidValue
    return names


def _name(value: object, least: int = 1) -> str:
    if not isinstance(value, str) or not value.isprintable() or not least <= len(value) <= MAX_NAME_CHARACTERS:
        raise InvalidValue
    return value
