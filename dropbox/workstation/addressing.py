"""Whom something is sealed to: every current member of the desks concerned, and nobody else.

Fails closed: while one member's key is missing or cannot be used, nothing is sealed for any of them.
"""

from collections.abc import Sequence

from dropbox.errors import MemberKeyUnavailable, NotOnRoster
from dropbox.models import DeskId, Fingerprint, Recipient, current_members
from dropbox.workstation import trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.vault import Vault


def recipients(vault: Vault, desks: Sequence[DeskId]) -> tuple[Recipient, ...]:
    """Return every current member of these desks. All their keys must be there and usable, and one's own among them.

    Raises NotOnRoster or MemberKeyUnavailable.
    """
    require_member(vault.casebook)
    rosters = trust.newest_rosters(vault.casebook)
    listed = vault.members.keys()
    usable = {info.fingerprint for info in listed if info.can_encrypt}
    wanted: set[Fingerprint] = set()
    for desk in desks:
        members = set(current_members(rosters.get(desk, ())))
        if not members or not members <= usable:
            raise MemberKeyUnavailable(desk)
        wanted |= members
    return tuple(Recipient(fingerprint) for fingerprint in sorted(wanted))


def require_member(casebook: Casebook) -> None:
    """Raises NotOnRoster unless this vault's key is a current member of its desk."""
    if casebook.key not in colleagues(casebook, everybody=True):
        raise NotOnRoster


def colleagues(casebook: Casebook, *, everybody: bool = False) -> tuple[Fingerprint, ...]:
    """Return the desk's other current members, as the newest roster has them; `everybody`: oneself among them."""
    roster = trust.newest_rosters(casebook).get(casebook.bound.desk, ())
    return tuple(member for member in current_members(roster) if everybody or member != casebook.key)
