"""Writing marks down: one note without a text, sealed to the desk; and which names a case's own texts point at."""

from collections.abc import Iterable

from dropbox.envelope import SUBMISSION_KINDS, Account, Envelope
from dropbox.envelope.account import LogAct, Mark, MarkChange
from dropbox.models import Kind, Plaintext
from dropbox.workstation import case_log
from dropbox.workstation.casebook import CaseRecord, ItemRecord
from dropbox.workstation.pointing import PointKind, points_in
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.together.names import person
from dropbox.workstation.vault import Vault

MAX_PROPOSED = 30
MAX_SEARCHED_CHARACTERS = 200_000


def write_marks(vault: Vault, case: CaseRecord, change: MarkChange) -> ItemRecord:
    """Seal what changed to the desk. Raises what `write_to_case` raises."""
    # how many, and never which: the log may be printed for people who are not to read a name
    counts = {"added": str(len(change.add)), "removed": str(len(change.remove))}
    case_log.add(vault.casebook, case.case, LogAct.MARKED, **counts)
    return write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), account=Account(marks=change)))


def proposed(shown: ReadCase, known: Iterable[Mark], quiet: Iterable[str]) -> tuple[str, ...]:
    """Return names that stand in what the reporter wrote and are not marked yet, the most frequent first.

    quiet: what the organisation and its desks are called.
    """
    marked = {person(name) for mark in known for name in mark.names}
    counted: dict[str, int] = {}
    for text in _texts(shown):
        for point in points_in(text, quiet=tuple(quiet)):
            if point.kind is PointKind.NAME and person(point.text) not in marked:
                name = " ".join(point.text.split())
                counted[name] = counted.get(name, 0) + 1
    return tuple(sorted(counted, key=lambda name: (-counted[name], name))[:MAX_PROPOSED])


def _said(envelope: Envelope) -> tuple[str, ...]:
    return (envelope.message.reveal(), *envelope.header.answers.values())


def _texts(shown: ReadCase) -> list[str]:
    envelopes = [each.envelope for each in shown.opened if each is not None]
    texts = [text for each in envelopes if each.header.kind in SUBMISSION_KINDS for text in _said(each)]
    left, kept = MAX_SEARCHED_CHARACTERS, []
    for text in texts:
        kept.append(text[:left])
        left = max(0, left - len(text))
    return kept
