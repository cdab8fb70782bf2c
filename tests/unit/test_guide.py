"""The guide for the offline machine has four pages, is what its sources say, and tells nothing that does not work."""

import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from scripts.guide import SOURCES, pdf_of, undated
from scripts.guide_pictures import STORIES
from scripts.kit_files import checking

FILES = Path(checking.__file__).parent
BLOCKS = re.compile(r"<(title|h[1-3]|p|li|dt|dd|pre|figcaption)\b[^>]*>(.*?)</\1>", re.DOTALL)
BY_HAND = re.compile(r"^\s*(gpg -.*|sha256sum .*|sh verify-and-start)$", re.MULTILINE)
LANGUAGES = sorted(STORIES)


def source(language: str) -> str:
    return (SOURCES / f"guide.{language}.html").read_text(encoding="utf-8")


def information(language: str) -> str:
    return subprocess.run(["pdfinfo", pdf_of(language)], capture_output=True, text=True, check=True).stdout


def bare(text: str) -> str:
    """Return a text without tags, blanks and hyphens, which printing puts elsewhere."""
    return re.sub(r"[\s\u00ad-]+", "", unescape(re.sub(r"<[^>]+>", "", text)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_is_not_longer_than_four_pages_of_a4(language: str) -> None:
    told = information(language)
    assert int(re.findall(r"Pages: +(\d+)", told)[0]) <= 4
    assert "(A4)" in told
    assert "Tagged:          yes" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_guide_is_not_older_than_its_source(language: str) -> None:
    command = ["pdftotext", "-raw", str(pdf_of(language)), "-"]
    printed = bare(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    blocks = [bare(content) for name, content in BLOCKS.findall(source(language)) if name != "title"]
    assert len(blocks) > 50
    assert not [block for block in blocks if block not in printed], "run scripts/guide"


def test_neither_language_leaves_a_step_or_a_picture_out() -> None:
    shapes = {
        language: [
            *re.findall(r"<(h[1-3]|li|dt|pre|figure|section)\b", source(language)),
            *re.findall(r"PICTURES/\w\w/([\w.]+)", source(language)),
        ]
        for language in LANGUAGES
    }
    assert shapes["nl"] == shapes["en"]


@pytest.mark.parametrize(("language", "name"), [("nl", "LEES-MIJ-EERST.txt"), ("en", "READ-ME-FIRST.txt")])
def test_the_guide_and_the_kits_own_text_do_not_tell_different_commands(language: str, name: str) -> None:
    guide = BY_HAND.findall(re.sub(r"<[^>]+>", "\n", source(language)))
    assert guide == BY_HAND.findall((FILES / name).read_text(encoding="utf-8"))
    assert len(guide) == 5


def test_no_option_of_the_starter_is_made_up() -> None:
    told = {option for each in LANGUAGES for option in re.findall(r"verify-and-start (--\w+)", source(each))}
    assert told <= set(re.findall(r"--\w+", checking.USAGE))


def test_the_moment_of_printing_is_not_told() -> None:
    assert undated(b"/CreationDate (D:20261122135606+00'00')") == b"/CreationDate (D:20200101000000+00'00')"
    for language in LANGUAGES:
        assert "2020" in re.findall(r"CreationDate: +(.*)", information(language))[0]
