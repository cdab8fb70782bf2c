"""Alarms about attachments: somebody attached what is a drop's own, to have it opened and quoted by a member.

Each is kept in the casebook and told by a banner until a member has said what it was; the log of the case has a line.
Nothing of the attachment's content may enter this room.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from dropbox.envelope.account import LogAct
from dropbox.errors import OwnItemInside
from dropbox.models import CaseId, ItemId, today
from dropbox.workstation import case_log
from dropbox.workstation.case_log import checking
from dropbox.workstation.casebook import Casebook, OwnAttached
from dropbox.workstation.vault import Vault

MAX_KEPT = 100
"""Alarms of one case: a reporter can attach any number, and what is told is the same."""
Place = tuple[str, str, int]


def own_sha256s(casebook: Casebook) -> frozenset[str]:
    """Return the hashes of all sealed files that this vault knows of: those it holds, and those the log names."""
    logged = (entry.sha256 for log in casebook.logs.values() for entry in log.lines.values())
    return frozenset({*(record.sha256 for record in casebook.items.values()), *logged})


@contextmanager
def kept(vault: Vault) -> Iterator[None]:
    """Keep an alarm that is raised within, in a vault that is open for writing, and let it go on."""
    try:
        yield
    except OwnItemInside as alarm:
        if alarm.place is not None and keep(vault.casebook, alarm.place):
            vault.save()
        raise


def keep(casebook: Casebook, place: Place) -> bool:
    """Keep an alarm, with a line in the log; tell whether it is a new one. The caller saves the vault."""
    case, item, number = CaseId(place[0]), ItemId(place[1]), place[2]
    known = casebook.attached.get(case, ())
    if case not in casebook.cases or len(known) >= MAX_KEPT or any((e.item, e.number) == (item, number) for e in known):
        return False
    casebook.attached[case] = (*known, OwnAttached(item, number, today()))
    case_log.add(casebook, case, LogAct.VIEWED, item=item, file=str(number), refused="own")
    return True


def standing(casebook: Casebook, case: CaseId) -> tuple[OwnAttached, ...]:
    """Return the alarms of a case that nobody has explained yet."""
    return tuple(each for each in casebook.attached.get(case, ()) if not each.because)


def explain_case(casebook: Casebook, case: CaseId, because: str, day: date) -> None:
    """Keep what a member found out about the alarms and the log of a case. The caller saves the vault.

    Raises NothingToExplain, ExplanationUnusable.
    """
    if not standing(casebook, case):
        checking.explain(casebook, case, because, day)
        return
    text = checking.explanation(because)
    told = (each if each.because else replace(each, because=text) for each in casebook.attached[case])
    casebook.attached[case] = tuple(told)
    if any(fault.explained is None for fault in casebook.log_faults.get(case, ())):
        checking.explain(casebook, case, because, day)
    else:
        case_log.add(casebook, case, LogAct.EXPLAINED, because=text)
