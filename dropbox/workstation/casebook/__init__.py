"""The sealed index of a vault: what it knows, in records, and what can be asked of them alone."""

from dropbox.workstation.casebook.casebook import MIN_CASE_PREFIX, Casebook
from dropbox.workstation.casebook.cases import Act, ActRecord, CaseFacts, Erased, IntakeRecord, Narrowed, OwnAttached
from dropbox.workstation.casebook.items import (
    CaseRecord,
    Conflict,
    Detail,
    ExportRecord,
    ItemRecord,
    State,
    detail_of,
    is_shown,
    number_of,
)
from dropbox.workstation.casebook.told import (
    Binding,
    CanaryRecord,
    DeskRoster,
    EpochLog,
    Explanation,
    KdfRecord,
    LogEntry,
    Restore,
)

__all__ = [
    "MIN_CASE_PREFIX",
    "Act",
    "ActRecord",
    "Binding",
    "CanaryRecord",
    "CaseFacts",
    "CaseRecord",
    "Casebook",
    "Conflict",
    "DeskRoster",
    "Detail",
    "EpochLog",
    "Erased",
    "Explanation",
    "ExportRecord",
    "IntakeRecord",
    "ItemRecord",
    "KdfRecord",
    "LogEntry",
    "Narrowed",
    "OwnAttached",
    "Restore",
    "State",
    "detail_of",
    "is_shown",
    "number_of",
]
