"""What comes in by POST: nothing without this session's token, nothing too large, nothing that touches a disk."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection

import pytest

from dropbox.workstation.commands.desk_serving import make_server
from dropbox.workstation.desk_site import COOKIE, Desk, create_site
from dropbox.workstation.desk_site.forms import MAX_FORM_BYTES, MAX_REQUEST_BYTES
from tests.desk_browser import BASE, DeskBrowser, desk_browser
from tests.factories_bundles import World

_written: list[list[str]] = []


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    """Note every file that is opened for writing while somebody listens; a hook like this can never be taken off."""
    if not _written or event != "open":
        return
    path, mode, flags = arguments
    to_write = (isinstance(flags, int) and flags & os.O_ACCMODE) or (isinstance(mode, str) and set(mode) & set("wax+"))
    # a number is a descriptor: what it stands for was opened by its path
    if to_write and not isinstance(path, int) and path != os.devnull:
        _written[-1].append(str(path))


sys.addaudithook(_audit)


@pytest.fixture
def browser(here: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    here.start()
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def test_a_form_without_this_sessions_token_changes_nothing(browser: DeskBrowser) -> None:
    for token in ("", "guess", browser.token + "x"):
        answer = browser.client.post("/", base_url=BASE, data={"token": token, "words": "x"})
        assert answer.status_code == 403
    assert browser.send("/", {"mandate": "", "state": ""}).status_code == 303


def test_a_form_that_another_site_sends_changes_nothing(browser: DeskBrowser) -> None:
    for site in ("cross-site", "same-site"):
        assert browser.send("/", {"clear": "1"}, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_form_that_no_page_of_ours_has_is_refused(browser: DeskBrowser) -> None:
    browser.get("/import")
    for body, kind in (("{}", "application/json"), (f"token={browser.token}", "text/plain")):
        assert browser.client.post("/", base_url=BASE, data=body, content_type=kind).status_code == 403
    assert browser.send("/", {"mandate": "all"}).status_code == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_looked_at(browser: DeskBrowser) -> None:
    answer = browser.send("/", {"words": "x" * (MAX_FORM_BYTES + 1)})
    assert answer.status_code == 413
    assert "more than this page takes" in answer.text


def test_no_body_and_no_file_of_a_form_touches_a_disk(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies and their files are plaintext: neither waitress nor werkzeug may put them aside in a file."""
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer):  # of other tests' pages, which would save their logs meanwhile
            timer.cancel()
    desk = Desk(here.anna.vault)
    site = create_site(desk)
    server = make_server(site)

    def serve() -> None:
        with suppress(OSError):  # closing takes the sockets away that its loop may be looking at
            server.run()

    thread = threading.Thread(target=serve)
    thread.start()
    connection = HTTPConnection(site.config["HOST"], timeout=30)
    try:
        connection.request("GET", f"/enter/{desk.door.link}")
        entered = connection.getresponse()
        cookie = (entered.headers["Set-Cookie"] or "").split(";")[0]
        entered.read()
        session = desk.door.session(cookie.removeprefix(f"{COOKIE}="))
        assert session is not None
        body = _multipart({"token": session.token, "path": "/nowhere"}, "canary" * 700_000)
        _written.append([])
        headers = {"Cookie": cookie, "Content-Type": "multipart/form-data; boundary=b"}
        connection.request("POST", "/import", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        written = _written.pop()
        assert (answer.status, "cannot be read" in text) == (400, True), text
        assert written == []
        assert server.adj.inbuf_overflow > server.adj.max_request_body_size == MAX_REQUEST_BYTES
    finally:
        _written.clear()
        server.close()
        connection.close()
        thread.join(10)


def test_another_user_of_this_machine_is_not_let_in_even_with_the_link(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser is started with the link among its arguments, and those are no secret on a machine."""
    site = create_site(Desk(here.anna.vault))
    server = make_server(site)
    own, port = os.getuid(), server.effective_port
    try:
        monkeypatch.setattr(os, "getuid", lambda: own + 1)
        with create_connection(("127.0.0.1", port), timeout=10) as theirs:
            assert server.accept() is None
            assert theirs.recv(1) == b""
        monkeypatch.setattr(os, "getuid", lambda: own)
        with create_connection(("127.0.0.1", port), timeout=10) as ours:
            connection, address = server.accept()
            connection.close()
            assert address == ours.getsockname()
    finally:
        server.close()


def test_a_refused_form_comes_back_filled_in(browser: DeskBrowser) -> None:
    text = browser.refused("/import", {"path": '/no/"where"<b>'})
    assert 'value="/no/&#34;where&#34;&lt;b&gt;"' in text
    assert 'aria-describedby="path-error"' in text


def test_what_is_looked_for_stands_in_no_address(browser: DeskBrowser) -> None:
    answer = browser.send("/", {"words": "alderman", "mandate": "", "state": ""})
    assert answer.headers["Location"] == "/"
    assert 'value="alderman"' in browser.get("/")
    assert 'value="alderman"' not in browser.post("/", {"clear": "1"})


def test_the_language_is_the_browsers_until_somebody_chooses(browser: DeskBrowser) -> None:
    dutch = browser.client.get("/import", base_url=BASE, headers={"Accept-Language": "nl-BE, en;q=0.5"})
    assert '<html lang="nl">' in dutch.text
    assert '<html lang="nl">' in browser.get("/import?l=nl")
    assert '<html lang="nl">' in browser.get("/import")
    assert '<html lang="en">' in browser.get("/import?l=en")
    assert '<html lang="en">' in browser.get("/import?l=xx")


def test_a_fault_of_ours_shows_no_text_of_its_own(browser: DeskBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a reporter's words")

    monkeypatch.setattr(browser.desk.finder, "find", fail)
    text = browser.get("/", status=500)
    assert "RuntimeError" in text
    assert "words" not in text.split("<main")[1]


def test_without_a_vault_every_page_leads_to_the_start(tmp_path: Path, here: World) -> None:
    desk = Desk(tmp_path / "none")
    site = create_site(desk)
    site.config["HOST"] = "127.0.0.1:4711"
    with site.test_client() as client:
        client.get(f"/enter/{desk.door.link}", base_url=BASE)
        for path in ("/", "/import", "/calendar", "/case/abcd"):
            answer = client.get(path, base_url=BASE)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/start")


def _multipart(fields: dict[str, str], file: str) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    parts.append(f'--b\r\nContent-Disposition: form-data; name="other"; filename="x"\r\n\r\n{file}\r\n--b--\r\n')
    return "".join(parts).encode()
