"""The catalogues: every sentence of the pages in every language, none half done, each with the values it must carry."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from dropbox import settings
from dropbox.server.bare_site import _SOURCE_LANGUAGE
from dropbox.server.reporter_site import speech
from dropbox.server.store import GRACE_DAYS
from scripts import catalogues

LANGUAGES = catalogues.languages()
RIGHT_TO_LEFT = tuple(code for code in LANGUAGES if speech.direction(code) == "rtl")
SAME_AS_ENGLISH = {
    "nl": {"%(number)s kB", "%(number)s MB"},
    "de": {"%(number)s MB"},
    "fr": {"note"},
    "ar": set[str](),
}
"""Sentences that a language says with the very same letters."""
QUOTES = {"nl": "‘’", "de": "„“", "fr": "«»", "ar": "«»"}
TO_THOSE_WHO_CARRY = "import_lines.py"
"""What became of a bundle is read by operators and investigators."""
WORDS_OF_THE_CODE = re.compile(r"\b(codename|hidden.service|whistleblower|source|client|user)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def template() -> Catalog:
    return catalogues.extract()


def forms(said: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [said] if isinstance(said, str) else list(said or ())


def sentences(code: str) -> dict[str, str]:
    """Return a language's sentences by their English; of what is counted, the form for many."""
    return {forms(message.id)[-1]: forms(message.string)[-1] for message in catalogues.read(code) if message.id}


def test_no_language_can_be_configured_that_has_no_words_and_none_has_words_for_nothing() -> None:
    assert sorted(settings.LANGUAGES) == sorted({*LANGUAGES, _SOURCE_LANGUAGE})


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_is_missing_unsure_left_over_or_without_its_values(code: str, template: Catalog) -> None:
    assert not list(catalogues.faults(catalogues.read(code), template)), "run scripts/catalogues"


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_catalogue_names_who_worked_on_it_where_or_when(code: str) -> None:
    head = catalogues.path_of(code).read_text(encoding="utf-8").split("\n\n", 1)[0]
    assert head == catalogues.text_of(Catalog(locale=code), code).decode().split("\n\n", 1)[0], "run scripts/catalogues"
    assert not re.search(r"\d{4}|@|X-|Translator|Date", head)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_translation_is_the_english_sentence_again(code: str) -> None:
    same = {english for english, said in sentences(code).items() if english == said and re.search("[a-z]{2}", english)}
    assert same <= SAME_AS_ENGLISH[code]


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_language_quotes_or_breathes_as_another_one_does(code: str) -> None:
    others = set('"“”‘„‚«»‹›') - set(QUOTES[code])
    for english, said in sentences(code).items():
        assert not others & set(said), said
        assert "!" not in said, said
        if "“" in english:
            assert QUOTES[code][0] in said, said
        if code == "fr":
            assert not re.search(r"[^\u00a0\u202f/][?;:»](?!//)|«[^\u00a0\u202f]", said.replace("%(", "")), said


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_language_is_written_in_the_letters_of_another(code: str) -> None:
    for message in catalogues.read(code):
        for said in forms(message.string) if message.id else ():
            assert bool(re.search("[\u0600-\u06ff]", said)) is (code in RIGHT_TO_LEFT), said


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_sentence_to_a_reporter_uses_a_word_of_the_workshop(code: str) -> None:
    carried = {
        forms(message.id)[-1]
        for message in catalogues.read(code)
        if message.locations and all(path.endswith(TO_THOSE_WHO_CARRY) for path, _ in message.locations)
    }
    for english, said in sentences(code).items():
        if english in carried:
            continue
        assert not WORDS_OF_THE_CODE.search(english), english
        assert not re.search(r"hidden.service|whistleblower|codename", said, re.IGNORECASE), said


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_page_promises_another_grace_than_the_store_gives(code: str) -> None:
    named = {english: said for english, said in sentences(code).items() if re.search(r"\b\d+ days", english)}
    for english, said in named.items():
        assert set(re.findall(r"\d+", said)) == set(re.findall(r"\d+", english)), said
        assert str(GRACE_DAYS) in said, said


