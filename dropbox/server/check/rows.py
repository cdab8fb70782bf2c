"""What a look at the drop's health comes to: one row a thing, ok, warn or fail, each with what to do.

Rows are plain values; whoever prints them, or seals them into the daily status, is elsewhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from dropbox.config import Settings
from dropbox.keyring import Keyring
from dropbox.server.letterbox import Fullness
from dropbox.server.store import Store

_MIB = 1 << 20


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Telling(StrEnum):
    """How much of a row may leave this machine in the daily status, which must not say whether anything came in."""

    WHOLE = "whole"
    VERDICT = "verdict"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Row:
    """One thing that was looked at; `advice` says what to do and is empty when nothing is.

    telling: what of it the daily status may carry.
    """

    verdict: Verdict
    subject: str
    finding: str
    advice: str = ""
    telling: Telling = Telling.WHOLE


def ok(subject: str, finding: str) -> Row:
    return Row(Verdict.OK, subject, finding)


def warn(subject: str, finding: str, advice: str) -> Row:
    return Row(Verdict.WARN, subject, finding, advice)


def fail(subject: str, finding: str, advice: str) -> Row:
    return Row(Verdict.FAIL, subject, finding, advice)


def fullness_text(letterbox: Fullness) -> str:
    held = f"{_rounded(letterbox.held_bytes)} held"
    if not letterbox.quota_bytes:
        return f"{held}, no quota"
    quota, new = letterbox.quota_bytes // _MIB, letterbox.for_new_bytes // _MIB
    return f"{held} of {quota} MiB; new reports use {new} MiB at most"


def _rounded(size: int) -> str:
    return f"{-(-size // _MIB)} MiB"


@dataclass(frozen=True)
class Looked:
    """What is looked at. `store` is None for a drop that does not open; `config`: the file that the settings are of."""

    settings: Settings
    keyring: Keyring
    day: date
    store: Store | None = None
    config: Path | None = None


Room = Callable[[Looked], Iterable[Row]]
"""One thing's rows; nothing at all where the thing does not apply. What it raises becomes a row."""
