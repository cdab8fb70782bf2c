"""What a pack is to be made of: chosen items, what is left out of them, whose names become letters, and who reads it.

A plan holds what must not be read in the open part, so it is as secret as the case. Its hash is what the reporter
agrees to; a random nonce in it keeps anybody from finding out by trial which names stand behind a hash.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from secrets import SystemRandom, token_hex

from dropbox import canonical
from dropbox.envelope.ask import MAX_ASK_READERS, Reader
from dropbox.errors import InvalidValue, PlanUnfinished, PlanUnreadable
from dropbox.models import FORMAT, CaseId, ItemId, parse_case_id, parse_item_id
from dropbox.records import from_json, is_hex, require, to_json
from dropbox.workstation.disclosure.folding import plain
from dropbox.workstation.redacting_boxes import Box
from dropbox.workstation.speech import LANGUAGES

MAX_PLAN_BYTES = 1024 * 1024
MAX_PERSONS = 200
MAX_SPELLINGS = 20
MAX_NAME_CHARACTERS = 120
MIN_NAME_LETTERS = 2
MAX_PHRASES = 200
MAX_PHRASE_CHARACTERS = 4000
MAX_ITEMS = 500
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class FileHow(StrEnum):
    """What becomes of a file: it is nowhere, in the annex alone, or redrawn in the open part and whole in the annex."""

    OUT = "out"
    ANNEX = "annex"
    REDRAWN = "redrawn"


@dataclass(frozen=True)
class Cut:
    """Characters of an item's text that are left out, from `start` up to `end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        require(0 <= self.start < self.end)


@dataclass(frozen=True)
class FileChoice:
    """One file of an item, by its number there (from 1) and its SHA-256; boxes: what is covered of a redrawn one."""

    number: int
    sha256: str
    how: FileHow
    boxes: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        require(self.number >= 1 and _is_hash(self.sha256))
        require(not self.boxes or self.how is FileHow.REDRAWN)


@dataclass(frozen=True)
class ItemChoice:
    """One item that is shown, exactly as it was signed: `index_sha256` is its index's."""

    item: ItemId
    index_sha256: str
    cuts: tuple[Cut, ...] = ()
    files: tuple[FileChoice, ...] = ()

    def __post_init__(self) -> None:
        require(parse_item_id(self.item) == self.item and _is_hash(self.index_sha256))
        require(all(before.end <= after.start for before, after in zip(self.cuts, self.cuts[1:], strict=False)))
        require(len({each.number for each in self.files}) == len(self.files))


@dataclass(frozen=True)
class Person:
    """Somebody whose name becomes a letter; `names`: every spelling that stands for them."""

    letter: str
    names: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        require(1 <= len(self.names) <= MAX_SPELLINGS)
        require(all(name.strip() == name and 1 <= len(name) <= MAX_NAME_CHARACTERS for name in self.names))
        # a name of one letter would be found in the letters that stand for the others
        require(all(len(plain(name)) >= MIN_NAME_LETTERS for name in self.names))


