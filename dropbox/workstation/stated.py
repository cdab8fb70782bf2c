"""What the drop and its desks stated about themselves, as the casebook keeps it: keys of the drop, chains of rosters.

Records only. Whether what a bundle states goes on from them is for `rosters` and `trust` to say.
"""

from dataclasses import dataclass
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
    and why it was not taken; both stay until members compared words.
    """

    chain: tuple[SignedStatement, ...]
    signers: tuple[Fingerprint | None, ...]
    differs: bool = False
    rival: tuple[SignedStatement, ...] = ()
    fault: ChainFault | None = None
