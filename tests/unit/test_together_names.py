"""Names taken apart and held beside each other: no spelling hides a person, and nothing is called sure that is not."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.workstation.together.alike import HOW, How, likeness
from dropbox.workstation.together.names import PersonName, person, place_key, plain

NAMES = st.text(
    alphabet=st.one_of(
        st.sampled_from(string.ascii_letters + " .-',/()@" + "éöÇşĳÿß’“"),
        st.characters(codec="utf-8"),
    ),
    max_size=60,
)
WRITTEN = (
    "Jan Jansen",
    "J. Jansen",
    "Anna de Vries-Jansen",
    "Karin in 't Veld",
    "Mohammed El-Khatib",
    "Johannes (Jan) Bos",
)


def how(one: str, other: str) -> tuple[bool, tuple[How, ...]] | None:
    found = likeness(person(one), person(other))
    return None if found is None else (found.sure, found.reasons)


@pytest.mark.parametrize(
    "spellings",
    [
        ("Jan Jansen", "JAN JANSEN", "jan  jansen", "Jansen, Jan", "dhr. Jan Jansen", "Ján Jänsen"),
        (
            "Jan van den Berg",
            "Jan Van Den Berg",
            "Berg, Jan van den",
            "J\u0061n v.d. Berg",
            "Jan v/d Berg",
            "Jan vd Berg",
        ),
        ("Anna Dijkstra", "Anna Dykstra", "Anna D\u0133kstra", "mevrouw Anna D\u00ffkstra"),
        ("Anna de Vries-Jansen", "Anna Jansen - de Vries", "Anna de Vries geb. Jansen", "Anna Jansen e.v. de Vries"),
        ("Şükrü Çelik", "Sukru Celik", "Celik, Sukru"),
        ("Karin in 't Veld", "Karin in ’t Veld", "KARIN IN `T VELD"),
        ("Jan-Willem de Boer", "Jan Willem de Boer", "mr. dr. Jan Willem de Boer"),
        ("@jan82", "Jan82", " JAN82 "),
    ],
)
def test_no_spelling_of_one_name_is_taken_for_another_name(spellings: tuple[str, ...]) -> None:
    for one in spellings:
        for other in spellings:
            assert how(one, other) == (True, (How.SAME,)), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("J. Jansen", "Jan Jansen", How.INITIAL),
        ("J. Jansen", "J. Jansen", How.INITIAL),
        ("J.W. Jansen", "Jan Jansen", How.INITIAL),
        ("meneer Jansen", "Jan Jansen", How.NO_FIRST_NAME),
        ("Karin", "Karin", How.NO_FIRST_NAME),
        ("Jan Willem Bakker", "Jan Bakker", How.FEWER),
        ("Johannes (Jan) Bakker", "Jan Bakker", How.CALLED),
        ("Jan van den Berg", "Jan van der Berg", How.PREFIX),
        ("Jan van den Berg", "Jan Berg", How.PREFIX),
        ("Jan van den Berg", "Jan Vandenberg", How.WRITTEN_TOGETHER),
        ("Anna de Vries-Jansen", "Anna Jansen", How.DOUBLE),
        ("Jan Dijkstra", "Jan Dijksta", How.NEAR),
        ("Jan Dijkstra", "Jan Dijsktra", How.NEAR),
        ("Karel Meijer", "Karel Maier", How.SOUND),
        ("Karel Visser", "Carel Visscher", How.SOUND),
        ("Anna Hendriks", "Anna Hendrickx", How.SOUND),
        ("Khalid Amrani", "Chalid Amrani", How.SOUND),
    ],
)
def test_what_is_only_like_a_name_is_never_sure(one: str, other: str, reason: How) -> None:
    assert how(one, other) == (False, (reason,))
    assert how(other, one) == (False, (reason,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jan Bakker", "Piet Bakker"),
        ("J. Bakker", "Piet Bakker"),
        ("Jan Bos", "Jan Vos"),
        ("meneer Smit", "Karel Smid"),
        ("Jan Willem Bakker", "Jan Pieter Bakker"),
        ("@jan82", "@jan83"),
        ("Jan Jansen", "@jan82"),
        ("Karin", "Karin Bakker"),
        ("...", "..."),
        ("", ""),
        ("محمد علي", "محمد حسن"),
    ],
)
def test_two_people_are_not_made_one(one: str, other: str) -> None:
    assert how(one, other) is None
    assert how(other, one) is None


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("J.P. Jansen", PersonName(("j", "p"), (), ("jansen",))),
        ("JP Jansen", PersonName(("j", "p"), (), ("jansen",))),
        ("Th. de Boer", PersonName(("t",), ("de",), ("boer",))),
        ("Jan d'Hondt", PersonName(("jan",), ("d'",), ("hondt",))),
        ("Ben Jansen", PersonName(("ben",), (), ("jansen",))),
        ("Mohammed El-Khatib", PersonName(("mohammed",), ("el",), ("khatib",))),
        ("in 't Veld", PersonName((), ("in", "het"), ("veld",))),
        ("(Jan)", PersonName((), (), ("jan",))),
        ("محمد علي", PersonName(("محمد",), (), ("علي",))),
    ],
)
def test_no_part_of_a_name_is_taken_for_another_part(written: str, taken: PersonName) -> None:
    assert person(written) == taken


@settings(deadline=None)
@given(NAMES, NAMES)
def test_which_name_comes_first_changes_nothing(one: str, other: str) -> None:
    assert likeness(person(one), person(other)) == likeness(person(other), person(one))


@settings(deadline=None)
@given(st.sampled_from(WRITTEN), st.sampled_from(WRITTEN))
def test_which_of_two_real_names_comes_first_changes_nothing(one: str, other: str) -> None:
    assert likeness(person(one), person(other)) == likeness(person(other), person(one))


@settings(deadline=None)
@given(NAMES)
def test_no_text_breaks_a_name_and_none_is_unlike_itself(text: str) -> None:
    name = person(text)
    found = likeness(name, name)
    assert (found is None) is name.is_empty
    if found is not None and not name.handle:
        assert found.sure is (any(len(each) > 1 for each in name.given) and bool(name.surnames))


@settings(deadline=None)
@given(NAMES)
def test_case_spaces_and_accents_never_change_who_is_meant(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert person(f"  {plain(text)} ") == person(plain(text))


def test_a_place_is_found_whatever_stands_between_its_words() -> None:
    assert place_key("Kantine, gebouw B (IJmuiden)") == place_key("kantine gebouw-b ĳmuiden")
    assert place_key("Kantine") != place_key("Kantoor")
    assert place_key("--") == ""


def test_every_reason_has_its_words() -> None:
    assert set(HOW) == set(How)
