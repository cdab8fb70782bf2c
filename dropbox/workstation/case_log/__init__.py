"""The log of each case: what was done with it, in lines that this vault adds to and never changes.

lines: a line each, and all of them in one order. checking: whether every chain holds. words: what they say, for people.
printing: the whole log on paper.
"""

from dropbox.workstation.case_log.lines import (
    SALT,
    Chain,
    Entry,
    add,
    add_imported,
    add_once,
    adopt,
    as_json,
    chains,
    is_told,
    mandate_of,
    newest_number,
    of_case,
    part_for,
    parts_alone,
    parts_of,
    pending,
    told_details,
)

__all__ = [
    "SALT",
    "Chain",
    "Entry",
    "add",
    "add_imported",
    "add_once",
    "adopt",
    "as_json",
    "chains",
    "is_told",
    "mandate_of",
    "newest_number",
    "of_case",
    "part_for",
    "parts_alone",
    "parts_of",
    "pending",
    "told_details",
]
