"""Sending in frames, and without them: every answer complete either way, nothing stored twice or lost by it."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from dropbox.errors import DiskLow, StoreError, UploadTooSlow
from dropbox.server.intake import Intake
from dropbox.server.limits import MIB
from dropbox.server.progress import Progress, Stage, Standing
from dropbox.server.reporter_site import frames
from tests import arrivals
from tests.arrivals import eventually
from tests.site_room import Browser, Site, text_of
from tests.visitor import File, Form, Page, Visitor

FILE: Sequence[File] = (("a.txt", "text/plain", b"a file"),)
SOMETHING: Mapping[str, str] = {"desk": "confidant", "message": "Something happened.", "mandate": "advise"}
CALM, BUSY = "4", "1"


def framed(page: Page, *names: str) -> Form:
    """Return a form as its button sends it: to where the button says, not to where the form does."""
    form = page.form(*names)
    action = re.search(rf'formaction="({re.escape(html.escape(form.action))}[^"]*)" formtarget="answer"', page.text)
    assert action, "the form's button sends into no frame"
    return replace(form, action=html.unescape(action[1]).partition("#")[0])


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.fixture
def signed_in(site: Site, browser: Browser) -> Browser:
    site.report(browser)
    return browser


def is_for_a_frame(page: Page) -> bool:
    return (
        "frame-ancestors 'self'" in page.headers["content-security-policy"]
        and page.headers["x-frame-options"] == "SAMEORIGIN"
        and '<base target="_top">' in page.text
        and "<header>" not in page.text
        and "<footer>" not in page.text
        and "<iframe" not in page.text
    )


# --- the page with the frames -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "waiting"), [("/report", "report"), ("/case", "case")])
def test_the_button_sends_into_a_frame_that_stands_on_the_page(signed_in: Browser, path: str, waiting: str) -> None:
    page = signed_in.get(f"{path}?l=en")
    form = page.form("message", "mandate")
    assert form.action == f"{path}?l=en", "without its button the form asks for a whole page"
    assert framed(page, "message", "mandate").action == f"{path}?l=en&frame=1"
    sources = re.findall(r'<iframe[^>]* src="([^"]+)"', page.text)
    assert sources == [f"/progress?l=en&amp;for={waiting}", f"/waiting?l=en&amp;for={waiting}"]
    assert page.text.count('name="answer"') == 1
    assert all("title=" in tag for tag in re.findall(r"<iframe[^>]*>", page.text))
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert re.search(r"Keep this page open until you see [^<]+\.", page.text)


@pytest.mark.parametrize("path", ["/waiting", "/waiting?for=case", "/progress", "/progress?l=nl"])
def test_what_stands_in_the_frames_from_the_start_asks_for_nothing(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status == 200
    assert is_for_a_frame(page)
    assert browser.cookie("visit") is None
    assert "set-cookie" not in page.headers
    assert page.headers["cache-control"] == "no-store"
    assert "http-equiv" not in page.text


def test_the_waiting_frame_tells_what_will_come(browser: Browser) -> None:
    assert "Your seven words will appear here" in browser.get("/waiting").text
    assert "pen and paper" in browser.get("/waiting?for=report").text
    assert "seven words" not in browser.get("/waiting?for=case").text


def test_a_frames_style_is_small_because_it_comes_with_every_move_of_the_progress(browser: Browser) -> None:
    page = browser.get("/progress")
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', page.text) == ["/frame.css"]
    style = browser.get("/frame.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert len(page.body) + len(style.body) < 3000


def test_only_addresses_for_a_frame_may_be_framed(signed_in: Browser) -> None:
    for path in ("/", "/return", "/safety", "/keys", "/about", "/look.css", "/nowhere", "/case/delete", "/leave"):
        for query in ("frame=1", "frame=1&frame=1", "l=en&frame=1"):
            page = signed_in.get(f"{path}?{query}")
            assert page.headers["x-frame-options"] == "DENY", path
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"], path
    for path in ("/report", "/report?frame=0", "/report?frame=", "/return"):
        assert signed_in.get(path).headers["x-frame-options"] == "DENY"
    for path in ("/report?frame=1", "/", "/return", "/progress", "/waiting"):
        assert "frame-src" not in signed_in.get(path).headers["content-security-policy"]


# --- sent ---------------------------------------------------------------------------------------------------------


def test_a_report_sent_into_the_frame_ends_on_its_receipt_there(site: Site, browser: Browser) -> None:
    page = browser.submit(framed(browser.get("/report?l=en"), "message"), SOMETHING, FILE)
    assert browser.trail[-2].headers["Location"] == "/sent?l=en&frame=1"
    assert page.status == 200
    assert is_for_a_frame(page)
    assert len(page.codename.split()) == 7
    assert browser.get("/sent").codename == page.codename
    assert re.findall(r'<a class="go" href="([^"]+)">', page.text) == ["/sent?l=en"]
    assert "frame=" not in page.text


def test_a_reload_of_the_frame_and_a_second_press_store_nothing_twice(site: Site, browser: Browser) -> None:
    form = framed(browser.get("/report"), "message")
    first = browser.submit(form, SOMETHING, FILE).codename
    items = len(site.items())
    assert browser.get("/sent?l=en&frame=1").codename == first
    assert browser.submit(form, SOMETHING, FILE).codename == first
    whole = browser.submit(replace(form, action="/report?l=en"), SOMETHING, FILE)
    assert whole.codename == first, "with frames and without them it is one and the same report"
    assert len(site.items()) == items


def test_a_follow_up_sent_into_the_frame_says_so_and_leads_to_the_case(site: Site, signed_in: Browser) -> None:
    items = len(site.items())
    page = signed_in.submit(framed(signed_in.get("/case?l=en"), "message", "mandate"), {"message": "More."}, FILE)
    assert signed_in.trail[-2].headers["Location"] == "/case?l=en&frame=1"
    assert is_for_a_frame(page)
    assert "Sent. Your readers get it" in page.text
    assert re.findall(r'<a [^>]*href="([^"]+)"', page.text) == ["/case?l=en"]
    assert len(site.items()) == items + 1


def test_a_frame_does_not_open_replies(site: Site, signed_in: Browser) -> None:
    site.reply(signed_in.get("/sent").codename, "For the whole page only.")
    with mock.patch.object(site.drop.opener, "open", side_effect=AssertionError):
        assert signed_in.get("/case?frame=1").status == 200


# --- not sent -----------------------------------------------------------------------------------------------------


def test_an_error_in_the_frame_names_it_and_holds_the_whole_form_again(site: Site, browser: Browser) -> None:
    items = len(site.items())
    form = framed(browser.get("/report"), "message")
    answers = {"answer-when": "On Monday.", "message": "Long told.", "mandate": "investigate"}
    page = browser.submit(form, answers, FILE)
    assert page.status == 400
    assert is_for_a_frame(page)
    assert "<li>Choose who may read this.</li>" in page.text
    assert "your files are still chosen there" in page.text
    assert 'href="#' not in page.text, "with a base target such a link would leave the page above"
    assert "<details>" in page.text
    again = page.form("message", "mandate")
    assert again.action == "/report?l=en"
    assert {("message", "Long told."), ("mandate", "investigate"), ("answer-when", "On Monday.")} <= set(again.fields)
    assert len(site.items()) == items
    assert len(browser.submit(again, {"desk": "confidant"}).codename.split()) == 7


def test_the_form_above_can_be_corrected_and_is_still_one_report(site: Site, browser: Browser) -> None:
    form = framed(browser.get("/report"), "message")
    items = len(site.items())
    failing = browser.submit(form, {"message": "x"})
    assert failing.status == 400
    codename = browser.submit(form, SOMETHING).codename
    assert browser.submit(failing.form("message"), SOMETHING).codename == codename
    assert len(site.items()) == items + 1


def test_an_expired_form_is_given_again_open_in_the_frame(site: Site, browser: Browser) -> None:
    form = framed(browser.get("/report"), "message")
    page = browser.submit(form, {**SOMETHING, "token": "x.y.z"})
    assert page.status == 400
    assert is_for_a_frame(page)
    assert "<details open>" in page.text
    assert "Use the one here" in page.text
    assert "files are still chosen" not in page.text
    assert len(browser.submit(page.form("message")).codename.split()) == 7


@pytest.mark.parametrize("error", [StoreError, DiskLow])
def test_a_failure_of_the_server_gives_the_form_back_in_the_frame(
    site: Site, signed_in: Browser, error: type[Exception]
) -> None:
    form = framed(signed_in.get("/case"), "message", "mandate")
    with mock.patch.object(Intake, "submit", side_effect=error):
        page = signed_in.submit(form, {"message": "Kept."})
    assert page.status == 503
    assert is_for_a_frame(page)
    assert ("message", "Kept.") in page.form("message", "mandate").fields
    assert "your files are still chosen there" in page.text


def test_a_session_that_ended_is_told_in_the_frame_with_what_was_typed(site: Site, signed_in: Browser) -> None:
    codename = signed_in.get("/sent").codename
    form = framed(signed_in.get("/case"), "message", "mandate")
    signed_in.forget("session")
    page = signed_in.submit(form, {"message": "Typed for half an hour."})
    assert page.status == 401
    assert is_for_a_frame(page)
    assert "Typed for half an hour." in page.text
    back = signed_in.submit(page.form("codename"), {"codename": codename})
    assert not is_for_a_frame(back)
    assert "Typed for half an hour." in back.text


@pytest.mark.parametrize("refusal", [DiskLow(), UploadTooSlow()])
def test_a_refusal_on_arrival_is_a_page_for_the_frame(site: Site, refusal: Exception) -> None:
    client = site.app.test_client()
    answer: Any = client.post("/report?l=en&frame=1", environ_overrides={"dropbox.refusal": refusal})
    page = Page(answer.status_code, "/report", {key.lower(): value for key, value in answer.headers}, answer.data)
    assert is_for_a_frame(page)
    assert "Your form is still there" in page.text
    assert "Go back with your browser" not in page.text
    assert "To the first page" not in page.text


# --- how far it is ------------------------------------------------------------------------------------------------


def test_without_a_registry_nothing_is_being_sent(browser: Browser) -> None:
    browser.get("/report")
    page = browser.get("/progress")
    assert page.headers["refresh"] == CALM
    assert 'role="status"' in page.text
    assert "Nothing is being sent" in page.text
    assert "<progress" not in page.text


@pytest.fixture
def shown(browser: Browser) -> Any:
    """Return what the progress says of a standing, and how often it asks again."""
    browser.get("/report")

    def show(standing: Standing, language: str = "en", waits_for: str = "report") -> tuple[str, Page]:
        with mock.patch.object(Progress, "of", return_value=standing):
            overrides = {"dropbox.progress": Progress()}
            answer: Any = browser.client.get(f"/progress?l={language}&for={waits_for}", environ_overrides=overrides)
        head = {key.lower(): value for key, value in answer.headers}
        page = Page(answer.status_code, "/progress", head, answer.data)
        return text_of(page), page

    return show


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "(17%)."),
        (20, "Less than a minute left."),
        (61, "About 1 minute left."),
        (130, "About 2 minutes left."),
        (3 * 3600, "About 3 hours left."),
    ],
)
def test_what_has_arrived_is_told_with_the_time_that_is_left(shown: Any, seconds: float | None, said: str) -> None:
    text, page = shown(Standing(Stage.ARRIVING, 3_400_000, 20_000_000, seconds))
    assert text.startswith("3.4 MB of 20 MB (17%).")
    assert text.endswith(said)
    assert 'max="1000" value="170"' in page.text
    assert page.headers["refresh"] == BUSY


@pytest.mark.parametrize(("language", "said"), [("nl", "3,4 MB"), ("en", "3.4 MB")])
def test_numbers_are_written_as_the_reader_writes_them(shown: Any, language: str, said: str) -> None:
    assert said in shown(Standing(Stage.ARRIVING, 3_400_000, 20_000_000), language)[0]


def test_a_stall_is_told_instead_of_a_time(shown: Any) -> None:
    text, _ = shown(Standing(Stage.ARRIVING, 1, 20_000_000, None, stalled=True))
    assert "it goes on by itself" in text


def test_the_stages_after_arriving_are_told_apart(shown: Any) -> None:
    text, page = shown(Standing(Stage.SEALING, 100, 100))
    assert "It is being sealed now" in text
    assert "value=" not in page.text
    assert page.headers["refresh"] == BUSY
    text, page = shown(Standing(Stage.DONE, 100, 100))
    assert "Scroll down: your seven words are below." in text
    assert page.headers["refresh"] == CALM
    assert "seven words" not in shown(Standing(Stage.DONE, 100, 100), "en", "case")[0]
    text, page = shown(Standing(Stage.STOPPED, 5, 100, reasons=["Choose who may read this."]))
    assert text.startswith("Not sent. Choose who may read this.")
    assert page.headers["refresh"] == BUSY
    assert "broke off" in shown(Standing(Stage.STOPPED, 5, 100))[0]


@pytest.fixture
def served(site: Site, tmp_path: Any) -> Iterator[arrivals.Site]:
    """The site behind a real arrival room."""
    with arrivals.running(site.app, tmp_path, max_upload_bytes=5 * MIB) as running:
        yield running


def head_of(visitor: Visitor, form: Form, length: int, boundary: str = "b") -> bytes:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    return (
        f"POST {form.action} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nCookie: {cookies}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    ).encode()


def start_of(fields: Sequence[tuple[str, str]], boundary: str = "b") -> bytes:
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n'
    return ("".join(parts) + head).encode()


def test_whoever_sends_sees_it_arrive_and_nobody_else_does(served: arrivals.Site) -> None:
    sender, other = Visitor(*served.address), Visitor(*served.address)
    other.get("/report")
    page = sender.get("/report")
    with served.connect() as line:
        line.send(head_of(sender, framed(page, "message"), 1_000_000) + bytes(250_000))
        assert eventually(lambda: "250 kB of 1 MB (25%)." in text_of(sender.get("/progress")))
        assert sender.get("/progress").headers["refresh"] == BUSY
        for stranger in (other, Visitor(*served.address)):
            assert "Nothing is being sent" in stranger.get("/progress").text


def test_a_form_that_must_be_corrected_is_told_of_before_its_files_have_come(served: arrivals.Site) -> None:
    """A browser shows the answer only when it has sent everything, which may take an hour."""
    sender = Visitor(*served.address)
    form = framed(sender.get("/report?l=en"), "message")
    start = start_of([("token", form.hidden["token"]), ("mandate", "listen"), ("message", "x")])
    with served.connect() as line:
        line.send(head_of(sender, form, 1_000_000) + start + bytes(100_000))
        assert eventually(lambda: "Not sent. Choose who may read this." in text_of(sender.get("/progress")))


def test_an_upload_that_is_too_large_is_told_of_at_once(served: arrivals.Site) -> None:
    sender = Visitor(*served.address)
    form = framed(sender.get("/report?l=en"), "message")
    with served.connect() as line:
        line.send(head_of(sender, form, 50_000_000) + bytes(1000))
        assert eventually(lambda: "Not sent. This is larger" in text_of(sender.get("/progress")))
        assert line.answer().status == 413


def test_after_a_report_the_progress_says_that_it_is_sealed(served: arrivals.Site) -> None:
    sender = Visitor(*served.address)
    page = sender.submit(framed(sender.get("/report"), "message"), SOMETHING, FILE)
    assert len(page.codename.split()) == 7
    assert "is sealed" in text_of(sender.get("/progress"))


def test_every_stage_has_its_own_words(site: Site) -> None:
    with site.app.test_request_context("/progress?l=en"):
        told = {str(frames._lines(Standing(stage, 50, 100))) for stage in Stage}
    assert len(told) == len(Stage)
