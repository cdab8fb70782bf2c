"""The first report: what arrives, what is given back to whom, and the codename that only its reporter gets."""

import re
from dataclasses import replace

import pytest

from dropbox.codename import parse
from dropbox.errors import Busy, DiskLow, KeyUnavailable, SealError, StoreBusy
from dropbox.models import Codename
from dropbox.server.intake import Intake
from tests.conftest import Members
from tests.site_room import Browser, Site, new_site, text_of
from tests.visitor import File, Page

TYPED = {"message": "Het begon <in> maart.\n\n& daarna?", "mandate": "advise", "answer-when": 'In "maart"'}


def holds_what_was_typed(page: Page, desks: tuple[str, ...] = ()) -> bool:
    form = page.form("message", "mandate")
    wanted = [*TYPED.items(), *(("desk", desk) for desk in desks)]
    return all(pair in form.fields for pair in wanted) and sum(name == "desk" for name, _ in form.fields) == len(desks)


def test_a_report_arrives_as_it_was_written(site: Site) -> None:
    browser = site.browser("nl")
    form = browser.get("/report").form("message")
    before = len(site.items())
    page = browser.submit(form, {**TYPED, "desk": "confidant", "message": "één\r\ntwee"})
    assert (page.status, page.path) == (200, "/sent?l=nl")
    assert len(site.items()) == before + 1
    opened = site.opened()
    assert opened["kind"] == "report"
    assert opened["message"] == "één\ntwee"
    assert (opened["mandate"], opened["language"], opened["desks"]) == ("advise", "nl", ["confidant"])
    assert opened["answers"] == {"when": 'In "maart"'}


def test_the_receipt_holds_seven_words_with_white_space_between(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser)
    assert parse(codename) == Codename(codename)
    page = browser.get("/sent")
    assert page.codename == codename
    assert re.search(r'<ol[^>]* id="codename"', page.text)
    assert codename in text_of(page), "a machine must read words, not one long word"


def test_files_arrive_whole_and_an_empty_one_counts(site: Site) -> None:
    files: list[File] = [
        ("a.txt", "text/plain", b"x" * 300_000),
        ("../../evil\u202e.exe", "", b"\0\r\n--"),
        ("e", "", b""),
    ]
    site.report(site.browser(), "", files=files)
    assert [name for name in site.opened()["names"] if name.startswith("attachments/")] == [
        "attachments/0001.txt",
        "attachments/0002.bin",
        "attachments/0003.bin",
    ]


def test_a_file_alone_is_a_report_and_nothing_at_all_is_not(site: Site) -> None:
    assert site.report(site.browser(), "", files=[("a.txt", "", b"")])
    before = len(site.items())
    browser = site.browser()
    page = browser.submit(browser.get("/report").form("message"), {"desk": "confidant", "message": "  \n"}, [])
    assert page.status == 400
    assert "there was neither" in page.text
    assert len(site.items()) == before


# --- given back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("desk", [[], ["closed"], ["nobody"], ["confidant", "closed"], [""], ["confidant\n"]])
def test_no_desk_or_one_that_is_not_open_gives_the_form_back_filled_in(site: Site, desk: list[str]) -> None:
    browser = site.browser()
    before = len(site.items())
    page = browser.submit(browser.get("/report").form("message"), {**TYPED, "desk": desk})
    assert page.status == 400
    assert holds_what_was_typed(page, tuple(each for each in desk if each == "confidant"))
    assert "Not sent yet" in page.text
    assert len(site.items()) == before
    assert browser.submit(page.form("message"), {"desk": "confidant"}).codename


def test_a_mandate_that_does_not_exist_gives_the_form_back(site: Site) -> None:
    browser = site.browser()
    page = browser.submit(browser.get("/report").form("message"), {**TYPED, "desk": "confidant", "mandate": "burn"})
    assert page.status == 400
    assert ("mandate", "listen") in page.form("message").fields
    assert ("message", TYPED["message"]) in page.form("message").fields


