"""What is told across cases: as much as both reporters allow, and nowhere that somebody only wanted to be heard."""

from dataclasses import replace
from itertools import product
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.envelope.account import MarkChange, MarkKind
from dropbox.models import DeskId, Kind, Mandate
from dropbox.workstation import mandate, marks
from dropbox.workstation.mandate import Beside
from dropbox.workstation.together import How, JoinState, NameIndex, Shut, index_of, join_state, kin, links_of, overview
from dropbox.workstation.together.alike import given_alike
from dropbox.workstation.together.showing import MAX_LINKS, Allowed
from tests.marked import asked, case_id, links, mark, marked, note, said, vault_of

LISTEN, ADVISE, INVESTIGATE = Mandate
JAN = "Jan Jansen"
HALL, DAY_OF = mark("town hall", MarkKind.PLACE), mark("2026-03-04", MarkKind.DATE)


@pytest.mark.parametrize(
    ("own", "other", "shown"),
    [
        (LISTEN, LISTEN, Beside.ANOTHER),
        (LISTEN, ADVISE, Beside.ANOTHER),
        (LISTEN, INVESTIGATE, Beside.ANOTHER),
        (ADVISE, LISTEN, Beside.NOTHING),
        (ADVISE, ADVISE, Beside.DESK),
        (ADVISE, INVESTIGATE, Beside.DESK),
        (INVESTIGATE, LISTEN, Beside.NOTHING),
        (INVESTIGATE, ADVISE, Beside.DESK),
        (INVESTIGATE, INVESTIGATE, Beside.ALL),
    ],
)
def test_the_page_of_one_case_shows_no_more_of_another_than_this(own: Mandate, other: Mandate, shown: Beside) -> None:
    assert mandate.beside(own, other) is shown
    told = links(vault_of((own, [JAN]), (other, [JAN])), 0)
    assert [link.beside for link in told.links] == ([shown] if shown in (Beside.ALL, Beside.DESK) else [])
    assert told.another is (shown is Beside.ANOTHER)


def test_no_pair_of_mandates_was_forgotten_and_none_shows_more_than_the_narrower_one_allows() -> None:
    order = (LISTEN, ADVISE, INVESTIGATE)
    most = {LISTEN: Beside.ANOTHER, ADVISE: Beside.DESK, INVESTIGATE: Beside.ALL}
    rank = (Beside.NOTHING, Beside.ANOTHER, Beside.DESK, Beside.ALL)
    for own, other in product(Mandate, repeat=2):
        narrower = min(own, other, key=order.index)
        assert rank.index(mandate.beside(own, other)) <= rank.index(most[narrower])


def test_nothing_of_a_listening_case_stands_anywhere_but_on_its_own_page() -> None:
    book = vault_of((LISTEN, [JAN]), (INVESTIGATE, [JAN]), (ADVISE, ["J. Jansen"]), (INVESTIGATE, ["Jan Janssen"]))
    listening = case_id(0)
    index = index_of(marks.of_all(book))
    for number in (1, 2, 3):
        told = links(book, number)
        assert listening not in {link.case for link in told.links}
        assert not told.another
    seen = overview(book, index)
    assert listening not in {case for group in seen.groups for case in group.cases}
    assert listening not in {case for group in seen.groups for other in group.others for case in other.cases}
    own = links(book, 0)
    assert own.another
    assert own.links == ()
    assert own.left_out == 0


def test_two_listening_cases_alone_are_in_no_overview() -> None:
    book = vault_of((LISTEN, [JAN]), (LISTEN, [JAN]))
    assert overview(book, index_of(marks.of_all(book))).groups == ()


def test_a_withdrawn_case_touches_nobody_and_nobody_touches_it() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]), (LISTEN, [JAN]))
    said(book, case_id(0), kind=Kind.WITHDRAWAL)
    assert links(book, 0).shut is Shut.WITHDRAWN
    assert links(book, 0).links == ()
    assert links(book, 1).links == ()
    assert links(book, 2).another
    said(book, case_id(1), kind=Kind.WITHDRAWAL)
    assert not links(book, 2).another
    assert overview(book, index_of(marks.of_all(book))).groups == ()


