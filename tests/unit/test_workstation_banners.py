"""Banners: there while what they tell of is unexplained, gone after, the gravest first; screens keep to their width."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dropbox.bundle import LineState
from dropbox.models import CaseId, Kind, Mandate, Membership, VaultId
from dropbox.trust_words import drop_words, roster_words
from dropbox.workstation import trust
from dropbox.workstation.banners import banners
from dropbox.workstation.casebook import Casebook, Conflict, EpochLog, LogEntry, State
from dropbox.workstation.importing import ImportReport
from dropbox.workstation.screens import banner_lines, case_lines, import_lines
from dropbox.workstation.terminal import columns
from dropbox.workstation.thread import summaries
from tests.casebooks import ANNA, BRAM, CASE, CORA, DAY, DESK, DROP, EPOCH, add_case, casebook, submission


def heads(book: Casebook) -> list[str]:
    return [banner[0].split(".")[0] for banner in banners(book)]


def everything() -> Casebook:
    """Return a casebook with every reason for a banner."""
    book = casebook(confirmed=False, trial=True)
    held = submission(book, 1)
    submission(book, 2, state=State.QUARANTINED, reason="it is not signed by its author")
    book.conflicts["9" * 64] = Conflict(held.item, "9" * 64, DAY)
    book.logs[EPOCH] = EpochLog(0, DAY, {3: LogEntry("7" * 64, LineState.RECEIVED)})
    book.logs["f" * 32] = EpochLog(0, DAY + timedelta(days=2), {})
    changed = (Membership(ANNA, DAY), Membership(CORA, DAY))
    book.rosters[DESK] = replace(book.rosters[DESK], newest=changed)
    return book


def test_a_vault_in_order_has_none() -> None:
    book = casebook()
    submission(book, 1)
    assert banners(book) == []
    assert banners(Casebook.new(VaultId("b" * 32), ANNA)) == []


def test_everything_is_told_the_gravest_first() -> None:
    order = ["TRIAL", "ALARM", "GAP", "QUARANTINE", "NEW HISTORY", "ROSTER CHANGED", "UNCONFIRMED"]
    assert heads(everything()) == order


def test_a_changed_roster_is_shown_with_who_came_who_left_and_the_words() -> None:
    book = everything()
    text = "\n".join(next(banner for banner in banners(book) if "ROSTER" in banner[0]))
    assert f"came: {CORA}" in text
    assert f"left: {BRAM}" in text
    words = roster_words(DESK, book.rosters[DESK].newest)
    assert words in " ".join(text.split())
    trust.confirm_roster(book, words)
    assert "ROSTER CHANGED" not in heads(book)


def test_whoever_brought_another_desks_bundle_is_told() -> None:
    book = casebook()
    others = tuple(replace(member, fingerprint=CORA) for member in book.rosters[DESK].newest)
    book.rosters[DESK] = replace(book.rosters[DESK], confirmed=others, newest=others)
    assert heads(book) == ["NOT A MEMBER"]
    assert f"desk {DESK}" in " ".join(banners(book)[0])


def test_other_days_of_the_same_members_are_a_change_too() -> None:
    book = casebook()
    later = tuple(replace(member, first_day=DAY + timedelta(days=1)) for member in book.rosters[DESK].newest)
    book.rosters[DESK] = replace(book.rosters[DESK], newest=later)
    assert "(other days of the same members)" in "\n".join(banners(book)[0])


def test_the_words_of_the_drop_are_shown_until_they_are_confirmed() -> None:
    book = casebook(confirmed=False)
    assert drop_words(DROP) in " ".join(" ".join(banners(book)[0]).split())
    trust.confirm_drop(book, drop_words(DROP))
    assert banners(book) == []


def test_a_trial_says_nothing_of_answers_being_held_up() -> None:
    unconfirmed = {trial: " ".join(banners(casebook(confirmed=False, trial=trial))[-1]) for trial in (True, False)}
    assert "nothing can be answered" in unconfirmed[False]
    assert "nothing can be answered" not in unconfirmed[True]


def test_many_gaps_and_quarantined_items_do_not_flood_the_screen() -> None:
    book = casebook()
    book.logs[EPOCH] = EpochLog(0, DAY, {500: LogEntry("7" * 64, LineState.WITHDRAWN)})
    for number in range(1, 100):
        submission(book, number, state=State.QUARANTINED, reason="its seal is broken")
    lines = banner_lines(book, 80)
    assert "499 numbers" in "\n".join(lines)
    assert len(lines) < 30


@pytest.mark.parametrize("width", [40, 80, 120])
def test_banners_keep_to_the_width(width: int) -> None:
    book = everything()
    longest = "it is sealed to more or fewer keys than it lists"
    for record in list(book.items.values()):
        book.update(record.item, reason=longest)
    # a fingerprint is one word, and is not cut on the narrowest screens
    assert [line for line in banner_lines(book, width) if columns(line) > max(width, 50)] == []


@pytest.mark.parametrize("unread", [0, 1, 99999])
def test_the_table_of_cases_keeps_to_80_columns(unread: int) -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    for number in range(8):
        case = CaseId(f"{number:x}" * 32)
        add_case(book, case)
        submission(book, 1, case=case, kind=Kind.REPORT)
    found = [replace(summary, name="w" * 9 + " " + "w" * 9, unread=unread) for summary in summaries(book)]
    lines = case_lines(found)
    assert max(columns(line) for line in lines) <= 80
    assert lines[-1] == f"{len(found)} cases, desk {DESK}."


def test_a_withdrawn_case_and_a_broken_chain_are_seen_in_the_list() -> None:
    book = casebook()
    submission(book, 1)
    submission(book, 3, kind=Kind.WITHDRAWAL)
    shown = "\n".join(case_lines(summaries(book)))
    assert "withdrawn" in shown
    assert f"Of case {CASE[:8]} these submissions never came here: 2." in shown


def test_an_import_says_what_came_of_it() -> None:
    report = ImportReport(new=1, known=2, not_for_you=3, confirmed_exports=1)
    assert import_lines(report) == [
        "Imported. 1 new item, 2 known already, 3 not for you, 0 quarantined.",
        "The drop confirms 1 answer bundle of this vault.",
    ]


def test_no_cases_is_a_sentence() -> None:
    assert case_lines([]) == ["No cases yet."]
