"""Pointing: what could tell who somebody is does not slip by, and plain sentences are left in peace."""

from itertools import pairwise

import pytest

from dropbox.workstation.naming import name_words
from dropbox.workstation.pointing import LABELS, PointKind, points_in
from dropbox.workstation.speech import speaking
from tests.pointed import DUTCH, ENGLISH, sentences

MISSED = {("phone", "07911 123456")}
"""Known: without its country's code, a number is taken for a Dutch one."""


def found(text: str, **more: list[str]) -> list[tuple[str, str]]:
    return [(point.kind.value, point.text) for point in points_in(text, **more)]


def meets(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Of the same kind, and one within the other: a title or a neighbour more is no miss."""
    return one[0] == other[0] and (one[1] in other[1] or other[1] in one[1])


@pytest.mark.parametrize(("corpus", "least"), [(DUTCH, 70), (ENGLISH, 40)], ids=["nl", "en"])
def test_nothing_slips_by_but_what_is_known_to(corpus: str, least: int) -> None:
    listed = sentences(corpus)
    assert len(listed) >= least
    missed = {
        wanted
        for text, all_wanted in listed
        for wanted in all_wanted
        if not any(meets(wanted, each) for each in found(text))
    }
    assert missed <= MISSED


@pytest.mark.parametrize("corpus", [DUTCH, ENGLISH], ids=["nl", "en"])
def test_plain_words_are_not_pointed_at(corpus: str) -> None:
    wrong = [
        (text, each)
        for text, wanted in sentences(corpus)
        for each in found(text)
        if not any(meets(each, one) for one in wanted)
    ]
    assert wrong == []


@pytest.mark.parametrize("corpus", [DUTCH, ENGLISH], ids=["nl", "en"])
def test_a_points_place_is_never_off(corpus: str) -> None:
    text = " ".join(sentence for sentence, _ in sentences(corpus))
    points = points_in(text)
    assert all(text[point.start : point.end] == point.text for point in points)
    assert all(one.end <= other.start for one, other in pairwise(points))


@pytest.mark.parametrize("text", ["karin was erbij", "We spraken KARIN niet, Karin wel.", "Zei karin dat?"])
def test_a_name_from_the_case_is_found_without_its_capital(text: str) -> None:
    (point, *_) = points_in(text, case_texts=["Gisteren heeft Karin Bos mij bedreigd."])
    assert point.text.casefold() == "karin"
    assert str(point.why) == "This name also stands in the case."


def test_a_reporter_cannot_have_every_word_marked() -> None:
    case = "Vandaag Sprak Iedereen Met De Melder Over Het Antwoord Van De Commissie. sprak iedereen met de melder"
    assert found("Wij spraken vandaag met iedereen over het antwoord.", case_texts=[case]) == []
    assert "iedereen" not in name_words([case])


def test_the_organisation_and_its_desks_are_not_pointed_at() -> None:
    text = "Dit is een bericht van Roos van Meldloket Oosterwolde, van Partij Zonneveld."
    assert found(text) == [("name", "Roos van Meldloket Oosterwolde"), ("name", "Zonneveld")]
    assert found(text, quiet=["Meldloket Oosterwolde", "partij zonneveld"]) == [("name", "Roos")]


def test_what_only_looks_like_a_number_of_somebody_is_left_alone() -> None:
    for text in (
        "Zaak 2024-001234, nr. 123456789, op 12-03-2024 om 14.30 uur, € 1.234,56, art. 7:658 BW.",
        "COVID-19, ISO-9001, A12, 3x5, pagina 12-34, 48 KiB, 100%",
        "NL00ABNA0417164300 is geen rekening.",
        "In 2024 EU-breed: richtlijn 2019/1937.",
    ):
        assert found(text) == [], text


def test_open_places_of_a_letter_are_pointed_at() -> None:
    assert found("Wat we deden: [wat er is gedaan]. Op {answer_by}.") == [
        ("blank", "[wat er is gedaan]"),
        ("blank", "{answer_by}"),
    ]


def test_a_german_text_is_not_full_of_names() -> None:
    text = "Sie haben Recht, die Meldung wurde nicht an den Vorstand und nicht an die Stadt weitergegeben. Herr wartet."
    assert found(text) == []
    assert found(f"{text} Das hat Thomas gesagt.") == [("name", "Thomas")]


@pytest.mark.parametrize(
    "piece", ["a", "1 ", "06-1", "A. ", "van ", "[ ", "a@a.", "www.", "Karin ", "Van Jan ", "12-", "de heer "]
)
def test_a_hostile_text_does_not_hold_the_page_up(piece: str) -> None:
    """Linear work: what takes a second or two here took forty before; a noisy machine is no reason to fail."""
    text = piece * (24_000 // len(piece))
    points_in(text, case_texts=[text])


def test_every_kind_has_a_label_in_both_languages_and_no_text_in_its_repr() -> None:
    assert set(LABELS) == set(PointKind)
    (point,) = points_in("Bel 06-12345678.")
    assert "12345678" not in repr(point)
    with speaking("nl"):
        assert str(point.label)
