"""Whether a desk's list of members is what its statements say, and whether each change of it follows from one. Pure.

The list of a bundle has days in the past, and by those workstations judge who was a member when: a day that no signed
statement explains would let a stranger sign for that time.
"""

from collections.abc import Sequence
from datetime import date

from dropbox.bundle import RosterStatement
from dropbox.models import Fingerprint, Membership, Roster


def agrees(roster: Roster, last: RosterStatement, day: date) -> bool:
    """Tell whether those who sit at the desk on this day are the members that the last statement names."""
    stated = last.members_on(day)
    open_ended = {each.fingerprint for each in roster if each.last_day is None}
    seated = {each.fingerprint for each in roster if each.last_day is None or each.last_day >= day}
    lasting = {each.fingerprint for each in last.members if each.until is None}
    # who leaves on a day that is named is on the list to its end; when the drop closes the row is the drop's affair
    return (lasting & stated) <= open_ended <= stated <= seated


def explained(before: Roster, after: Roster, chain: Sequence[RosterStatement]) -> bool:
    """Tell whether statements explain each row of a list that came, ended or opened again since an earlier list.

    Nobody signed the first statement: it can bring in nobody whom the earlier list does not know, nor let them sign.
    """
    known = {(each.fingerprint, each.first_day): each for each in before}
    rows = {(each.fingerprint, each.first_day): each for each in after}
    if not known.keys() <= rows.keys() or not _is_known(chain[0], before):
        return False
    return all(row == known.get(key) or _is_explained(row, known.get(key), chain) for key, row in rows.items())


def _is_explained(row: Membership, before: Membership | None, chain: Sequence[RosterStatement]) -> bool:
    if before is not None and before.last_day is not None:
        # who left and came back on one day never left; any other change of a day that was over is none of the drop's
        return row.last_day is None and _names(chain[-1], row.fingerprint)
    if before is None and not _was_seated(row, chain):
        return False
    return row.last_day is None or _may_end(row, chain)


def _was_seated(row: Membership, chain: Sequence[RosterStatement]) -> bool:
    """Tell whether the statement in force on a row's first day names its key."""
    in_force = [each for each in chain if each.day <= row.first_day]
    return bool(in_force) and _names(in_force[-1], row.fingerprint)


def _may_end(row: Membership, chain: Sequence[RosterStatement]) -> bool:
    """Tell whether a membership may have ended on a row's last day: never before a statement said so."""
    last = row.last_day
    ends = [each.day for each in chain[1:] if not _names(each, row.fingerprint) and each.day >= row.first_day]
    ends += [m.until for each in chain for m in each.members if m.fingerprint == row.fingerprint and m.until]
    return last is not None and any(max(end, row.first_day) <= last for end in ends)


def _is_known(first: RosterStatement, before: Roster) -> bool:
    return {member.fingerprint for member in first.members} <= {each.fingerprint for each in before}


def _names(statement: RosterStatement, fingerprint: Fingerprint) -> bool:
    return any(member.fingerprint == fingerprint for member in statement.members)
