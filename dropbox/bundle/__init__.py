"""All bundle formats: written whole or not at all, verified whole or refused. An unverified bundle yields nothing.

No gpg, no store and no vault in this room: keys, signatures and items come in as bytes, paths and functions.
"""

from dropbox.bundle.answer import (
    AnswerEntry,
    AnswerManifest,
    ReadMark,
    Receipt,
    VerifiedAnswer,
    verify_answer,
    write_answer,
)
from dropbox.bundle.answer_case import AnswerCase, Origin
from dropbox.bundle.desk_log import FIRST_HEAD, Continuity, LineState, LogLine, LogRange, compare, head_after
from dropbox.bundle.drop_statement import EpochStart, Succession, current_key, trusted_key, verify_epochs
from dropbox.bundle.handover import HandOverManifest, VerifiedHandOver, is_handover, verify_handover, write_handover
from dropbox.bundle.keep_rule import ERASE_DELAY_DAYS, MIN_ERASE_DELAY_DAYS, KeepRule
from dropbox.bundle.keep_state import Hold, KeepState, Proposal, TakenStep, keep_state
from dropbox.bundle.keep_step import KeepStep, StepKind
from dropbox.bundle.limits import LIMITS
from dropbox.bundle.naming import Called
from dropbox.bundle.pickup import VerifiedPickup, verify_pickup, write_pickup
from dropbox.bundle.pickup_manifest import PickupItem, PickupManifest
from dropbox.bundle.reseal import (
    ResealedItem,
    ResealManifest,
    VerifiedReseal,
    is_reseal,
    verify_reseal,
    write_reseal,
)
from dropbox.bundle.roster_statement import (
    RosterStatement,
    SignedStatement,
    StatedMember,
    StatementVote,
    VerifyMember,
    require_follows,
    verify_chain,
)

__all__ = [
    "ERASE_DELAY_DAYS",
    "FIRST_HEAD",
    "LIMITS",
    "MIN_ERASE_DELAY_DAYS",
    "AnswerCase",
    "AnswerEntry",
    "AnswerManifest",
    "Called",
    "Continuity",
    "EpochStart",
    "HandOverManifest",
    "Hold",
    "KeepRule",
    "KeepState",
    "KeepStep",
    "LineState",
    "LogLine",
    "LogRange",
    "Origin",
    "PickupItem",
    "PickupManifest",
    "Proposal",
    "ReadMark",
    "Receipt",
    "ResealManifest",
    "ResealedItem",
    "RosterStatement",
    "SignedStatement",
    "StatedMember",
    "StatementVote",
    "StepKind",
    "Succession",
    "TakenStep",
    "VerifiedAnswer",
    "VerifiedHandOver",
    "VerifiedPickup",
    "VerifiedReseal",
    "VerifyMember",
    "compare",
    "current_key",
    "head_after",
    "is_handover",
    "is_reseal",
    "keep_state",
    "require_follows",
    "trusted_key",
    "verify_answer",
    "verify_chain",
    "verify_epochs",
    "verify_handover",
    "verify_pickup",
    "verify_reseal",
    "write_answer",
    "write_handover",
    "write_pickup",
    "write_reseal",
]
