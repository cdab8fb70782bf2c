"""The names of a vault, found again: nothing that comparing all with all would find is missed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.envelope.account import MarkKind
from dropbox.workstation.together import index_of
from dropbox.workstation.together.alike import likeness
from dropbox.workstation.together.names import person
from tests.marked import case_id, mark

FIRST = ["", "Jan", "J.", "Jaan", "Jan Willem", "Karel", "Carel", "Mohammed", "Mohamed", "Johannes (Jan)"]
BETWEEN = ["", "van den", "van der", "v.d.", "de", "el"]
LAST = [
    "Berg",
    "Bergh",
    "Vandenberg",
    "Meijer",
    "Maier",
    "Vries-Berg",
    "Dijkstra",
    "Dijsktra",
    "Hendriksen",
    "Handrikson",
]
NAMES = st.one_of(
    st.builds(
        lambda *parts: " ".join(part for part in parts if part),
        st.sampled_from(FIRST),
        st.sampled_from(BETWEEN),
        st.sampled_from(LAST),
    ),
    st.sampled_from(["@jan82", "jan82", "Karin", "---"]),
    st.text(alphabet="abdehijknrst -.'", max_size=14),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=30, unique=True))
def test_no_name_is_missed_that_comparing_all_with_all_would_find(written: list[str]) -> None:
    marked = {case_id(n): [mark(each)] for n, each in enumerate(written) if each.strip()}
    index = index_of(marked)
    names = set(index.names)
    assert names == {person(each) for each in written if not person(each).is_empty}
    for name in names:
        expected = {other: likeness(name, other) for other in names - {name}}
        found = {each.name: each.how for each in index.alike(name)}
        assert found == {other: how for other, how in expected.items() if how is not None}


def test_what_is_surest_comes_first_and_an_index_knows_how_each_case_writes_it() -> None:
    cases = {case_id(0): ["J. Berg", "JAN BERG"], case_id(1): ["Jan Berg"], case_id(2): ["Jan Bergh"]}
    index = index_of({case: [mark(each) for each in names] for case, names in cases.items()})
    assert index.names[person("Jan Berg")] == {case_id(0): "JAN BERG", case_id(1): "Jan Berg"}
    assert index.names_of(case_id(0)) == (person("J. Berg"), person("Jan Berg"))
    ranks = [each.how.rank for each in index.alike(person("Jan Berg"))]
    assert ranks == sorted(ranks)
    assert index.names_of(case_id(9)) == ()


def test_a_name_that_is_written_twice_in_one_case_is_one_name() -> None:
    index = index_of({case_id(0): [mark("Jan Berg; JAN BERG"), mark("jan berg", number=1)]})
    assert index.names_of(case_id(0)) == (person("Jan Berg"),)


def test_places_without_letters_and_days_alone_make_no_occasion() -> None:
    held = [mark("--", MarkKind.PLACE), mark("2026", MarkKind.DATE)]
    index = index_of({case_id(0): held, case_id(1): held})
    assert index.occasions == {}
