"""The work of a case: the same in every vault however its notes came, and nothing lost that was written at once."""

import itertools
import random
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from dropbox.envelope import MAX_KNOWN, MAX_TAGS, NOBODY, Work, WorkState
from dropbox.errors import InvalidValue, NotAMember, NothingToChange, TagUnusable, TooManyTags
from dropbox.models import Fingerprint, ItemId, Kind, SealedKind
from dropbox.records import from_json, to_json
from dropbox.workstation import work
from dropbox.workstation.casebook import Casebook, Detail, ItemRecord, State, detail_of
from dropbox.workstation.order import in_order
from dropbox.workstation.thread import items_of
from tests.casebooks import ANNA, BRAM, CASE, CORA, DAY, DESK, EPOCH, casebook


def item(number: int) -> ItemId:
    return ItemId(f"{number:032x}")


def submitted(number: int, days: int = 0) -> ItemRecord:
    detail = Detail(Kind.REPORT if number == 1 else Kind.MESSAGE, f"{number:064x}", (DESK,), number=number)
    return record(SealedKind.SUBMISSION, 1000 + number, days, detail)


def record(kind: SealedKind, number: int, days: int, detail: Detail, **more: Any) -> ItemRecord:
    day = DAY + timedelta(days=days)
    return ItemRecord(item(number), CASE, kind, day, f"{number:064x}", EPOCH, State.VERIFIED, detail=detail, **more)


def wrote(
    number: int,
    knows: Sequence[int] | None = (),
    /,
    *,
    kind: Kind = Kind.NOTE,
    days: int = 1,
    author: Fingerprint = BRAM,
    change: Work | None = None,
    **more: Any,
) -> ItemRecord:
    known = None if knows is None else tuple(item(each) for each in sorted(knows))
    detail = Detail(kind, "f" * 64, (DESK,), desk=DESK, author=author, knows=known, work=change)
    return record(SealedKind(kind.value), number, days, detail, **more)


def book_of(records: Sequence[ItemRecord]) -> Casebook:
    book = casebook()
    for each in records:
        book.add(each)
    return book


def order(book: Casebook) -> list[int]:
    return [int(record.item, 16) for record in items_of(book, CASE)]


STORY = (
    submitted(1),
    wrote(9, [1001], kind=Kind.REPLY, change=None),
    wrote(5, [1001], kind=Kind.REPLY, author=ANNA),
    submitted(2, days=1),
    wrote(3, [9, 5, 1002], days=2, change=Work(assignee=ANNA, state=WorkState.TALKING, add=("spoed",))),
    wrote(8, [3, 1002], days=2, author=ANNA, change=Work(state=WorkState.CLOSED, add=("b",))),
    wrote(4, [3, 1002], days=2, change=Work(assignee=BRAM, state=WorkState.WAITING, add=("a",), remove=("spoed",))),
)


def test_no_order_of_arrival_changes_the_thread_or_the_work() -> None:
    seen = set()
    for arrival in itertools.islice(itertools.permutations(STORY), 0, None, 97):
        book = book_of(arrival)
        seen.add((tuple(order(book)), work.of_case(book, CASE)))
    assert len(seen) == 1
    thread, now = seen.pop()
    assert thread == (1001, 5, 9, 1002, 3, 4, 8)
    assert (now.assignee, now.state, now.tags) == (BRAM, WorkState.CLOSED, ("a", "b"))
    assert now.written_at_once == ((item(5), item(9)), (item(4), item(8)))


def test_of_two_works_at_the_same_time_neither_is_lost_and_the_later_counts() -> None:
    first, second = wrote(1, change=Work(assignee=ANNA, add=("x",))), wrote(2, change=Work(assignee=BRAM, add=("y",)))
    now = work.of_case(book_of([second, first]), CASE)
    assert (now.assignee, now.tags) == (BRAM, ("x", "y"))
    assert now.at_once_with(item(1)) == (item(2),)
    assert now.at_once_with(item(3)) == ()


def test_who_knew_the_other_wrote_after_it_whatever_the_days_say() -> None:
    early = wrote(1, days=9, change=Work(state=WorkState.CLOSED))
    late = wrote(2, [1], days=0, change=Work(state=WorkState.NEW))
    now = work.of_case(book_of([late, early]), CASE)
    assert now.state is WorkState.NEW
    assert now.written_at_once == ()


def test_a_thread_of_writings_that_claim_to_know_each_other_still_ends_and_is_the_same_everywhere() -> None:
    ring = [wrote(1, [3]), wrote(2, [1]), wrote(3, [2]), submitted(1), wrote(4, [2], change=Work(add=("t",)))]
    orders = {tuple(order(book_of(arrival))) for arrival in itertools.permutations(ring)}
    assert len(orders) == 1
    assert work.of_case(book_of(ring), CASE).tags == ("t",)


