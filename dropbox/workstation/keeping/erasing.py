"""Carrying out what two members agreed to: the case leaves this vault, and a line with its hashes and the reason stays.

The casebook is saved first, without the case; the sealed files go after it. A crash in between leaves files that no
record knows, and the next import, erasure or start of the desk page takes them away.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dropbox.bundle import Proposal
from dropbox.disk import sync_folder
from dropbox.envelope.account import LogAct, LogLine
from dropbox.errors import TargetUnusable
from dropbox.models import CaseId, Fingerprint, ItemId, VaultId, today
from dropbox.workstation import case_log
from dropbox.workstation.casebook import Casebook, Erased, ItemRecord, State
from dropbox.workstation.facts import facts_of
from dropbox.workstation.keeping.standing import because, cases_with_proposals, state_of
from dropbox.workstation.vault import Vault

_RECEIVED = (State.VERIFIED, State.NOT_FOR_YOU)


def take_due(casebook: Casebook) -> tuple[CaseId, ...]:
    """Take every case out of the casebook whose erasure is due; the caller saves and sweeps.

    Both the newest bundle and this machine must say that the day has come: a machine without a network has a clock that
    may be months ahead, and whoever runs the drop could name any day.
    """
    if casebook.kdf is None:
        return ()
    day, delay_days = min(casebook.kdf.day, today()), casebook.keeping.erase_delay_days
    found = ((case, state_of(casebook, case).due(day, delay_days)) for case in cases_with_proposals(casebook))
    due = [(case, proposal) for case, proposal in found if proposal is not None]
    for case, proposal in due:
        _take_out(casebook, case, proposal, day)
    return tuple(case for case, _proposal in due)


def erase_due(vault: Vault) -> tuple[CaseId, ...]:
    """Carry out whatever is due, and finish what a crash left; return the cases that are gone."""
    gone = take_due(vault.casebook)
    if gone:
        vault.save()
    sweep(vault)
    return gone


def sweep(vault: Vault) -> None:
    """Delete the files of erased items. Raises TargetUnusable."""
    erased = {item for each in vault.casebook.erased.values() for item in each.items}
    folder = vault.folder / "items"
    try:
        gone = [path for path in folder.iterdir() if path.name.split(".")[0] in erased] if erased else []
        for path in gone:
            path.unlink(missing_ok=True)
        if gone:
            sync_folder(folder)
    except OSError:
        raise TargetUnusable from None


def _take_out(casebook: Casebook, case: CaseId, proposal: Proposal, day: date) -> None:
    second = proposal.second
    seconded_by = second.author if second is not None else Fingerprint("")
    case_log.add(casebook, case, LogAct.ERASED, proposal=proposal.proposed.item)
    before, records, facts = casebook.erased.get(case), casebook.held(case), facts_of(casebook, case)
    erased = Erased(
        day=day,
        due=proposal.erased_on(casebook.keeping.erase_delay_days) or day,
        because=because(casebook, proposal.proposed.item),
        proposal=proposal.proposed.item,
        by=proposal.proposed.author,
        seconded_by=seconded_by,
        number=proposal.proposed.number,
        items={record.item: record.sha256 for record in records} | (before.items if before is not None else {}),
        owed=_owed(records, before),
        lines=_lines(casebook, case, before),
        facts=before.facts if facts is None and before is not None else facts and replace(facts, erased=day),
    )
    casebook.forget_case(case)
    casebook.erased[case] = erased


def _owed(records: Iterable[ItemRecord], before: Erased | None) -> tuple[ItemId, ...]:
    """Return of which items the drop has not heard yet that they came here: it keeps them until it has."""
    fresh = {r.item for r in records if r.on_drop and r.state in _RECEIVED and not r.receipt_confirmed}
    return tuple(sorted(fresh.union(before.owed if before is not None else ())))


def _lines(casebook: Casebook, case: CaseId, before: Erased | None) -> dict[VaultId, tuple[LogLine, ...]]:
    """Return everybody's log without what its lines said: the hashes still show that none was taken out."""
    lines = dict(before.lines) if before is not None else {}
    for chain in case_log.chains(casebook, case):
        lines[chain.vault] = tuple(_bare(entry.line) for entry in chain.entries)
    return lines


def _bare(line: LogLine) -> LogLine:
    return LogLine(
        line.n, line.previous, line.day, line.by, line.act, line.mandate, known=line.known, digest=line.digest
    )
