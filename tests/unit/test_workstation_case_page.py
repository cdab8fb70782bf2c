"""The page of a case: the thread with the mandate at each moment, files told truly, looked at safely and saved."""

import re
from pathlib import Path

import pytest

from dropbox.models import Kind, Mandate
from dropbox.workstation import sandbox
from tests import hostile_files
from tests.desk_page import DeskPage, enter, text_of
from tests.envelopes import Case, File
from tests.factories_bundles import World, write_as

PROGRAM = b"MZ\x90\x00" + bytes(400)


@pytest.fixture
def at_home(here: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    return here


def sent(here: World, *files: File, mandate: Mandate = Mandate.ADVISE, case: Case | None = None) -> Case:
    case = case or Case()
    here.drop.send(case, "With files.", files, mandate=mandate)
    here.anna.ok("import", here.drop.pickup())
    return case


def at(here: World, case: Case) -> DeskPage:
    page = enter(here.anna)
    page.get(f"/case/{case.id}")
    return page


def view_links(page: str) -> list[str]:
    return re.findall(r'href="(/case/[0-9a-f]+/view/[^"]+)"', page)


def test_the_mandate_stands_where_it_began_to_hold(at_home: World) -> None:
    here, case = at_home, Case()
    here.drop.send(case, "FIRST", mandate=Mandate.LISTEN)
    here.next_day()
    here.drop.send(case, "SECOND", mandate=Mandate.LISTEN)
    write_as(here.drop, here.bram, case, text="ANSWER")
    here.next_day()
    here.drop.send(case, "THIRD", mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    shown = text_of(at(here, case).get(f"/case/{case.id}"))
    in_order = ("The mandate now is investigate", ": listen.", "FIRST", "SECOND", "ANSWER", ": investigate.", "THIRD")
    places = [shown.index(text) for text in in_order]
    assert places == sorted(places)
    assert shown.count(": listen.") == 1


def test_a_file_is_told_by_its_content_and_warned_of(at_home: World) -> None:
    case = sent(at_home, ("report.pdf", "application/pdf", PROGRAM), ("a\u202efdp.exe", "", b"x"))
    shown = at(at_home, case).get(f"/case/{case.id}")
    told = text_of(shown)
    assert "program for Windows, 404 bytes" in told
    assert "This is a program." in told
    assert "Its name ends in .pdf, but its content is: program for Windows." in told
    assert "turn the direction" in told
    assert "\u202e" not in shown
    assert len(view_links(shown)) == 1, "of the program there is nothing to look at"


def test_a_pdf_is_shown_page_by_page_as_pictures(at_home: World) -> None:
    case = sent(at_home, ("letter.pdf", "application/pdf", hostile_files.pdf(pages=12)))
    page = at(at_home, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    shown = page.get(link)
    assert 'alt="Page 1 of 12, as a picture"' in shown
    assert f'<img src="{link}/1.png" width="1200" height="1600"' in shown
    picture = page.answer(f"{link}/1.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert picture.data.startswith(b"\x89PNG")
    assert picture.headers["Cache-Control"] == "no-store"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert 'alt="Page 12 of 12, as a picture"' in page.get(f"{link}?page=12")
    for path in (f"{link}/13.png", f"{link}/0.png", f"{link}/99999.png"):
        assert page.answer(path).status_code == 404
    for path in (f"{link}?page=x", f"{link}?page=12345", f"{link}?page=-1", link[:-1] + "2", link[:-1] + "0"):
        page.get(path, 404)


def test_turning_a_page_opens_nothing_anew(at_home: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = sent(at_home, ("letter.pdf", "application/pdf", hostile_files.pdf(pages=3)))
    page = at(at_home, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    page.get(link)
    monkeypatch.setattr(sandbox, "_which", lambda _name: None)
    assert 'alt="Page 3 of 3' in page.get(f"{link}?page=3")
    assert page.answer(f"{link}/3.png").status_code == 200


def test_a_seal_is_opened_by_its_button_and_by_nothing_else(at_home: World) -> None:
    here = at_home
    inner = hostile_files.sealed(here.anna.home, here.anna.key, b"At last, <b>the</b> name.", "--armor")
    case = sent(here, ("a.txt.pgp", "", hostile_files.sealed(here.anna.home, here.anna.key, inner)))
    page = at(here, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    for _ in range(2):
        assert "Open the seal" in page.get(link)
        assert "At last" not in page.get(link)
    assert page.answer(f"{link}/unseal").status_code == 405
    page.post(f"{link}/unseal", page=link)
    assert "Open the seal" in page.get(link), "there is another one in it"
    page.post(f"{link}/unseal", page=link)
    shown = page.get(link)
    assert "At last, &lt;b&gt;the&lt;/b&gt; name." in shown
    assert "2 seals were opened with your key" in shown


def test_an_item_of_the_drops_own_raises_an_alarm_on_the_page(at_home: World) -> None:
    here = at_home
    other = here.drop.send(Case(), "SECRET OF ANOTHER")
    case = sent(here, ("mine.pgp", "", other.data))
    page = at(here, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    for shown in (page.get(link, 400), page.post(f"{link}/unseal", 400, page=f"/case/{case.id}").text):
        assert "ALARM." in shown
        assert "SECRET" not in shown
        assert "<title>Error:" in shown


def test_a_text_is_shown_and_not_obeyed(at_home: World) -> None:
    case = sent(at_home, ("a.html", "text/html", b"<script>alert(1)</script>\x1b[2J\xe2\x80\xaex{{ 7*7 }}"))
    page = at(at_home, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    shown = page.get(link)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[2J\\u202ex{{ 7*7 }}" in shown


def test_without_the_sandbox_the_page_says_what_is_missing(at_home: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = sent(at_home, ("a.png", "image/png", hostile_files.picture()))
    page = at(at_home, case)
    (link,) = view_links(page.get(f"/case/{case.id}"))
    monkeypatch.setattr(sandbox, "_which", lambda _name: None)
    assert "bubblewrap" in page.get(link, 400)


# --- saving -------------------------------------------------------------------------------------------------------


def test_copies_go_where_the_investigator_says_and_nowhere_else(at_home: World) -> None:
    here = at_home
    case = sent(here, ("../../a.txt", "", b"one"), ("b.txt", "", b"two"))
    page, target = at(here, case), here.folder / "out"
    page.post(f"/case/{case.id}/save", page=f"/case/{case.id}", folder=str(target), which="all")
    assert "2 files were saved in" in page.get(f"/case/{case.id}")
    assert sorted(path.name for path in target.iterdir()) == ["01-01-_.._a.txt", "01-02-b.txt"]
    (target / "01-02-b.txt").write_bytes(b"mine")
    item = here.anna.ok("read", case.id)["items"][0]["item"]
    page.post(f"/case/{case.id}/save", page=f"/case/{case.id}", folder=str(target), which=f"{item}/2")
    assert (target / "01-02-b.txt").read_bytes() == b"mine"
    assert (target / "01-02-b-2.txt").read_bytes() == b"two"
    assert "3 files saved" not in text_of(page.get(f"/case/{case.id}"))
    assert "1 file saved on this machine" in text_of(page.get(f"/case/{case.id}"))


def test_a_folder_that_cannot_be_is_refused_beside_its_field(at_home: World) -> None:
    here = at_home
    case = sent(here, ("b.txt", "", b"two"))
    page, taken = at(here, case), here.text()
    for folder, told in (("", "Name the folder"), ("out", "whole name"), (str(taken), "cannot be written")):
        shown = page.post(f"/case/{case.id}/save", 400, page=f"/case/{case.id}", folder=folder, which="all").text
        assert told in shown
        assert 'aria-invalid="true"' in shown
        assert f'value="{folder}"' in shown
        assert "<title>Error:" in shown
    for which in ("", "x", "../1", "f" * 32 + "/1"):
        page.post(f"/case/{case.id}/save", 400, page=f"/case/{case.id}", folder=str(here.folder / "o"), which=which)
    assert not (here.folder / "o").exists()
    assert not Path("out").exists()


# --- printing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mandate", list(Mandate), ids=str)
def test_a_case_is_not_printed_against_its_mandate(at_home: World, mandate: Mandate) -> None:
    case = sent(at_home, ("a.txt", "", b"text"), mandate=mandate)
    page = at(at_home, case)
    path = f"/case/{case.id}"
    shut = [mandate is not Mandate.INVESTIGATE] * 2
    assert ['class="print-shut"' in page.get(each) for each in (path, *view_links(page.get(path)))] == shut
    answer = page.client.post(f"{path}/print", base_url="http://127.0.0.1:4711", data={})
    assert answer.status_code == 403, "not without a form's token"
    if mandate is Mandate.LISTEN:
        assert "Allow printing" not in page.get(path)
        assert page.post(f"{path}/print", 409, page="/").status_code == 409
    if mandate is Mandate.ADVISE:
        page.post(f"{path}/print", page=path)
        assert "Printed on this machine" in page.get(path)
        assert 'class="print-shut"' not in page.get(path)


def test_a_case_is_counted_as_read_once_it_was_shown(at_home: World) -> None:
    case = sent(at_home, ("b.txt", "", b"two"))
    assert at_home.anna.ok("cases")[0]["unread"] == 1
    at(at_home, case)
    assert at_home.anna.ok("cases")[0]["unread"] == 0


def test_a_withdrawn_case_says_so_and_its_files_are_not_copied(at_home: World) -> None:
    here = at_home
    case = sent(here, ("b.txt", "", b"two"))
    here.next_day()
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    page, target = at(here, case), here.folder / "out"
    assert "Withdrawn by the reporter on" in page.get(f"/case/{case.id}")
    answer = page.post(f"/case/{case.id}/save", 400, page="/", folder=str(target), which="all")
    assert "withdrawn this case" in answer.text
    assert not target.exists()
