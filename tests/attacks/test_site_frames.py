"""Frames and progress as somebody hostile sees them: nothing of another's upload, no framing, no growth."""

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from dropbox.server import progress
from dropbox.server.progress import Progress
from dropbox.server.tokens import Visit
from tests import arrivals
from tests.arrivals import EchoApp, eventually, post
from tests.site_room import Site, text_of
from tests.visitor import Visitor, multipart

IDLE_SECONDS = 30 * 60


@pytest.fixture
def served(site: Site, tmp_path: Path) -> Iterator[arrivals.Site]:
    with arrivals.running(site.app, tmp_path) as running:
        yield running


def cookie(value: str) -> str:
    return f"Cookie: visit={value}\r\n"


@pytest.mark.parametrize("guess", ["", "x", "A" * 43, "A" * 42, '"', "visit"])
def test_whoever_has_not_the_visits_cookie_learns_nothing_of_an_upload(served: arrivals.Site, guess: str) -> None:
    visitor = Visitor(*served.address)
    visitor.get("/report")
    with served.connect() as line:
        line.send(post(b"x" * 1000, length=900_000, headers=cookie(visitor.cookies["visit"])))
        assert eventually(lambda: "1 kB of 900 kB" in text_of(visitor.get("/progress")))
        stranger = Visitor(*served.address)
        stranger.cookies["visit"] = guess
        assert "Nothing is being sent" in text_of(stranger.get("/progress"))
        stranger.cookies = {"session": visitor.cookies["visit"], "Visit": visitor.cookies["visit"]}
        assert "Nothing is being sent" in text_of(stranger.get(f"/progress?visit={visitor.cookies['visit']}"))


def test_a_visits_cookie_spelled_otherwise_is_not_the_same_visit_twice(served: arrivals.Site) -> None:
    """The arrival room and the pages must take the same one of two cookies, or one could be shown for the other."""
    mine, other = Visit.new(), Visit.new()
    with served.connect() as line:
        line.send(post(b"x", length=900_000, headers=f"Cookie: visit={mine.cookie}; visit={other.cookie}\r\n"))
        assert eventually(lambda: len(served.server.progress) == 1)
        visitor = Visitor(*served.address)
        visitor.cookies["visit"] = mine.cookie
        assert "of 900 kB" in text_of(visitor.get("/progress"))
        visitor.cookies["visit"] = other.cookie
        assert "Nothing is being sent" in text_of(visitor.get("/progress"))


def test_made_up_visits_do_not_grow_the_registry_without_bound(tmp_path: Path) -> None:
    with arrivals.running(EchoApp(), tmp_path) as site:
        site.server.progress = Progress(most=20)
        with site.connect() as line:
            for _ in range(200):
                made_up = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
                line.send(post(b"x", headers=cookie(made_up)))
                assert line.answer().status == 200
        assert len(site.server.progress) == 20


def test_the_registry_is_emptied_though_nobody_asks_any_more(tmp_path: Path) -> None:
    with mock.patch.object(progress, "KEEP_SECONDS", 0.1), arrivals.running(EchoApp(), tmp_path) as site:
        site.request(post(b"x", headers=cookie(Visit.new().cookie)))
        assert len(site.server.progress) == 1
        assert eventually(lambda: len(site.server.progress) == 0)


def test_a_cookie_that_is_none_does_not_end_the_thread_that_reads_the_sockets(tmp_path: Path) -> None:
    with arrivals.running(EchoApp(), tmp_path) as site:
        for head in (b"Cookie: visit=\xff\xfe\r\n", b'Cookie: visit="\\377\\400\r\n', b"Cookie: ;;;=;visit\r\n"):
            request = post(b"x").replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n", 1)
            assert site.request(request).status == 200
        assert len(site.server.progress) == 0


def test_asking_for_the_progress_does_not_keep_a_session_alive(site: Site) -> None:
    browser = site.browser()
    site.report(browser)
    sessions = site.drop.sessions
    now = sessions._split._clock()
    with mock.patch.object(sessions._split, "_clock", return_value=now + IDLE_SECONDS - 1):
        for path in ("/progress", "/waiting", "/frame.css"):
            assert browser.get(path).status == 200
    with mock.patch.object(sessions._split, "_clock", return_value=now + IDLE_SECONDS + 1):
        assert browser.get("/case").form("codename")


def test_no_page_that_takes_anything_can_be_framed_by_another_site(site: Site) -> None:
    """A frame of ours may stand in our own pages alone; every other page in none."""
    browser = site.browser()
    site.report(browser)
    for path in ("/", "/report", "/case", "/return", "/sent", "/leave", "/safety"):
        page = browser.get(path)
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], path
    for path in ("/report?frame=1", "/case?frame=1", "/sent?frame=1", "/waiting", "/progress"):
        page = browser.get(path)
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy, path
        assert page.headers["x-frame-options"] == "SAMEORIGIN", path
        assert page.headers["cross-origin-resource-policy"] == "same-origin", path
        assert page.headers["cross-origin-embedder-policy"] == "require-corp", path


def test_a_post_from_another_site_is_refused_in_the_frame_too(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    for origin in ("cross-site", "same-site", "none"):
        fields = [*form.fields, ("desk", "confidant"), ("message", "x")]
        assert browser.post("/report?frame=1", fields, Sec_Fetch_Site=origin).status == 403
    assert browser.cookie("session") is None


def test_what_is_said_of_a_refused_upload_holds_nothing_that_was_typed(served: arrivals.Site) -> None:
    visitor = Visitor(*served.address)
    form = visitor.get("/report").form("message")
    page = visitor.submit(form, {"message": "canary-7b1f", "answer-when": "canary-7b1f"})
    assert page.status == 400
    told = visitor.get("/progress")
    assert "Not sent." in text_of(told)
    assert "canary-7b1f" not in told.text
    assert not re.search(r"canary", repr(vars(served.server.progress)))


def test_a_form_that_is_opened_after_a_sending_is_not_said_to_have_been_sent(served: arrivals.Site) -> None:
    """Somebody who reads "everything has arrived" beside what they have just typed goes away, and it is lost."""
    visitor = Visitor(*served.address)
    form = visitor.get("/report").form("message")
    body, kind = multipart(visitor.filled(form, {"message": "x", "desk": "confidant"}), [])
    answer = visitor.request("POST", f"{form.action}&frame=1", body, kind)
    assert visitor.get(answer.headers["location"]).codename
    assert "is sealed" in text_of(visitor.get("/progress")), "the page that sent it is still told"
    form = visitor.get("/case").form("message")
    assert "Nothing is being sent yet" in text_of(visitor.get("/progress?for=case"))
    body, kind = multipart(visitor.filled(form, {"message": ""}), [])
    assert visitor.request("POST", f"{form.action}&frame=1", body, kind).status == 400
    assert "Not sent." in text_of(visitor.get("/progress?for=case"))


def test_to_open_a_form_once_more_does_not_hide_an_upload_that_is_under_way(served: arrivals.Site) -> None:
    visitor = Visitor(*served.address)
    visitor.get("/report")
    with served.connect() as line:
        line.send(post(b"x" * 1000, length=900_000, headers=cookie(visitor.cookies["visit"])))
        assert eventually(lambda: "1 kB of 900 kB" in text_of(visitor.get("/progress")))
        visitor.get("/report")
        assert "1 kB of 900 kB" in text_of(visitor.get("/progress"))