def test_a_random_story_is_the_same_in_every_vault() -> None:
    dice = random.Random(7)
    for _ in range(30):
        story: list[ItemRecord] = [submitted(number, days=dice.randrange(4)) for number in range(1, 4)]
        for number in range(1, 9):
            knows = [*dice.sample(range(1, number), dice.randrange(number)), 1000 + dice.randrange(1, 4)]
            change = Work(assignee=dice.choice([ANNA, BRAM, NOBODY]), state=dice.choice([None, *WorkState]))
            story.append(wrote(number, knows, days=dice.randrange(4), change=change))
        views = []
        for _again in range(4):
            dice.shuffle(story)
            views.append((order(book_of(story)), work.of_case(book_of(story), CASE)))
        assert all(view == views[0] for view in views)


def test_what_a_member_cannot_follow_is_not_called_simultaneous() -> None:
    chain = [wrote(1, kind=Kind.REPLY), wrote(2, [1]), wrote(3, [2], kind=Kind.REPLY)]
    closed = ItemRecord(item(2), CASE, SealedKind.NOTE, DAY, "2" * 64, EPOCH, State.NOT_FOR_YOU)
    assert work.of_case(book_of([chain[0], closed, chain[2]]), CASE).written_at_once == ()
    assert work.of_case(book_of([chain[0], chain[2]]), CASE).written_at_once == ((item(1), item(3)),)


def test_writings_from_before_there_was_this_key_are_never_called_simultaneous() -> None:
    old = [wrote(1, None, kind=Kind.REPLY), wrote(2, None, kind=Kind.REPLY), wrote(3, [2], kind=Kind.REPLY)]
    assert work.of_case(book_of(old), CASE).written_at_once == ()


def test_one_member_cannot_fill_the_memory_with_pairs() -> None:
    book = book_of([wrote(number, change=Work(add=("t",))) for number in range(1, 400)])
    assert len(work.of_case(book, CASE).written_at_once) == work.MAX_PAIRS


def test_a_new_writing_names_the_ends_that_lead_to_everything() -> None:
    assert work.heads(book_of(STORY), CASE) == tuple(sorted([item(8), item(4), item(5), item(9), item(1002)]))
    assert work.heads(casebook(), CASE) == ()
    many = book_of([submitted(1), *(wrote(number) for number in range(1, 200))])
    found = work.heads(many, CASE)
    assert len(found) == MAX_KNOWN
    assert item(1001) in found


def test_a_colleague_at_another_desk_sees_which_replies_were_written_at_once_without_the_notes() -> None:
    first = wrote(1, [1001], kind=Kind.REPLY)
    note = wrote(2, [1, 1001])
    here = book_of([submitted(1), first, note])
    second = wrote(3, [int(each, 16) for each in work.heads(here, CASE)], kind=Kind.REPLY)
    elsewhere = book_of([submitted(1), first, second])
    assert work.of_case(elsewhere, CASE).written_at_once == ()


@pytest.mark.parametrize("clock", [-400, 0, 400])
def test_what_was_written_here_stands_after_what_it_answers_until_the_drop_has_named_its_day(clock: int) -> None:
    here = wrote(1, [1002], days=clock, author=ANNA, own=True, on_drop=False, written=DAY)
    story = [submitted(1), submitted(2, days=3), here, submitted(3, days=4)]
    assert order(book_of(story)) == [1001, 1002, 1, 1003]


def test_who_had_the_reporters_next_message_need_not_have_had_a_colleagues_reply_before_it() -> None:
    first = wrote(1, [1001], kind=Kind.REPLY)
    second = wrote(2, [1002], kind=Kind.REPLY, author=ANNA, days=3)
    book = book_of([submitted(1), first, submitted(2, days=2), second])
    assert order(book) == [1001, 1, 1002, 2]
    assert work.of_case(book, CASE).written_at_once == ((item(1), item(2)),)


@pytest.mark.parametrize(
    ("change", "state"),
    [(None, WorkState.TALKING), (Work(state=WorkState.WAITING), WorkState.WAITING)],
)
def test_a_case_that_was_answered_is_not_new_any_more(change: Work | None, state: WorkState) -> None:
    assert work.of_case(book_of([submitted(1)]), CASE).state is WorkState.NEW
    extra = [] if change is None else [wrote(2, change=change)]
    assert work.of_case(book_of([submitted(1), wrote(1, kind=Kind.REPLY), *extra]), CASE).state is state


def test_a_case_never_has_more_tags_than_it_may_whatever_came_together() -> None:
    sheets = [wrote(n, change=Work(add=tuple(sorted(f"{n}-{tag}" for tag in range(15))))) for n in (1, 2, 3)]
    tags = work.of_case(book_of(sheets), CASE).tags
    assert len(tags) == MAX_TAGS
    assert tags == work.of_case(book_of(sheets[::-1]), CASE).tags


def test_a_case_is_given_to_nobody_who_left_the_desk() -> None:
    book = book_of([submitted(1)])
    assert work.change(book, CASE, assignee=BRAM) == Work(assignee=BRAM)
    with pytest.raises(NotAMember):
        work.change(book, CASE, assignee=CORA)


