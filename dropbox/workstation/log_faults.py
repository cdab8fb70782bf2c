"""What can be wrong with the log of a case, as the casebook keeps it until somebody has explained it."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from dropbox.models import Fingerprint, VaultId


class LogWrong(StrEnum):
    """Why a line is the first bad one of its chain."""

    MISSING = "missing"
    FORKED = "forked"
    UNLINKED = "unlinked"
    ALTERED = "altered"
    STRANGER = "stranger"
    MANDATE = "mandate"
    FORGOTTEN = "forgotten"
    LOST = "lost"


@dataclass(frozen=True)
class LogFault:
    """The first bad line of one vault's log of a case. because, explained: what a member found out, and when."""

    vault: VaultId
    by: Fingerprint
    n: int
    why: LogWrong
    because: str = ""
    explained: date | None = None

    def is_same(self, other: "LogFault") -> bool:
        """Whether both are of the same line and reason, explained or not."""
        return replace(self, because="", explained=None) == replace(other, because="", explained=None)
