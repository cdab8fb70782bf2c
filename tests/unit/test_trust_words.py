"""The words that people compare: frozen with format 1, and other ones for every other key, desk, member or day."""

from dataclasses import replace
from datetime import date

import pytest

from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.trust_words import WORD_COUNT, drop_words, roster_words

DROP = "d0" * 32
DESK = DeskId("integrity")
ROSTER: Roster = (
    Membership(Fingerprint("A1" * 20), date(2026, 3, 4)),
    Membership(Fingerprint("B0" * 20), date(2026, 3, 4), date(2026, 3, 5)),
)


def test_the_words_of_format_1_never_change() -> None:
    """Computed once by hand from docs/formats.md, without this program."""
    assert drop_words(DROP) == "gopher wieldable excusably boney malt deluge stumble strode deniable ranked"
    words = "resent exemption skimpily oaf rescuer shale ladybug lavender retreat geometric"
    assert roster_words(DESK, ROSTER) == words


def test_there_are_as_many_words_as_people_are_told() -> None:
    assert len(drop_words(DROP).split()) == len(roster_words(DESK, ROSTER).split()) == WORD_COUNT == 10


def test_another_key_has_other_words() -> None:
    assert drop_words("d1" + DROP[2:]) != drop_words(DROP)


@pytest.mark.parametrize(
    "other",
    [
        (),
        ROSTER[:1],
        (ROSTER[1], ROSTER[0]),
        (replace(ROSTER[0], fingerprint=Fingerprint("A2" * 20)), ROSTER[1]),
        (replace(ROSTER[0], first_day=date(2026, 3, 3)), ROSTER[1]),
        (ROSTER[0], replace(ROSTER[1], last_day=None)),
    ],
)
def test_no_change_of_a_roster_keeps_its_words(other: Roster) -> None:
    assert roster_words(DESK, other) != roster_words(DESK, ROSTER)


def test_another_desks_roster_has_other_words() -> None:
    assert roster_words(DeskId("bureau"), ROSTER) != roster_words(DESK, ROSTER)
