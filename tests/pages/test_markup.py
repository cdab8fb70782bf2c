"""No page is anything but valid HTML, and the style sheet is valid CSS: the Nu HTML checker looks at all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.pages import nu
from tests.pages.album import Album

LANGUAGES = ("nl", "en", "ar")
"""A catalogue's texts are escaped, so that further languages change words and no markup."""
LOOKED_AT: dict[str, str] = {}
"""Beginnings of messages that are no fault here, each with the reason."""


def by_place(found: Sequence[nu.Message]) -> dict[str, list[str]]:
    """Return one line for each thing that was said, with the pages where it was said."""
    said: dict[str, list[str]] = defaultdict(list)
    for each in found:
        said[f"{each.kind}: {each.text}\n    {each.extract}"].append(each.file)
    return said


def test_no_page_and_no_style_sheet_has_an_error_or_a_warning(album: Album, tmp_path: Path) -> None:
    pages = album.pages(*LANGUAGES)
    said = nu.check(tmp_path, pages, album.styles())
    found = [each for each in said if not each.text.startswith(tuple(LOOKED_AT))]
    assert not found, "\n".join(
        f"{said}\n    in {files[:5]}, {len(files)} in all" for said, files in by_place(found).items()
    )


def test_the_checker_sees_a_fault_in_a_page_and_one_in_the_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><html lang=en><title>x</title><p id=a><p id=a>")
    files = {each.file for each in nu.check(tmp_path, (), {"look.css": b"a{colour:red}"})}
    assert files == {"page.html", "look.css"}
