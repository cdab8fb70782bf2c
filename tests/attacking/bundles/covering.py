"""Has coverage lead through the readers of bundles and envelopes, part by part."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from tests.attacking.bundles.cover_targets import NAMES
from tests.attacking.led import Led, Readers, lead
from tests.attacking.plan import Plan

_WATCHED = (
    "dropbox.bundle", "dropbox.canonical", "dropbox.envelope", "dropbox.models", "dropbox.records", "dropbox.words",
)  # fmt: skip
READERS = Readers("tests.attacking.bundles.cover_targets", _WATCHED, 700)
SHORT_NAMES = ("manifest",)  # making what is watched ready takes five times as long as its two seconds
SHORT_SECONDS, LONG_SECONDS = 2, 120


def cover(plan: Plan) -> list[Led]:
    """Fuzz each part for its time. Nothing where there is no atheris: its wheels are for one kind of processor."""
    if platform.machine() != "x86_64":
        return []
    names: Sequence[str] = NAMES if plan.long else SHORT_NAMES
    seed = plan.random("bundles/covering").randrange(1, 1 << 31)
    seconds = plan.times(SHORT_SECONDS, LONG_SECONDS)
    return [lead(READERS, name, plan.folder / f"c-{name}", seconds, seed) for name in names]