@pytest.mark.parametrize("code", RIGHT_TO_LEFT)
def test_no_sentence_of_a_right_to_left_language_is_turned_by_hand(code: str) -> None:
    for said in sentences(code).values():
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said), "the pages turn what needs turning"


# --- the tool -----------------------------------------------------------------------------------------------------


def catalogue(english: str, said: str, *, fuzzy: bool = False) -> Catalog:
    made = Catalog(locale="nl")
    made.add(english, said, flags=["fuzzy"] if fuzzy else ())
    return made


def fault(english: str, said: str, *, fuzzy: bool = False) -> str:
    """Return what the tool says of one sentence in an otherwise finished catalogue."""
    return " ".join(catalogues.faults(catalogue(english, said, fuzzy=fuzzy), catalogue(english, "")))


def test_a_sentence_that_is_done_passes() -> None:
    assert fault("%(n)s files", "Dit zijn %(n)s bestanden") == ""


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("", "not translated"),
        ("%(number)s bestanden", "other values"),
        ("bestanden", "other values"),
        ("%(n)s bestanden, 5 %", "in words"),
        ("%(n) bestanden", "other values"),
        (" %(n)s bestanden", "white space"),
    ],
)
def test_a_sentence_that_would_break_a_page_is_named(said: str, complaint: str) -> None:
    assert complaint in fault("%(n)s files", said)


def test_a_number_may_be_written_out_only_where_it_is_the_only_one() -> None:
    template = Catalog(locale="nl")
    template.add(("%(n)s minute", "%(n)s minutes"))
    for said, passes in ((("een minuut", "%(n)s minuten"), True), (("%(n)s minuut", "minuten"), False)):
        made = Catalog(locale="nl")
        made.add(("%(n)s minute", "%(n)s minutes"), said)
        assert (not list(catalogues.faults(made, template))) is passes


def test_a_guessed_translation_does_not_pass_as_finished() -> None:
    assert "fuzzy" in fault("Files", "Bestanden", fuzzy=True)


def test_what_is_missing_and_what_is_left_over_is_named() -> None:
    found = list(catalogues.faults(catalogue("Old", "Oud"), catalogue("New", "")))
    assert found == ["not in the catalogue: New", "on no page any more: Old"]


def test_a_reworded_sentence_keeps_its_old_translation_for_the_translator_only() -> None:
    made = catalogue("Write down your seven words.", "Schrijf je zeven woorden op.")
    catalogues.update(made, catalogue("Write down all your seven words.", ""))
    (message,) = [message for message in made if message.id]
    assert (message.string, message.fuzzy) == ("Schrijf je zeven woorden op.", True)
    assert not made.obsolete


def test_two_languages_never_share_a_new_sentence() -> None:
    template, first, second = catalogue("New", ""), Catalog(locale="nl"), Catalog(locale="de")
    for made in (first, second):
        catalogues.update(made, template)
    (message,) = [message for message in first if message.id]
    message.string = "Nieuw"
    assert [message.string for message in second if message.id] == [""]
    assert [message.string for message in template if message.id] == [""]


def test_a_check_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nl" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(catalogues.text_of(catalogue("Gone", "Weg"), "nl"))
    before = path.read_bytes()
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    assert catalogues.main(["--check"]) == 1
    assert "on no page any more: Gone" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert not path.with_suffix(".mo").exists()


def test_a_new_language_begins_with_every_sentence_and_no_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    assert catalogues.main(["--new", "es"]) == 0
    begun = catalogues.read("es")
    assert {message.id for message in begun if message.id} == {
        message.id for message in catalogues.extract() if message.id
    }
    assert not any(any(forms(message.string)) for message in begun if message.id)


def test_what_is_no_language_begins_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    with pytest.raises(SystemExit):
        catalogues.main(["--new", "../x"])
    assert not list(tmp_path.iterdir())
