"""Whom and what a case is about, as its desk's notes come together to it: the same in every vault that holds them.

Answers come from the casebook alone; nothing is unsealed or written here. What marks of different cases have to do with
each other is for `together` to say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from secrets import token_hex

from dropbox.envelope.account import Mark, MarkChange, MarkKind
from dropbox.envelope.account.marks import MAX_MARKS, clean_name, is_date, marks_after
from dropbox.errors import InvalidValue, MarkUnknown, MarkUnusable, NothingToChange, TooManyMarks
from dropbox.models import CaseId, ItemId
from dropbox.workstation.casebook import Casebook, ItemRecord, State
from dropbox.workstation.order import in_order
from dropbox.workstation.speech import N_, _

ALIAS_SEPARATOR = ";"
KINDS = {MarkKind.PERSON: N_("person"), MarkKind.PLACE: N_("place"), MarkKind.DATE: N_("date")}
_KINDS_IN_ORDER = tuple(MarkKind)
_ID_BYTES = 8


def of_case(casebook: Casebook, case: CaseId) -> tuple[Mark, ...]:
    """Return a case's marks: persons, places, dates, each by name."""
    return _marks([record for record in casebook.thread(case) if _change(record)], casebook, case)


def of_all(casebook: Casebook) -> dict[CaseId, tuple[Mark, ...]]:
    """Return the marks of every case that has some."""
    noted: dict[CaseId, list[ItemRecord]] = {}
    for record in _noted(casebook):
        noted.setdefault(record.case, []).append(record)
    found = {case: _marks(notes, casebook, case) for case, notes in noted.items()}
    return {case: marks for case, marks in found.items() if marks}


def notes(casebook: Casebook) -> frozenset[ItemId]:
    """Return the notes that marks are made of: while these are the same, so are all marks."""
    return frozenset(record.item for record in _noted(casebook))


def read(kind: MarkKind, typed: str, mark_id: str = "") -> Mark:
    """Return what somebody typed as a mark; further names of a person stand behind semicolons. Raises MarkUnusable."""
    parts = [typed] if kind is not MarkKind.PERSON else [part for part in typed.split(ALIAS_SEPARATOR) if part.strip()]
    try:
        names = tuple(dict.fromkeys(clean_name(part) for part in parts or [""]))
        if kind is MarkKind.DATE and not is_date(names[0]):
            raise MarkUnusable
        return Mark(mark_id or token_hex(_ID_BYTES), kind, names[0], names[1:])
    except InvalidValue:
        raise MarkUnusable from None


def typed(mark: Mark) -> str:
    """Return a mark as `read` takes it."""
    return f"{ALIAS_SEPARATOR} ".join(mark.names)


def change(
    casebook: Casebook,
    case: CaseId,
    *,
    add: Iterable[Mark] = (),
    rewrite: Mapping[str, str] | None = None,
    remove: Collection[str] = (),
) -> MarkChange:
    """Return what a note must say to bring the case there: only what is not so already.

    rewrite: what was typed for marks that are there, by their ids. Raises MarkUnknown, MarkUnusable, TooManyMarks or
    NothingToChange.
    """
    now = {mark.id: mark for mark in of_case(casebook, case)}
    again = rewrite or {}
    if not {*again, *remove} <= set(now):
        raise MarkUnknown
    rewritten = {each: read(now[each].kind, text, each) for each, text in again.items() if each not in remove}
    there = {_same(mark) for mark in (now | rewritten).values() if mark.id not in remove}
    fresh = {_same(mark): mark for mark in add if _same(mark) not in there}
    made = (*(mark for mark in rewritten.values() if mark != now[mark.id]), *fresh.values())
    if len(now) + len(fresh) - len(set(remove)) > MAX_MARKS:
        raise TooManyMarks
    if not made and not remove:
        raise NothingToChange
    try:
        return MarkChange(made, tuple(sorted(set(remove))))
    except InvalidValue:
        raise TooManyMarks from None


def told(items: Sequence[ItemRecord]) -> dict[ItemId, list[str]]:
    """Return what each note of a thread, in its order, marked or took away, in the reader's language."""
    names: dict[str, str] = {}
    lines: dict[ItemId, list[str]] = {}
    for record in items:
        change = _change(record)
        if change is None:
            continue
        gone = [names[each] for each in change.remove if each in names]
        names |= {mark.id: mark.name for mark in change.add}
        said = [_("Marked: %(names)s.", names=", ".join(typed(mark) for mark in change.add))] if change.add else []
        lines[record.item] = [*said, *([_("Marks taken away: %(names)s.", names=", ".join(gone))] if gone else [])]
    return lines


def as_json(mark: Mark) -> dict[str, object]:
    return {"id": mark.id, "kind": mark.kind.value, "name": mark.name, "aliases": list(mark.aliases)}


def _marks(notes: list[ItemRecord], casebook: Casebook, case: CaseId) -> tuple[Mark, ...]:
    # the order of a whole thread costs time, and most cases were marked once
    held = notes if len(notes) < 2 else in_order(list(casebook.thread(case)))
    made = marks_after(change for change in map(_change, held) if change is not None)
    return tuple(sorted(made, key=lambda mark: (_KINDS_IN_ORDER.index(mark.kind), mark.name.casefold(), mark.id)))


def _noted(casebook: Casebook) -> Iterable[ItemRecord]:
    return (record for record in casebook.items.values() if record.state is State.VERIFIED and _change(record))


def _change(record: ItemRecord) -> MarkChange | None:
    detail = record.detail
    return detail.account.marks if detail is not None and detail.account is not None else None


def _same(mark: Mark) -> tuple[MarkKind, frozenset[str]]:
    return mark.kind, frozenset(name.casefold() for name in mark.names)