def test_without_a_visit_cookie_the_form_comes_back_filled_in_and_then_works(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    browser.forget("visit")
    page = browser.submit(form, {**TYPED, "desk": "confidant"})
    assert page.status == 400
    assert "cookie" in page.text
    assert "files must be chosen again" in page.text
    assert holds_what_was_typed(page, ("confidant",))
    assert browser.submit(page.form("message")).codename


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_changed_token_gives_the_form_back_filled_in(site: Site, token: str) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    page = browser.submit(form, {**TYPED, "desk": "confidant", "token": token})
    assert page.status == 400
    assert holds_what_was_typed(page, ("confidant",))
    assert browser.submit(page.form("message")).codename


def test_an_existing_visit_cookie_is_kept_and_a_bad_one_replaced(site: Site) -> None:
    browser = site.browser()
    browser.get("/report")
    first = browser.cookie("visit")
    browser.get("/report")
    browser.get("/return")
    assert browser.cookie("visit") == first
    browser.client.set_cookie("visit", "not ours")
    browser.get("/report")
    assert browser.cookie("visit") not in {first, "not ours"}


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (KeyUnavailable("confidant"), 503, "A key of one of your readers"),
        (SealError(), 503, "Sealing did not work"),
        (DiskLow(), 503, "no room"),
        (Busy(), 503, "Too much is going on"),
        (StoreBusy(), 503, "Storing did not work"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_fails_on_our_side_gives_the_form_back_filled_in(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, text: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Intake, "submit", fail)
    browser = site.browser()
    page = browser.submit(browser.get("/report").form("message"), {**TYPED, "desk": ["confidant", "committee"]})
    assert page.status == status
    assert text in page.text
    assert holds_what_was_typed(page, ("confidant", "committee"))
    assert browser.cookie("session") is None


def test_a_missing_key_stores_nothing_and_works_again_when_it_is_back(members: Members) -> None:
    with new_site(members) as site:
        key = site.folder / "keys" / f"{members.bram}.asc"
        data = key.read_bytes()
        key.unlink()
        browser = site.browser()
        page = browser.submit(browser.get("/report").form("message"), {**TYPED, "desk": "confidant"})
        assert page.status == 503
        assert holds_what_was_typed(page, ("confidant",))
        assert site.items() == []
        assert list((site.folder / "data" / "items").iterdir()) == []
        key.write_bytes(data)
        assert browser.submit(page.form("message")).codename


def test_too_many_files_give_the_form_back_filled_in(site: Site) -> None:
    browser = site.browser()
    before = len(site.items())
    files: list[File] = [(f"{number}.txt", "", b"x") for number in range(4)]
    page = browser.submit(browser.get("/report").form("message"), {**TYPED, "desk": "confidant"}, files)
    assert page.status == 400
    assert "more files than" in page.text
    assert holds_what_was_typed(page, ("confidant",))
    assert len(site.items()) == before


def test_a_text_that_is_too_long_comes_back_whole(site: Site) -> None:
    browser = site.browser()
    long = "ë" * 30_000
    page = browser.submit(browser.get("/report").form("message"), {"desk": "confidant", "message": long})
    assert page.status == 400
    assert "48,000" in page.text
    assert ("message", long) in page.form("message").fields


# --- sent twice ---------------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_item_and_one_codename(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    before = len(site.items())
    pages = [browser.submit(form, {**TYPED, "desk": "confidant"}) for _ in range(3)]
    assert len({page.codename for page in pages}) == 1
    assert len(site.items()) == before + 1


def test_a_restart_in_between_changes_neither_codename_nor_count(members: Members) -> None:
    with new_site(members) as site:
        browser = site.browser()
        form = browser.get("/report").form("message")
        first = browser.submit(form, {**TYPED, "desk": "confidant"}).codename
        again = site.reopen()
        other = again.browser()
        other.client.set_cookie("visit", browser.cookie("visit") or "")
        assert other.submit(form, {**TYPED, "desk": "confidant"}).codename == first
        assert len(again.items()) == 1
        again.drop.close()


def test_the_same_form_with_other_desks_is_another_case(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    first = browser.submit(form, {**TYPED, "desk": "confidant"}).codename
    assert browser.submit(form, {**TYPED, "desk": "committee"}).codename != first


def test_two_reporters_never_share_a_codename(site: Site) -> None:
    assert len({site.report(site.browser()) for _ in range(4)}) == 4


# --- the page itself ----------------------------------------------------------------------------------------------


def test_text_and_hidden_fields_stand_before_the_files(site: Site) -> None:
    for page in (site.browser().get("/report"), signed_in(site).get("/case")):
        form = re.findall(r'(?s)<form[^>]*action="/(?:report|case)\?.*?</form>', page.text)[0]
        assert form.index('name="files"') > max(found.start() for found in re.finditer(r'name="(?!files)', form))
        assert 'type="file" name="files" id="files" multiple' in form


def test_the_only_open_desk_is_chosen_already(members: Members) -> None:
    with new_site(members) as site:
        desks = tuple(replace(desk, closed=desk.id != "committee") for desk in site.drop.settings.desks)
        object.__setattr__(site.drop.settings, "desks", desks)
        assert ("desk", "committee") in site.browser().get("/report").form("message").fields
        object.__setattr__(site.drop.settings, "desks", tuple(replace(desk, closed=True) for desk in desks))
        page = site.browser().get("/report")
        assert page.forms == []
        assert "no desk is open" in page.text


def test_urlencoded_and_multipart_are_read_alike(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    fields = {name: value for name, value in form.fields if name != "message"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = browser.client.post(
        form.action, data={**fields, "desk": "confidant", "message": "a+b é%41"}, headers=headers, follow_redirects=True
    )
    assert answer.status_code == 200
    assert site.opened()["message"] == "a+b é%41"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_a_body_that_is_no_form_gets_a_page(site: Site, kind: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "nl"}
    answer = site.browser().client.post("/report", data=b'{"message": 1}', content_type=kind or None, headers=headers)
    assert answer.status_code == 400
    assert "Het formulier kwam niet heel aan" in answer.text


def signed_in(site: Site) -> Browser:
    browser = site.browser()
    site.report(browser)
    return browser
