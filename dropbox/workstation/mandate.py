"""What the reporter allows to be done with a case, and how that came about.

The mandate is kept by this program, not by cryptography: whoever holds the text can always pass it on. What is asked
here is what the program itself helps with.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.errors import MandateForbids
from dropbox.models import Mandate
from dropbox.workstation.casebook import ItemRecord, detail_of


class Act(StrEnum):
    """What an investigator may want to do with a case."""

    REPLY = "reply"
    NOTE = "note"
    DISCUSS = "discuss"
    TAKE_FURTHER = "take_further"


_ALLOWED = {
    Mandate.LISTEN: frozenset({Act.REPLY, Act.NOTE}),
    Mandate.ADVISE: frozenset({Act.REPLY, Act.NOTE, Act.DISCUSS}),
    Mandate.INVESTIGATE: frozenset(Act),
}

_MEANINGS = {
    Mandate.LISTEN: "listen only: answer the reporter, take nothing further, discuss it with nobody.",
    Mandate.ADVISE: "advise: it may be discussed within the desk; nothing goes further.",
    Mandate.INVESTIGATE: "investigate: the desk may act on it.",
}


@dataclass(frozen=True)
class MandateChange:
    """One choice of the reporter: `number` is the submission that carried it."""

    day: date
    number: int
    mandate: Mandate


def history(items: list[ItemRecord]) -> tuple[MandateChange, ...]:
    """Return each mandate that the reporter set, oldest first; a submission that repeats one changes nothing."""
    changes: list[MandateChange] = []
    for record in items:
        detail = detail_of(record)
        if detail.mandate is not None and (not changes or changes[-1].mandate is not detail.mandate):
            changes.append(MandateChange(record.day, detail.number or 0, detail.mandate))
    return tuple(changes)


def in_force(items: list[ItemRecord]) -> Mandate:
    """Return the mandate that holds now. Where none has arrived yet, the narrowest holds."""
    changes = history(items)
    return changes[-1].mandate if changes else Mandate.LISTEN


def allows(mandate: Mandate, act: Act) -> bool:
    return act in _ALLOWED[mandate]


def require(mandate: Mandate, act: Act) -> None:
    if not allows(mandate, act):
        raise MandateForbids


def meaning(mandate: Mandate) -> str:
    return _MEANINGS[mandate]


def notice_at_reply(mandate: Mandate) -> str:
    """Return what an investigator should read before answering; empty where nothing is closed."""
    if mandate is Mandate.INVESTIGATE:
        return ""
    return f"The reporter's mandate is {meaning(mandate)} To do more, ask the reporter in your reply."
