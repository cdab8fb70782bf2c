"""The workstation's Dutch: every sentence an investigator meets, in the polite form, with the values it carries."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog

from dropbox import errors
from dropbox.workstation import speech
from scripts import catalogues
from scripts.catalogues import WORKSTATION

SAME_AS_ENGLISH = re.compile(
    r"[^a-z]*|film \(.+\)|PostScript| bytes|%\(number\)s [kMG]B|Later|%\(type\)s, %\(size\)s\..*"
    r"|Hash|Letter : |Passages|Register|plan"
)
"""Sentences that Dutch says with the very same letters, once their values are out."""
FAMILIAR = re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE)
TO_THE_REPORTER = ("/slip.py", "/together/joining.py", "/disclosure/wording.py", "/handing/asking.py")
WORKSHOP = re.compile(
    r"\b(hidden.service|whistleblower|klokkenluider|(?<!/run/)user(?! name)|gebruiker|source|client)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def template() -> Catalog:
    return catalogues.extract(WORKSTATION)


def forms(said: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [said] if isinstance(said, str) else list(said or ())


def sentences() -> dict[str, str]:
    """Return the Dutch of each sentence; of what is counted, the form for many."""
    read = catalogues.read("nl", WORKSTATION)
    return {forms(message.id)[-1]: forms(message.string)[-1] for message in read if message.id}


def test_no_language_can_be_chosen_that_has_no_words() -> None:
    assert set(speech.LANGUAGES) == {speech.ENGLISH, *catalogues.languages(WORKSTATION)}


def test_no_sentence_is_missing_unsure_left_over_or_without_its_values(template: Catalog) -> None:
    assert not list(catalogues.faults(catalogues.read("nl", WORKSTATION), template)), "run scripts/catalogues"


def test_the_catalogue_stands_as_the_tool_writes_it_and_names_nobody() -> None:
    written = catalogues.path_of("nl", WORKSTATION).read_bytes()
    assert written == catalogues.text_of(catalogues.read("nl", WORKSTATION), "nl", WORKSTATION)
    assert not re.search(rb"@|X-|Translator|Date", written.split(b"\n\n", 1)[0])


def test_no_translation_is_the_english_sentence_again() -> None:
    same = {english for english, said in sentences().items() if english == said}
    values = re.compile(r"%\((?!number|type|size)\w+\)s")
    assert not {each for each in same if not SAME_AS_ENGLISH.fullmatch(values.sub("", each))}


def test_nobody_is_spoken_to_in_the_familiar_form_or_loudly() -> None:
    """What the reporter takes along or is asked speaks as their own pages do: slip, questions, packs."""
    for message in catalogues.read("nl", WORKSTATION):
        for said in forms(message.string) if message.id else ():
            to_the_reporter = any(path.endswith(TO_THE_REPORTER) for path, _ in message.locations)
            assert to_the_reporter or not FAMILIAR.search(said), said
            assert "!" not in said, said


def test_no_sentence_quotes_as_another_language_does() -> None:
    for english, said in sentences().items():
        typed = set(re.findall(r'"[A-Z]+"', english))  # what is typed as it stands
        assert not set("“”„‚«»") & set(said), said
        assert set(re.findall(r'"[^"]*"', said)) <= typed | {
            each for each in re.findall(r'"[^"]*"', said) if "%(" in each
        }


def test_no_sentence_uses_a_word_of_the_workshop() -> None:
    for english, said in sentences().items():
        assert not WORKSHOP.search(said), (english, said)


def test_no_command_or_option_is_translated_away() -> None:
    """What is typed at the terminal has one spelling in every language."""
    typed = re.compile(r"dropbox-workstation [a-z]+|(?<!\w)--[a-z][a-z-]+|GNUPGHOME")
    for english, said in sentences().items():
        assert set(typed.findall(english)) == set(typed.findall(said)), said


def test_an_error_of_the_workstation_is_in_the_catalogue_and_one_of_the_server_alone_is_not(template: Catalog) -> None:
    known = {forms(message.id)[0] for message in template if message.id}
    for kind in (
        errors.CaseUnknown,
        errors.MandateForbids,
        errors.BundleFork,
        errors.UnsealError,
        errors.KeyUnavailable,
    ):
        assert {kind.message, kind.hint} - {""} <= known
    assert not {errors.DeskFull.message, errors.TooManyUploads.message, errors.StartRefused.message} & known


def test_every_error_that_the_catalogue_knows_is_told_in_dutch() -> None:
    known = sentences()
    for kind in vars(errors).values():
        if isinstance(kind, type) and issubclass(kind, errors.DropboxError) and kind.message in known:
            with speech.speaking("nl"):
                assert speech._(kind.message) == known[kind.message] != kind.message
