"""The workstation's words: two languages, one at a time in each thread, and English where nothing else is at hand."""

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Thread

import pytest
from markupsafe import Markup

from dropbox.errors import BundleTooLarge, CaseUnknown, KeyUnavailable, VaultBusy, VaultFolderTaken
from dropbox.workstation import speech
from dropbox.workstation.speech import N_, _, ngettext, said, speaking

DAY = date(2026, 3, 9)
TITLE = N_("There is no such case in this vault.")


@pytest.fixture
def without_catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a kit or a wheel that was built without compiled catalogues."""
    monkeypatch.setattr(speech, "TRANSLATIONS", tmp_path)
    speech._translations.cache_clear()
    yield
    speech._translations.cache_clear()


@pytest.mark.usefixtures("without_catalogues")
def test_a_catalogue_that_is_not_there_stops_nothing() -> None:
    with speaking("nl"):
        assert _("Nothing of it is lost.") == "Nothing of it is lost."
        assert ngettext("%(num)s case", "%(num)s cases", 3) == "3 cases"
        assert said(CaseUnknown()).message == CaseUnknown.message


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "nl_BE"}, "nl"),
        ({"LC_MESSAGES": "nl_NL.UTF-8", "LANG": "en_US.UTF-8"}, "nl"),
        ({"LC_ALL": "C.UTF-8", "LANG": "nl_NL.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "nl"}, "nl"),
        ({"LANG": "nlx_XX"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_no_terminal_is_spoken_to_in_a_language_that_it_did_not_ask_for(environment: dict[str, str], code: str) -> None:
    assert speech.from_environment(environment) == code


def test_a_constant_does_not_keep_the_language_that_it_was_made_in() -> None:
    @dataclass(frozen=True)
    class Row:
        title: speech.Words

    row = Row(TITLE)
    with speaking("nl"):
        dutch = str(row.title)
    assert str(row.title) == f"{row.title}" == TITLE.english != dutch
    assert f"{N_('a')!s:>3}" == f"{N_('a'):>3}" == "  a"


def test_one_request_does_not_change_another_ones_language() -> None:
    heard: list[str] = []
    with speaking("nl"):
        other = Thread(target=lambda: heard.append(speech.language()))
        other.start()
        other.join()
        assert speech.language() == "nl"
    assert (heard, speech.language()) == (["en"], "en")


def test_a_language_that_is_not_there_is_english() -> None:
    with speaking("tlh"):
        assert speech.language() == "en"


def test_no_value_of_a_sentence_becomes_html() -> None:
    told = _("Written by %(who)s in <b>%(place)s</b>", who=Markup("<bdi>Anna</bdi>"), place="<script>")
    assert isinstance(told, Markup)
    assert told == "Written by <bdi>Anna</bdi> in &lt;b&gt;&lt;script&gt;&lt;/b&gt;"
    assert not isinstance(_("Written by %(who)s", who="<i>"), Markup)
    assert N_("%(who)s & co", who="<i>").__html__() == "&lt;i&gt; &amp; co"
    assert N_("%(who)s & co", who=Markup("<i>")).__html__() == "<i> &amp; co"


def test_a_per_cent_sign_without_values_is_only_a_sign() -> None:
    assert _("100 % of it") == "100 % of it"
    assert _("") == ""


@pytest.mark.parametrize(
    ("code", "day", "short", "month", "size"),
    [
        ("en", "9 March 2026", "9 Mar 2026", "March 2026", "1.5 MB"),
        ("nl", "9 maart 2026", "9 mrt 2026", "maart 2026", "1,5 MB"),
    ],
)
def test_no_day_or_size_is_written_as_in_another_language(
    code: str, day: str, short: str, month: str, size: str
) -> None:
    with speaking(code):
        assert (speech.day_text(DAY), speech.day_text("2026-03-09")) == (day, day)
        assert (speech.short_day_text(DAY), speech.month_text(DAY)) == (short, month)
        assert speech.size_text(1_540_000) == size


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (36_700, "37 kB"), (2_500_000_000, "2.5 GB")],
)
def test_no_size_is_told_in_a_unit_that_nobody_reads(size_bytes: int, text: str) -> None:
    assert speech.size_text(size_bytes) == text


def test_an_error_that_names_something_names_it_in_both_languages() -> None:
    with speaking("nl"):
        assert said(KeyUnavailable("adviser")).message.startswith("adviser: ")
        assert "64 MiB" in said(BundleTooLarge("log.txt", 64 << 20)).message
    assert said(KeyUnavailable("adviser")) == speech.Said(str(KeyUnavailable("adviser")), KeyUnavailable.hint)


def test_nobody_at_the_desk_page_is_told_to_type_a_command() -> None:
    assert speech.said_on_a_page(CaseUnknown()) == speech.Said(CaseUnknown.message, "")
    assert speech.said_on_a_page(VaultFolderTaken()).hint == ""
    assert speech.said_on_a_page(VaultBusy()).hint == VaultBusy.hint != ""


def test_names_are_listed_as_a_language_lists_them() -> None:
    with speaking("nl"):
        assert speech.list_text(["a", "b", "c"]) == "a, b en c"
    assert speech.number_text(10000) == "10,000"


def test_the_lowest_floor_knows_no_case_and_no_page() -> None:
    tree = ast.parse(inspect.getsource(speech))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if name.startswith("dropbox")] == ["dropbox.errors"]