@dataclass(frozen=True)
class Plan:
    """One pack. phrases: what is left out wherever it stands. language: of the cover sheet and of our own headings.

    days: the open part says on which day each item came.
    """

    format: int
    drop: str
    case: CaseId
    language: str
    nonce: str
    items: tuple[ItemChoice, ...] = ()
    persons: tuple[Person, ...] = ()
    phrases: tuple[str, ...] = field(default=(), repr=False)
    readers: tuple[Reader, ...] = ()
    days: bool = True

    def __post_init__(self) -> None:
        require(self.format == FORMAT and parse_case_id(self.case) == self.case and self.language in LANGUAGES)
        require(is_hex(self.nonce, 32) and _is_hash(self.drop) and len(self.items) <= MAX_ITEMS)
        require(len({each.item for each in self.items}) == len(self.items))
        require(len(self.persons) <= MAX_PERSONS and len(self.phrases) <= MAX_PHRASES)
        require({each.letter for each in self.persons} == set(letters(len(self.persons))))
        require(all(each.strip() and len(each) <= MAX_PHRASE_CHARACTERS for each in self.phrases))
        require(len(self.readers) <= MAX_ASK_READERS and len(set(self.readers)) == len(self.readers))

    @classmethod
    def new(cls, drop: str, case: CaseId, language: str) -> "Plan":
        return cls(FORMAT, drop, case, language, token_hex(16))

    @property
    def data(self) -> bytes:
        """The one spelling of this plan that is hashed and kept."""
        return canonical.dump(to_json(self))

    @property
    def sha256(self) -> str:
        return canonical.sha256_hex(self.data)

    @property
    def annex_readers(self) -> tuple[Reader, ...]:
        return tuple(each for each in self.readers if each.fingerprint is not None)

    def choice_of(self, item: ItemId) -> ItemChoice | None:
        return next((each for each in self.items if each.item == item), None)

    def boxes_of(self, item: ItemId, number: int) -> tuple[Box, ...]:
        """Return what is covered of a file; nothing for one that is not shown."""
        choice = self.choice_of(item)
        files = choice.files if choice is not None else ()
        return next((each.boxes for each in files if each.number == number), ())

    def with_boxes(self, item: ItemId, number: int, boxes: Sequence[Box]) -> "Plan":
        """Return the plan with these boxes on a file that is redrawn. Raises InvalidValue for any other."""
        choice = self.choice_of(item)
        require(choice is not None and any(each.number == number for each in choice.files))
        files = choice.files if choice is not None else ()
        changed = tuple(replace(each, boxes=tuple(boxes)) if each.number == number else each for each in files)
        return self.with_choice(replace(choice, files=changed))  # type: ignore[type-var]  # it is there, see above

    def with_choice(self, choice: ItemChoice | None) -> "Plan":
        """Return the plan with this choice in the place of the one for the same item."""
        items = tuple(choice if choice and each.item == choice.item else each for each in self.items)
        return replace(self, items=items)

    def with_items(self, items: Iterable[ItemChoice]) -> "Plan":
        return replace(self, items=tuple(items))

    def with_phrases(self, phrases: Iterable[str]) -> "Plan":
        """Return the plan with these phrases left out wherever they stand."""
        return replace(self, phrases=tuple(dict.fromkeys(each.strip() for each in phrases if plain(each))))

    def with_names(self, persons: Iterable[Sequence[str]]) -> "Plan":
        """Return the plan with letters for these persons, each given by all their names.

        The letters fall anew each time: neither the alphabet nor who was named first tells which letter is whose.
        """
        named = [spellings(names) for names in persons]
        drawn = list(letters(len(named)))
        SystemRandom().shuffle(drawn)
        found = [Person(letter, names) for letter, names in zip(drawn, named, strict=True)]
        return replace(self, persons=tuple(sorted(found, key=lambda each: (len(each.letter), each.letter))))

    def require_complete(self) -> None:
        """Raises PlanUnfinished unless it says what is shown, and to whom."""
        if not self.items or not self.readers:
            raise PlanUnfinished


def parse_plan(data: bytes) -> Plan:
    """Read a plan, in any spelling of its JSON that has one meaning. Raises PlanUnreadable."""
    try:
        if len(data) > MAX_PLAN_BYTES:
            raise InvalidValue
        plan = from_json(Plan, json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once))
        require(len(plan.data) > 0)  # half a character, as an escape can name it, has no spelling to be hashed
        return plan
    except (InvalidValue, ValueError, RecursionError):
        raise PlanUnreadable from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that stands twice: an editor would show one of its values, and we would take the other."""
    value = dict(pairs)
    require(len(value) == len(pairs))
    return value


def letters(count: int) -> tuple[str, ...]:
    """Return the first letters: A to Z, then AA, AB and so on."""
    return tuple(_letter(number) for number in range(count))


def _letter(number: int) -> str:
    more, last = divmod(number, len(_ALPHABET))
    return (_letter(more - 1) if more else "") + _ALPHABET[last]


def spellings(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as a person has them: each once, without blanks too many."""
    clean = [" ".join(name.split()) for name in names]
    return tuple(dict.fromkeys(name for name in clean if name))


def _is_hash(text: str) -> bool:
    return is_hex(text, 64)
