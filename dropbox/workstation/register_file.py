"""The register as a file: CSV for a table of one's own, plain text and PDF for people, and the same for programs."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import PurePath

from dropbox.errors import EndingUnknown
from dropbox.models import DeskId
from dropbox.workstation import mandate
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.classes import outcome_text, subject_text
from dropbox.workstation.composing import desk_name as name_of_desk
from dropbox.workstation.document import Block, Document, Table, Text, as_pdf, as_text
from dropbox.workstation.register import Entry, Register, Step
from dropbox.workstation.speech import N_, _, day_text, language, list_text, month_text, ngettext, short_day_text
from dropbox.workstation.terminal import line

HEADS = (
    N_("Number"),
    N_("Received"),
    N_("Allowed"),
    N_("About"),
    N_("Acknowledged"),
    N_("Answered"),
    N_("How it ended"),
    N_("Closed"),
)
"""The columns of the register for people."""

_WIDTHS = (14, 14, 16, 15, 20, 15, 17, 10)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YEAR_AND_MONTH = len("2026-03")

Cells = tuple[str, ...]


def register_bytes(casebook: Casebook, register: Register, name: str) -> bytes:
    """Return the register in the form that the file's name asks for. Raises EndingUnknown."""
    make = _MAKERS.get(PurePath(name).suffix.lower())
    if make is None:
        raise EndingUnknown
    return make(casebook, register)


def as_json(register: Register) -> dict[str, object]:
    """Return the register for programs, in English whatever the reader's language."""
    entries = [asdict(entry) | {"also_for": list(entry.also_for)} for entry in register.entries]
    return {
        "year": register.year,
        "desk": register.desk,
        "made": register.made.isoformat(),
        "with_days": register.with_days,
        "entries": entries,
    }


def introduction(register: Register) -> list[str]:
    """Return what a reader must know of it."""
    law = _(
        "This is the register of reports that the law has an employer keep (Wet bescherming klokkenluiders, article "
        "2a). It names nobody and leads to no case: the numbers are its own."
    )
    who = _("It is for those who must have it, and not for publication: for that there are the figures.")
    days = _(
        "It holds the days on which things happened. Whoever knows who was where on those days may tell from it who "
        "wrote: give it to nobody who does not need them."
    )
    return [law, who, days] if register.with_days else [law, who]


def cells(casebook: Casebook, entry: Entry) -> Cells:
    """Return one line of the register, under HEADS."""
    return (
        entry.number,
        _received(casebook, entry),
        mandate.name(entry.mandate) if entry.mandate else _("not known"),
        subject_text(entry.subject),
        _step_text(entry.acknowledged, entry),
        _step_text(entry.answered, entry),
        _ended(casebook, entry),
        "; ".join(filter(None, (_closed(entry), _erased(entry)))),
    )


def _as_csv(casebook: Casebook, register: Register) -> bytes:
    """Return it as RFC 4180 has it, in UTF-8 with the mark by which a spreadsheet knows that."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([_("Desk"), *map(str, HEADS)])
    desk = _desk(casebook, register.desk)
    for entry in register.entries:
        writer.writerow([_harmless(cell) for cell in (desk, *cells(casebook, entry))])
    return target.getvalue().encode("utf-8-sig")


def _document(casebook: Casebook, register: Register) -> Document:
    desk = _desk(casebook, register.desk)
    title = _("Register of reports, %(year)s: %(desk)s", year=register.year, desk=desk)
    made = _("Made on %(day)s for %(who)s.", day=day_text(register.made), who=line(casebook.organisation) or desk)
    blocks: list[Block] = [Text(text) for text in (made, *introduction(register))]
    if register.entries:
        rows = tuple(cells(casebook, entry) for entry in register.entries)
        blocks.append(Table(tuple(map(str, HEADS)), rows, _WIDTHS))
    else:
        blocks.append(Text(_("There are no reports of %(year)s.", year=register.year)))
    return Document(title, language(), tuple(blocks))


_MAKERS: Mapping[str, Callable[[Casebook, Register], bytes]] = {
    ".csv": _as_csv,
    ".txt": lambda casebook, register: as_text(_document(casebook, register)),
    ".pdf": lambda casebook, register: as_pdf(_document(casebook, register)),
}
ENDINGS = tuple(_MAKERS)


def _received(casebook: Casebook, entry: Entry) -> str:
    if not entry.also_for:
        return _when(entry.received)
    others = _desks(casebook, entry.also_for)
    return _("%(when)s, also sent to %(desks)s", when=_when(entry.received), desks=others)


def _desks(casebook: Casebook, desks: tuple[DeskId, ...]) -> str:
    return list_text([_desk(casebook, desk) for desk in desks])


def _desk(casebook: Casebook, desk: DeskId) -> str:
    return line(name_of_desk(casebook, desk, language()))


def _step_text(step: Step, entry: Entry) -> str:
    if step.after_days is not None:
        after = ngettext("after %(num)s day", "after %(num)s days", step.after_days)
        return _("%(after)s, too late", after=after) if step.late else after
    if entry.withdrawn or entry.erased:
        return _("no, it was too late") if step.late else _("no longer needed")
    return _("not yet, too late") if step.late else _("not yet")


def _ended(casebook: Casebook, entry: Entry) -> str:
    if entry.withdrawn:
        return _("withdrawn by the reporter, %(when)s", when=_when(entry.withdrawn))
    if entry.handed_over:
        return _("handed over to %(desk)s", desk=_desk(casebook, entry.handed_over))
    return outcome_text(entry.outcome)


def _closed(entry: Entry) -> str:
    if entry.closed:
        return _when(entry.closed)
    return "" if entry.withdrawn or entry.handed_over or entry.erased else _("no")


def _erased(entry: Entry) -> str:
    return _("erased, %(when)s", when=_when(entry.erased)) if entry.erased else ""


def _when(day: str) -> str:
    """Return a day or a month as people write it."""
    return month_text(f"{day}-01") if len(day) == _YEAR_AND_MONTH else short_day_text(day)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a name that an operator gave a desk for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