def test_a_case_that_another_desk_has_now_stands_beside_none_here() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]), (LISTEN, [JAN]))
    book.cases[case_id(0)] = replace(book.cases[case_id(0)], desks=(DeskId("bureau"),))
    assert links(book, 0).shut is Shut.AWAY
    assert links(book, 1).links == ()
    book.cases[case_id(1)] = replace(book.cases[case_id(1)], desks=(DeskId("bureau"),))
    assert not links(book, 2).another
    assert overview(book, index_of(marks.of_all(book))).groups == ()


def test_a_mandate_that_was_narrowed_takes_the_link_away_at_once() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]))
    assert len(links(book, 1).links) == 1
    said(book, case_id(0), kind=Kind.MANDATE, mandate=LISTEN)
    assert links(book, 1).links == ()
    assert not links(book, 1).another
    assert links(book, 0).another


def test_only_when_both_reporters_agreed_are_listening_cases_shown_to_each_other() -> None:
    book = vault_of((LISTEN, [JAN]), (LISTEN, [JAN]), (INVESTIGATE, [JAN]))
    one, other = case_id(0), case_id(1)
    asked(book, one, True)
    assert links(book, 0).links == ()
    assert links(book, 1).links == ()
    asked(book, other, True)
    (link,) = links(book, 0).links
    assert (link.case, link.beside, link.joined) == (other, Beside.DESK, True)
    assert links(book, 2).links == (), "what two agreed to is no third one's"
    assert overview(book, index_of(marks.of_all(book))).joined == (tuple(sorted((one, other))),)
    assert overview(book, index_of(marks.of_all(book))).groups == ()


def test_a_joined_pair_that_may_investigate_is_not_shown_less_for_it() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]))
    for number in (0, 1):
        asked(book, case_id(number), True)
    (link,) = links(book, 0).links
    assert (link.beside, link.joined) == (Beside.ALL, True)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((), JoinState.OPEN),
        ((True,), JoinState.AGREED),
        ((False,), JoinState.REFUSED),
        ((True, False), JoinState.REFUSED),
        ((False, True), JoinState.AGREED),
    ],
)
def test_only_the_reporters_newest_answer_counts(answers: tuple[bool, ...], state: JoinState) -> None:
    book = vault_of((LISTEN, [JAN]), (LISTEN, [JAN]))
    asked(book, case_id(1), True)
    assert join_state(book, case_id(0)) is JoinState.NOT_ASKED
    asked(book, case_id(0), *answers)
    assert join_state(book, case_id(0)) is state
    assert bool(links(book, 0).links) is (state is JoinState.AGREED)


def test_who_says_no_to_being_joined_is_kept_apart_though_the_mandate_is_wide() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]), (INVESTIGATE, [JAN]))
    asked(book, case_id(0), False)
    assert (links(book, 0).links, links(book, 0).another) == ((), True)
    assert [link.case for link in links(book, 1).links] == [case_id(2)]
    assert not links(book, 1).another
    (group,) = overview(book, index_of(marks.of_all(book))).groups
    assert set(group.cases) == {case_id(1), case_id(2)}
    asked(book, case_id(0), True)
    assert len(links(book, 1).links) == 2


def test_a_question_asked_again_does_not_take_an_answer_away() -> None:
    book = vault_of((LISTEN, [JAN]))
    asked(book, case_id(0), True)
    asked(book, case_id(0))
    assert join_state(book, case_id(0)) is JoinState.AGREED


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Mandate), st.sampled_from([None, True, False])), min_size=2, max_size=6))
def test_no_mixture_of_mandates_and_answers_shows_a_case_that_did_not_allow_it(
    cases: list[tuple[Mandate, bool | None]],
) -> None:
    book = vault_of(*((mandate, [JAN]) for mandate, _ in cases))
    for number, (_, answer) in enumerate(cases):
        if answer is not None:
            asked(book, case_id(number), answer)
    index = index_of(marks.of_all(book))
    for (own, (mine, yes)), (other, (theirs, too)) in product(enumerate(cases), repeat=2):
        shown = case_id(other) in {link.case for link in links_of(book, index, case_id(own)).links}
        apart = LISTEN in (mine, theirs) or False in (yes, too)
        assert shown is (own != other and (not apart or yes is too is True))
    seen = {case for group in overview(book, index).groups for case in group.cases}
    for number, (mine, yes) in enumerate(cases):
        assert case_id(number) not in seen or (mine is not LISTEN and yes is not False)


