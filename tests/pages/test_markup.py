"""No page is anything but valid HTML, and the style sheet is valid CSS: the Nu HTML checker looks at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.pages import nu
from tests.pages.room import Captured, Rooms

LOOKED_AT: dict[str, str] = {}
"""Beginnings of messages that are no fault here, each with the reason."""


def style_of(rooms: Rooms) -> bytes:
    return bytes(rooms.site("usual").app.test_client().get("/look.css").data)


def told(folder: Path, captured: Sequence[Captured], style: bytes) -> list[nu.Message]:
    return [each for each in nu.check(folder, captured, style) if not each.text.startswith(tuple(LOOKED_AT))]


def test_no_page_and_no_style_sheet_has_an_error_or_a_warning(
    rooms: Rooms, captured: Sequence[Captured], tmp_path: Path
) -> None:
    found = told(tmp_path, [each for each in captured if each.is_html], style_of(rooms))
    assert not found, "\n".join(sorted({str(each) for each in found}))


def test_the_checker_sees_a_fault_in_a_page_and_one_in_the_style_sheet(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><html lang=en><title>x</title><p id=a><p id=a>")
    files = {each.file for each in nu.check(tmp_path, (), b"a{colour:red}")}
    assert files == {"page.html", "look.css"}
