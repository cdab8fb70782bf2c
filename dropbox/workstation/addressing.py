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
        theirs = set(current_members(rosters.get(desk, ())))
        if not theirs or not theirs <= usable:
            raise MemberKeyUnavailable(desk)
        wanted |= theirs
    return tuple(Recipient(fingerprint) for fingerprint in sorted(wanted))


def require_member(casebook: Casebook) -> None:
    """Raises NotOnRoster unless this vault's key is a current member of its desk."""
    if casebook.key not in members(casebook):
        raise NotOnRoster


def members(casebook: Casebook) -> tuple[Fingerprint, ...]:
    """Return who sits at this vault's desk now, by the newest roster."""
    return current_members(trust.newest_rosters(casebook).get(casebook.bound.desk, ()))


def colleagues(casebook: Casebook) -> tuple[Fingerprint, ...]:
    """Return the same without oneself."""
    return tuple(member for member in members(casebook) if member != casebook.key)
