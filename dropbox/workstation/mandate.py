"""What the reporter allows to be done with a case, and how that came about.

The mandate is kept by this program, not by cryptography: whoever holds the text can always pass it on. What is asked
here is what the program itself helps with.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.errors import MandateForbids, MandateIsAdvise, MandateIsListen
from dropbox.models import Mandate
from dropbox.workstation.casebook import Act, ItemRecord, detail_of
from dropbox.workstation.speech import N_

__all__ = [
    "Act",
    "Beside",
    "MandateChange",
    "allows",
    "beside",
    "history",
    "in_force",
    "is_narrower",
    "meaning",
    "name",
    "notice",
    "require",
]


# a case is handed over by its reporter's own yes, whatever the mandate
_ALWAYS = frozenset({Act.REPLY, Act.NOTE, Act.VIEW, Act.ORGANISE, Act.SAVE, Act.HAND_OVER, Act.KEEP})
_ALLOWED = {
    Mandate.LISTEN: _ALWAYS,
    Mandate.ADVISE: _ALWAYS | {Act.DISCUSS},
    Mandate.INVESTIGATE: frozenset(Act),
}
_ORDER = (Mandate.LISTEN, Mandate.ADVISE, Mandate.INVESTIGATE)
_REFUSALS: dict[Mandate, type[MandateForbids]] = {Mandate.LISTEN: MandateIsListen, Mandate.ADVISE: MandateIsAdvise}

_NAMES = {
    Mandate.LISTEN: N_("listen"),
    Mandate.ADVISE: N_("advise"),
    Mandate.INVESTIGATE: N_("investigate"),
}
_MEANINGS = {
    Mandate.LISTEN: N_("listen only: answer the reporter, take nothing further, discuss it with nobody."),
    Mandate.ADVISE: N_("advise: it may be discussed within the desk; nothing goes further."),
    Mandate.INVESTIGATE: N_("investigate: the desk may act on it."),
}
_AT_REPLY = {
    Mandate.LISTEN: N_(
        "The reporter's mandate is listen only: answer the reporter, take nothing further, discuss it with nobody. To "
        "do more, ask the reporter in your reply."
    ),
    Mandate.ADVISE: N_(
        "The reporter's mandate is advise: it may be discussed within the desk; nothing goes further. To do more, ask "
        "the reporter in your reply."
    ),
}
_AT_NOTE = {
    Mandate.LISTEN: N_(
        "The reporter's mandate is listen. A note is a record for those who can read the report already: it is no way "
        "to discuss the case, and nobody else may see it."
    ),
    Mandate.ADVISE: N_("The reporter's mandate is advise. This note is for the members of your desk and nobody else."),
}
_AT_SAVE = {
    Mandate.LISTEN: N_(
        "The reporter's mandate is listen. A saved copy is for your own reading: show it to nobody, and delete it when "
        "you have read it."
    ),
    Mandate.ADVISE: N_(
        "The reporter's mandate is advise. Saved copies may be used for advice within the desk and go no further; "
        "delete them when they have served."
    ),
}
_NOTICES = {Act.REPLY: _AT_REPLY, Act.NOTE: _AT_NOTE, Act.SAVE: _AT_SAVE}


class Beside(StrEnum):
    """What the page of one case shows of another that touches it.

    DESK: all of it, for members of the desk and nobody else. ANOTHER: that there is one, without a name or a number.
    """

    ALL = "all"
    DESK = "desk"
    ANOTHER = "another"
    NOTHING = "nothing"


_BESIDE = {
    (Mandate.LISTEN, Mandate.LISTEN): Beside.ANOTHER,
    (Mandate.LISTEN, Mandate.ADVISE): Beside.ANOTHER,
    (Mandate.LISTEN, Mandate.INVESTIGATE): Beside.ANOTHER,
    (Mandate.ADVISE, Mandate.LISTEN): Beside.NOTHING,
    (Mandate.ADVISE, Mandate.ADVISE): Beside.DESK,
    (Mandate.ADVISE, Mandate.INVESTIGATE): Beside.DESK,
    (Mandate.INVESTIGATE, Mandate.LISTEN): Beside.NOTHING,
    (Mandate.INVESTIGATE, Mandate.ADVISE): Beside.DESK,
    (Mandate.INVESTIGATE, Mandate.INVESTIGATE): Beside.ALL,
}
"""The mandate of the case whose page it is, and of the other one."""


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


def is_narrower(after: Mandate, before: Mandate) -> bool:
    return _ORDER.index(after) < _ORDER.index(before)


def allows(mandate: Mandate, act: Act) -> bool:
    return act in _ALLOWED[mandate]


def require(mandate: Mandate, act: Act) -> None:
    """Raises MandateIsListen or MandateIsAdvise, which say why and how to ask the reporter for more."""
    if not allows(mandate, act):
        raise _REFUSALS.get(mandate, MandateForbids)


def beside(own: Mandate, other: Mandate) -> Beside:
    """Return what the page of a case with the mandate `own` may show of a case with `other`."""
    return _BESIDE[own, other]


def name(mandate: Mandate) -> str:
    """Return a mandate's one word in the reader's language."""
    return str(_NAMES[mandate])


def meaning(mandate: Mandate) -> str:
    return str(_MEANINGS[mandate])


def notice(mandate: Mandate, act: Act) -> str:
    """Return what an investigator should read before this act; empty where nothing is closed."""
    text = _NOTICES.get(act, {}).get(mandate)
    return "" if text is None else str(text)
