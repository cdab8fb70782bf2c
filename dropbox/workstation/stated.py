"""What the drop and its desks stated about themselves, as the casebook keeps it: keys of the drop, chains of rosters.

Records only. Whether what a bundle states goes on from them is for `rosters` and `trust` to say.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.bundle import SignedStatement
from dropbox.models import Fingerprint


@dataclass(frozen=True)
class DropKeys:
    """The drop's public keys (hex) beside its name, in their order.

    followed: those after the first one, each signed for by the one before it, or compared by voice. offered: all keys
    that a refused bundle named, until somebody compares the last of them.
    """

    followed: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()


class ChainFault(StrEnum):
    """Why a desk's chain was not taken."""

    FORKED = "forked"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class DeskChain:
    """A desk's statements as this vault holds them, and who signed each (None for the first one).

    differs: the bundle's list of members is another one than the chain says. rival: another chain that a bundle showed,
    and why it was not taken; both stay until members compared words. taken: for the newest statements, the day of the
    bundle that brought each: the day that a statement names may be long before somebody signed it.
    """

    chain: tuple[SignedStatement, ...]
    signers: tuple[Fingerprint | None, ...]
    differs: bool = False
    rival: tuple[SignedStatement, ...] = ()
    fault: ChainFault | None = None
    taken: tuple[date, ...] = ()

    def taken_on(self, at: int) -> date:
        """Return the day on which a statement of the chain came here, where that is known; else the day it names."""
        came = at - len(self.chain) + len(self.taken)
        named = self.chain[at].statement.day
        return max(named, self.taken[came]) if came >= 0 else named
