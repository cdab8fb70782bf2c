"""The store room: sealed items in files, everything else that must last in one database. The only user of SQLAlchemy.

Other rooms import from this page alone.
"""

from dropbox.server.store.cases import GRACE_DAYS
from dropbox.server.store.records import (
    AnswerSeen,
    Applied,
    Behind,
    CaseState,
    CaseTerms,
    Counts,
    DropMeta,
    FormerDesk,
    HeldItem,
    NewAnswer,
    NewSubmission,
    NewWriting,
    Outcome,
    Pickup,
    Retired,
    StoredReply,
    Swept,
    Turn,
    Waiting,
)
from dropbox.server.store.restores import KeptItem, Snapshot
from dropbox.server.store.store import Store

__all__ = [
    "GRACE_DAYS",
    "AnswerSeen",
    "Applied",
    "Behind",
    "CaseState",
    "CaseTerms",
    "Counts",
    "DropMeta",
    "FormerDesk",
    "HeldItem",
    "KeptItem",
    "NewAnswer",
    "NewSubmission",
    "NewWriting",
    "Outcome",
    "Pickup",
    "Retired",
    "Snapshot",
    "Store",
    "StoredReply",
    "Swept",
    "Turn",
    "Waiting",
]