def test_who_narrows_the_mandate_after_agreeing_is_asked_again() -> None:
    book = vault_of((INVESTIGATE, [JAN]), (LISTEN, [JAN]))
    for number in (0, 1):
        asked(book, case_id(number), True)
    assert links(book, 1).links
    said(book, case_id(0), kind=Kind.MANDATE, mandate=LISTEN)
    assert join_state(book, case_id(0)) is JoinState.NARROWED
    assert links(book, 0).links == links(book, 1).links == ()
    asked(book, case_id(0), True)
    assert links(book, 1).links


def test_a_link_says_which_names_and_what_else_both_have() -> None:
    book = vault_of((INVESTIGATE, [mark(f"{JAN}; J. Jansen"), HALL, DAY_OF]), (ADVISE, ["Jan Jansen", HALL, DAY_OF]))
    (link,) = links(book, 0).links
    assert link.sure
    assert [(each.here, each.there, each.how.reasons) for each in link.names] == [
        (JAN, JAN, (How.SAME,)),
        ("J. Jansen", JAN, (How.INITIAL,)),
    ]
    assert (link.places, link.dates) == (("town hall",), ("2026-03-04",))
    (back,) = links(book, 1).links
    assert {(each.there, each.here) for each in back.names} == {(each.here, each.there) for each in link.names}


def test_one_place_alone_or_one_day_alone_links_nobody_but_both_together_do() -> None:
    other_day = mark("2026-03-05", MarkKind.DATE)
    book = vault_of((INVESTIGATE, [HALL, DAY_OF]), (INVESTIGATE, [HALL, other_day]), (INVESTIGATE, [HALL, DAY_OF]))
    (link,) = links(book, 0).links
    assert (link.case, link.sure, link.names) == (case_id(2), False, ())
    assert links(book, 1).links == ()


def test_four_spellings_of_one_name_find_each_other_and_a_fifth_needs_an_alias() -> None:
    spellings = ["Jan van den Berg", "J. v.d. Berg", "Jan Vandenberg", "Jan van den Bergh"]
    book = vault_of(*((INVESTIGATE, [each]) for each in [*spellings, "Johannes Bergman"]))
    assert {link.case for link in links(book, 0).links} == {case_id(n) for n in (1, 2, 3)}
    assert not any(link.sure for link in links(book, 0).links)
    marked(book, case_id(4), marks.read(MarkKind.PERSON, "Johannes Bergman; Jan van den Berg"))
    first = links(book, 0).links[0]
    assert (first.case, first.sure) == (case_id(4), True), "what a member knows is sure"


def test_the_overview_tells_each_pair_once_and_names_that_stand_alone_not_at_all() -> None:
    book = vault_of(
        (INVESTIGATE, [JAN]),
        (ADVISE, [JAN]),
        (INVESTIGATE, ["J. Jansen"]),
        (INVESTIGATE, ["Piet Bakker", "P. Bakker"]),
        (INVESTIGATE, ["Anna Smit"]),
    )
    group, *others = overview(book, index_of(marks.of_all(book))).groups
    assert others == []
    assert (group.name, set(group.cases), group.sure) == (JAN, {case_id(0), case_id(1)}, True)
    assert group.also == ()
    assert [(other.name, other.cases, other.how.reasons) for other in group.others] == [
        ("J. Jansen", (case_id(2),), (How.INITIAL,))
    ]


