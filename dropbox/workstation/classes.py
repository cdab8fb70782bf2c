"""What a case is about and how it ended, as its desk says in notes: the words that all desks share, and their names.

Answers come from the casebook alone; nothing is unsealed or written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dropbox.envelope.account import Classified, Outcome, Subject
from dropbox.errors import InvalidValue, NothingToChange
from dropbox.models import CaseId
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.speech import N_, _
from dropbox.workstation.thread import items_of

SUBJECTS = {
    Subject.BULLYING: N_("bullying"),
    Subject.INTIMIDATION: N_("intimidation"),
    Subject.SEXUAL: N_("sexual harassment or violence"),
    Subject.DISCRIMINATION: N_("discrimination"),
    Subject.VIOLENCE: N_("aggression or violence"),
    Subject.ABUSE_OF_POWER: N_("abuse of power"),
    Subject.CONFLICT_OF_INTEREST: N_("conflict of interest"),
    Subject.FRAUD: N_("fraud or theft"),
    Subject.SAFETY: N_("danger to people or the environment"),
    Subject.CONFIDENTIALITY: N_("leaked information"),
    Subject.OTHER: N_("something else"),
}
OUTCOMES = {
    Outcome.HEARD: N_("heard and nothing more wanted"),
    Outcome.ADVISED: N_("advised"),
    Outcome.MEDIATED: N_("mediated"),
    Outcome.FOUNDED: N_("well founded"),
    Outcome.PARTLY_FOUNDED: N_("partly founded"),
    Outcome.UNFOUNDED: N_("unfounded"),
    Outcome.NOT_ESTABLISHED: N_("could not be established"),
    Outcome.REPORTED: N_("reported to an authority"),
    Outcome.HANDED_OVER: N_("handed over to another desk"),
    Outcome.NO_CONTACT: N_("the reporter did not come back"),
    Outcome.WITHDRAWN: N_("withdrawn by the reporter"),
}
SAID_BY_THE_DESK = tuple(outcome for outcome in Outcome if outcome not in (Outcome.HANDED_OVER, Outcome.WITHDRAWN))
"""The outcomes that a desk can set. The two others follow from what was done, and nobody can say them."""


@dataclass(frozen=True)
class CaseClass:
    """How a case is classified now; None is what nobody has said yet."""

    subject: Subject | None = None
    outcome: Outcome | None = None


def class_of(casebook: Casebook, case: CaseId) -> CaseClass:
    """Return the case's subject and outcome: the same in every vault that holds the same items."""
    return class_of_items(items_of(casebook, case))


def class_of_items(items: Iterable[ItemRecord]) -> CaseClass:
    """Return what notes said last, given a case's items in their order."""
    subject, outcome = None, None
    for record in items:
        account = detail_of(record).account
        if account is not None and account.classified is not None:
            subject = account.classified.subject or subject
            outcome = account.classified.outcome or outcome
    return CaseClass(subject, outcome)


def change(
    casebook: Casebook, case: CaseId, *, subject: Subject | None = None, outcome: Outcome | None = None
) -> Classified:
    """Return what a note must say to classify the case so. Raises NothingToChange.

    Raises InvalidValue for an outcome that follows from what was done and cannot be said.
    """
    if outcome is not None and outcome not in SAID_BY_THE_DESK:
        raise InvalidValue
    now = class_of(casebook, case)
    fresh_subject = None if subject is now.subject else subject
    fresh_outcome = None if outcome is now.outcome else outcome
    if fresh_subject is None and fresh_outcome is None:
        raise NothingToChange
    return Classified(fresh_subject, fresh_outcome)


def subject_text(subject: Subject | None) -> str:
    return str(SUBJECTS[subject]) if subject is not None else _("not said yet")


def outcome_text(outcome: Outcome | None) -> str:
    return str(OUTCOMES[outcome]) if outcome is not None else _("not said yet")


def sentences(said: Classified) -> list[str]:
    """Return what a note said, in the reader's language."""
    told = []
    if said.subject is not None:
        told.append(_("It is about: %(subject)s.", subject=subject_text(said.subject)))
    if said.outcome is not None:
        told.append(_("How it ended: %(outcome)s.", outcome=outcome_text(said.outcome)))
    return told
