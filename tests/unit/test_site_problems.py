"""What a reporter is told when something is refused: the limits of this drop, what was stored, and what to do next."""

import re
from dataclasses import replace

import pytest
from flask import render_template

from dropbox import errors
from dropbox.envelope import MAX_TEXT_BYTES
from dropbox.server.form import MAX_FIELDS_BYTES, FormLimits
from dropbox.server.intake import Intake
from dropbox.server.limits import ArrivalLimits
from dropbox.server.reporter_site import context
from dropbox.server.reporter_site.problems import GO_BACK, PROBLEMS, limit_texts, line_of, page_of
from dropbox.server.reporter_site.returning import MAX_CARRIED_BYTES
from tests.site_room import Browser, Site, text_of
from tests.visitor import File, Page

STORED = re.compile(
    r"[Nn]othing was stored|did arrive is not stored twice|is safe|We do not keep them|not here|not any more|"
    r"We do not show it"
)
NEXT = re.compile(
    r"\b(Send|Try|Press|Choose|Write|Use|Go back|Keep|start again|make a new report|open this site|"
    r"Take them out|Give that file|Copy your text|To the first page|You can tell)\b"
)


def refused(site: Site, error: Exception, language: str = "en", path: str = "/report") -> Page:
    """Ask for a page that arrival has refused, as it refuses an upload."""
    browser = site.browser(language)
    answer = browser.client.post(
        f"{path}?l={language}", environ_overrides={"dropbox.refusal": error}, data=b"x", headers={"Accept-Language": ""}
    )
    return Page(answer.status_code, path, {}, answer.data)


def request_errors() -> list[errors.RequestError]:
    kinds, found = [errors.RequestError], []
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        found.append(kind())
    return found