def test_only_what_is_not_so_already_is_written() -> None:
    book = book_of([submitted(1), wrote(1, change=Work(assignee=ANNA, state=WorkState.WAITING, add=("Spoed",)))])
    again: list[dict[str, Any]] = [
        {"assignee": ANNA},
        {"state": WorkState.WAITING},
        {"add": ["spoed", " SPOED "]},
        {"remove": ["x"]},
        {},
    ]
    for same in again:
        with pytest.raises(NothingToChange):
            work.change(book, CASE, **same)
    assert work.change(book, CASE, assignee=NOBODY, remove=["spoed"]) == Work(assignee=NOBODY, remove=("Spoed",))
    with pytest.raises(NothingToChange):
        work.change(book_of([submitted(1)]), CASE, assignee=NOBODY)


def test_too_many_tags_are_refused_before_anything_is_sealed() -> None:
    full = Work(add=tuple(sorted(f"t{number}" for number in range(MAX_TAGS))))
    book = book_of([submitted(1), wrote(1, change=full)])
    with pytest.raises(TooManyTags):
        work.change(book, CASE, add=["one more"])
    assert work.change(book, CASE, add=["one more"], remove=["t1"]).add == ("one more",)


@pytest.mark.parametrize(
    "tag", ["", " ", "a\nb", "a\tb", "\u202etag", "x\u200by", "\u0301", "x" * 41, "\u3164", "a\x1b[2J"]
)
def test_a_tag_that_cannot_be_seen_or_is_obeyed_is_refused(tag: str) -> None:
    with pytest.raises(TagUnusable):
        work.change(book_of([submitted(1)]), CASE, add=[tag])


def test_a_tag_is_kept_in_one_spelling() -> None:
    assert work.change(book_of([submitted(1)]), CASE, add=["  cafe\u0301   nu "]).add == ("café nu",)


def test_works_come_back_from_the_casebook_as_they_were_and_damaged_ones_do_not() -> None:
    book = book_of(STORY)
    value = to_json(book)
    again = from_json(Casebook, value)
    assert again == book
    assert work.of_case(again, CASE) == work.of_case(book, CASE)
    value["items"][item(3)]["detail"]["work"]["add"] = ["a\nb"]
    with pytest.raises(InvalidValue):
        from_json(Casebook, value)


BAD: list[Callable[[], object]] = [
    Work,
    lambda: Work(assignee="nobody"),
    lambda: Work(assignee=ANNA.lower()),
    lambda: Work(add=("b", "a")),
    lambda: Work(add=("a", "a")),
    lambda: Work(add=("a",), remove=("a",)),
    lambda: Work(add=("a  b",)),
    lambda: Work(remove=tuple(f"{n:02}" for n in range(MAX_TAGS + 1))),
]


@pytest.mark.parametrize("make", BAD, ids=range(len(BAD)))
def test_a_work_that_nobody_would_write_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue):
        make()


def test_the_sentences_name_what_a_note_changed_and_nothing_else() -> None:
    book = book_of(STORY)
    assert work.sentences(book, Work(assignee=ANNA, state=WorkState.CLOSED, add=("x", "y"))) == [
        "This case is given to you.",
        "State: closed.",
        "Tags added: x, y.",
    ]
    assert work.sentences(book, Work(assignee=NOBODY, remove=("x",))) == [
        "Nobody has this case.",
        "Tags taken away: x.",
    ]


def test_ten_thousand_cases_do_not_take_long() -> None:
    book = casebook()
    import time

    for number in range(10_000):
        for each in (submitted(1), wrote(9, [1001], kind=Kind.REPLY), wrote(5, [9, 1001], change=Work(add=("a",)))):
            shifted = f"{number:016x}{each.item[16:]}"
            book.add(ItemRecord(**(vars(each) | {"item": ItemId(shifted), "case": f"{number:032x}"})))
    cases = [record.case for record in book.items.values()][::3]
    start = time.perf_counter()
    for case in cases:
        work.of_case(book, case)
    assert time.perf_counter() - start < 4, "a table of 10,000 cases would keep its reader waiting"


def test_the_order_of_a_case_without_writings_is_that_of_its_numbers() -> None:
    submissions = [submitted(number, days=-number) for number in (3, 1, 2)]
    assert [detail_of(each).number for each in in_order(submissions)] == [1, 2, 3]


def test_days_are_of_no_use_to_a_member_who_sets_a_clock_forward() -> None:
    forward = wrote(1, [1001], days=5000, change=Work(state=WorkState.CLOSED))
    after = wrote(2, [1, 1001], days=2, change=Work(state=WorkState.TALKING))
    assert work.of_case(book_of([submitted(1), forward, after]), CASE).state is WorkState.TALKING
    assert isinstance(items_of(book_of([forward]), CASE)[0].day, date)


@pytest.mark.parametrize("silent", [False, True])
def test_one_member_cannot_make_a_case_too_slow_to_show(silent: bool) -> None:
    """Two by two, 10,000 notes that each know the one before are 50 million pairs, for every page that is shown."""
    change = Work(add=("a",))
    notes = [wrote(n, None if silent else [n - 1][: n - 1], change=change) for n in range(1, 10_001)]
    book = book_of(notes)
    items = items_of(book, CASE)
    began = time.process_time()
    assert work.of_items(book, items).written_at_once == ()
    assert work.heads(book, CASE) == (item(10_000),)
    assert time.process_time() - began < 2
