"""What a note may say for the account of its case: its log, whom it is about, its outcome, how long it is kept.

One room for each part, all of frozen records that check themselves; what several notes of one case come to together is
for the workstation to say. A note of an earlier version has no account.
"""

from dataclasses import dataclass, fields

from dropbox.envelope.account.classes import Classified, Outcome, Subject
from dropbox.envelope.account.disclosing import Disclosed
from dropbox.envelope.account.erasing import Erasure, ErasureStep
from dropbox.envelope.account.handing import HandedOver
from dropbox.envelope.account.keeping import HoldStep, Keeping
from dropbox.envelope.account.log import (
    MAX_DETAIL_CHARACTERS,
    MAX_NOTE_LINES,
    LogAct,
    LogLine,
    LogPart,
    details_digest,
    details_input,
    hash_input,
    line_hash,
)
from dropbox.envelope.account.marks import Mark, MarkChange, MarkKind
from dropbox.errors import InvalidValue
from dropbox.records import from_json

__all__ = [
    "MAX_DETAIL_CHARACTERS",
    "MAX_NOTE_LINES",
    "Account",
    "Classified",
    "Disclosed",
    "Erasure",
    "ErasureStep",
    "HandedOver",
    "HoldStep",
    "Keeping",
    "LogAct",
    "LogLine",
    "LogPart",
    "Mark",
    "MarkChange",
    "MarkKind",
    "Outcome",
    "Subject",
    "details_digest",
    "details_input",
    "hash_input",
    "line_hash",
    "parse_account",
]


@dataclass(frozen=True)
class Account:
    """What one note adds to a case's account; at least one part of it is there."""

    log: LogPart | None = None
    marks: MarkChange | None = None
    classified: Classified | None = None
    keeping: Keeping | None = None
    erasure: Erasure | None = None
    disclosed: Disclosed | None = None
    handed_over: HandedOver | None = None

    def __post_init__(self) -> None:
        parts = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        if not parts or (self.log is not None and self.log.alone and parts != ["log"]):
            raise InvalidValue

    @property
    def is_log_only(self) -> bool:
        """Whether the note that carries this says nothing but what was done: it is no writing to be read."""
        return self.log is not None and self.log.alone


def parse_account(value: object) -> Account:
    """Return the account in a note's header. Raises InvalidValue."""
    return from_json(Account, value)