@pytest.mark.parametrize("error", request_errors(), ids=lambda error: error.page)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_refusal_has_a_whole_page_without_a_hole_in_it(
    site: Site, error: errors.RequestError, language: str
) -> None:
    if isinstance(error, errors.SessionEnded):
        return  # its page is the form to come back
    page = refused(site, error, language)
    assert page.status == error.status
    assert "%(" not in page.text
    assert f'<html lang="{language}"' in page.text
    assert page.text.count("<h1>") == 1


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_refusal_says_what_was_stored_and_what_to_do_next(site: Site, name: str) -> None:
    with site.app.test_request_context("/report"):
        text = text_of(Page(200, "", {}, context.problem_page(PROBLEMS[name]).data))
    body = text.split("Safety")[-1]
    assert STORED.search(body) or name in {"session_ended", "not_found", "reply_unread"}, body  # nothing was sent
    assert NEXT.search(body), body


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (errors.BodyTooLarge(), "The most is 5 MB, all files together"),
        (errors.TooManyFiles(), "The most is 3."),
        (errors.TextTooLong(), "about 48,000 letters"),
        (errors.FormTooLong(), "more than about 500,000"),
        (errors.UploadTooSlow(), "longer than 180 minutes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_limit_is_named_as_it_is_in_this_drop(site: Site, error: errors.RequestError, limit: str) -> None:
    assert limit in text_of(refused(site, error))


def test_a_changed_setting_changes_what_is_said(site: Site) -> None:
    server = replace(site.drop.settings.server, max_files=7, max_upload_mib=1500, max_upload_minutes=20)
    with site.app.test_request_context("/"):
        texts = limit_texts(server, "en")
        assert (texts["files"], texts["size"], texts["minutes"]) == ("7", "1,500 MB", "20")
        assert "7" in str(line_of(errors.TooManyFiles(), texts).text)


def test_letters_of_two_bytes_are_not_counted_as_one(site: Site) -> None:
    with site.app.test_request_context("/"):
        server = site.drop.settings.server
        assert limit_texts(server, "ar")["letters"] == "24,000"
        assert limit_texts(server, "nl")["letters"] == "48,000"
    assert MAX_TEXT_BYTES >= 48_000
    assert MAX_FIELDS_BYTES >= 500_000


def test_the_limits_of_one_room_fit_into_those_of_the_next() -> None:
    limits = ArrivalLimits(1, 1, 1, 1)
    assert FormLimits().max_fields_bytes == MAX_FIELDS_BYTES > MAX_TEXT_BYTES
    assert limits.small_body_bytes > MAX_CARRIED_BYTES + 16 * 1024, (
        "with its tokens and part heads it must still arrive"
    )


def test_a_desk_that_is_not_open_is_answered_with_those_that_are(site: Site) -> None:
    browser = site.browser()
    page = browser.submit(browser.get("/report").form("message"), {"message": "x", "desk": ["closed"]})
    assert page.status == 400
    assert "Open now: Confidential adviser and Integrity committee." in text_of(page)
    page = browser.submit(browser.get("/report?l=nl").form("message"), {"message": "x", "desk": ["nobody"]})
    assert "Vertrouwenspersoon en Commissie Integriteit" in text_of(page)


def test_too_many_files_say_how_many_are_allowed_above_the_form(site: Site) -> None:
    browser = site.browser()
    files: list[File] = [(f"{number}.txt", "", b"x") for number in range(4)]
    page = browser.submit(browser.get("/report").form("message"), {"message": "x", "desk": "confidant"}, files)
    assert page.status == 400
    assert "The most is 3." in text_of(page)
    assert ("message", "x") in page.form("message").fields


# --- long texts ---------------------------------------------------------------------------------------------------


def long_text(kib: int) -> str:
    return ("Ze zei het wéér, en <niemand> deed iets.\n" * (kib * 26))[: kib * 1000]


@pytest.mark.parametrize("kib", [60, 300, 450])
def test_a_text_that_is_much_too_long_comes_back_whole(site: Site, kib: int) -> None:
    text = long_text(kib)
    browser = site.browser()
    before = len(site.items())
    page = browser.submit(browser.get("/report").form("message"), {"message": text, "desk": "confidant"}, [])
    assert page.status == 400
    assert "about 48,000 letters" in text_of(page)
    assert ("message", text) in page.form("message").fields
    site.report(browser)
    page = browser.submit(browser.get("/case").form("message"), {"message": text}, [])
    assert page.status == 400
    assert ("message", text) in page.form("message").fields
    assert len(site.items()) == before + 1


def test_a_text_over_the_bound_of_a_form_is_refused_with_that_bound(site: Site) -> None:
    browser = site.browser()
    before = len(site.items())
    page = browser.submit(browser.get("/report").form("message"), {"message": "x" * (MAX_FIELDS_BYTES + 1)}, [])
    assert page.status == 400
    assert "500,000" in text_of(page)
    assert str(GO_BACK.english) in text_of(page)
    assert len(site.items()) == before


def test_no_two_large_pages_are_made_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bool] = []

    def note(template: str, **values: object) -> str:
        held.append(context._large_pages.locked())
        return render_template(template, **values)

    monkeypatch.setattr("dropbox.server.reporter_site.context.render_template", note)
    browser = site.browser()
    form = browser.get("/report").form("message")
    browser.submit(form, {"message": long_text(300), "desk": "confidant"}, [])
    browser.submit(form, {"message": "", "desk": "confidant"}, [])
    assert held == [False, True, False]
    assert not context._large_pages.locked()


# --- on our side --------------------------------------------------------------------------------------------------


def failing(site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception) -> tuple[Browser, Page]:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Intake, "submit", fail)
    browser = site.browser()
    return browser, browser.submit(browser.get("/report").form("message"), {"message": "kept", "desk": "confidant"})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.KeyUnavailable("confidant"), 503),
        (errors.SealError(), 503),
        (errors.DiskLow(), 503),
        (errors.StoreBusy(), 503),
        (errors.OwnCodename(), 400),
        (errors.TextTooLong(), 400),
        (errors.UploadCutOff(), 400),
        (errors.UploadTooSlow(), 408),
        (errors.BodyTooLarge(), 413),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_fails_while_it_is_sealed_gives_the_form_back_with_its_status(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: errors.DropboxError, status: int
) -> None:
    _, page = failing(site, monkeypatch, error)
    assert page.status == status
    assert ("message", "kept") in page.form("message").fields
    assert "%(" not in page.text
    assert page_of(error) in PROBLEMS