def test_spellings_of_one_name_stand_in_one_row_and_what_is_like_them_once() -> None:
    book = vault_of(
        (INVESTIGATE, ["Jan van den Berg"]),
        (INVESTIGATE, ["Berg, Jan van den"]),
        (INVESTIGATE, ["Berg, Jan van den"]),
        (INVESTIGATE, ["Jan van den Bergh"]),
    )
    (group,) = overview(book, index_of(marks.of_all(book))).groups
    assert (group.name, group.also) == ("Berg, Jan van den", ("Jan van den Berg",))
    assert set(group.cases) == {case_id(n) for n in range(3)}
    assert [(other.name, other.cases) for other in group.others] == [("Jan van den Bergh", (case_id(3),))]


SPELLINGS = (
    "Jan Berg",
    "J. Berg",
    "Jan v.d. Berg",
    "Jan van der Berg",
    "Jan van den Berg",
    "Jan Bergh",
    "Karin",
    "@jan8",
)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(SPELLINGS), max_size=3, unique=True), min_size=2, max_size=7))
def test_the_overview_tells_of_no_pair_more_or_less_than_the_pages_of_its_cases(about: list[list[str]]) -> None:
    book = vault_of(*((ADVISE, each) for each in about))
    index = index_of(marks.of_all(book))
    pages = {
        (frozenset({case_id(n), link.case}), any(name.how.sure for name in link.names))
        for n in range(len(about))
        for link in links_of(book, index, case_id(n)).links
    }
    told: dict[frozenset[str], bool] = {}
    for group in overview(book, index).groups:
        pairs = [(pair, group.sure) for pair in product(group.cases, repeat=2)]
        pairs += [(pair, each.how.sure) for each in group.others for pair in product(group.cases, each.cases)]
        for pair, sure in pairs:
            told[frozenset(pair)] = told.get(frozenset(pair), False) or sure
    assert {(pair, sure) for pair, sure in told.items() if len(pair) == 2} == pages


def test_marks_that_were_taken_away_link_nobody_any_more() -> None:
    jan = mark(JAN)
    book = vault_of((INVESTIGATE, [jan]), (INVESTIGATE, [JAN]))
    note(book, case_id(0), MarkChange((), (jan.id,)), days=2)
    assert links(book, 1).links == ()
    assert overview(book, index_of(marks.of_all(book))).groups == ()


def test_a_case_without_marks_is_no_error() -> None:
    told = links(vault_of((INVESTIGATE, ())), 0)
    assert (told.links, told.another, told.join, told.complete) == ((), False, JoinState.NOT_ASKED, True)
    assert overview(vault_of(), NameIndex()).groups == ()


def test_more_links_than_anybody_reads_are_counted_and_not_shown() -> None:
    book = vault_of(*((INVESTIGATE, [JAN]) for _ in range(MAX_LINKS + 8)))
    told = links(book, 0)
    assert (len(told.links), told.left_out) == (MAX_LINKS, 7)


def test_what_many_cases_have_in_one_name_is_told_once_and_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = MAX_LINKS
    book = vault_of(*((INVESTIGATE, [(JAN, "J. Jansen", "Jansen, Jan")[n % 3]]) for n in range(many)))
    compared = Mock(side_effect=given_alike)
    monkeypatch.setattr(kin, "given_alike", compared)
    index = index_of(marks.of_all(book))
    group, shorter = overview(book, index).groups
    assert (len(group.cases) + len(shorter.cases), group.also) == (many, ("Jansen, Jan",))
    assert [other.cases for other in group.others] == [shorter.cases]
    assert shorter.others == ()
    allowed = Allowed(book)
    for number in range(many):
        assert len(links_of(book, index, case_id(number), allowed).links) == many - 1
    assert compared.call_count == 3, "two names, each beside itself, and beside the other once"


def test_one_member_cannot_make_a_comparison_last_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kin, "MAX_COMPARED", 5)
    book = vault_of(*((INVESTIGATE, [f"Jan{'xyz'[n % 3]}{chr(97 + n)} Jansen"]) for n in range(20)))
    index = index_of(marks.of_all(book))
    assert not links_of(book, index, case_id(0)).complete
    assert not overview(book, index).complete
