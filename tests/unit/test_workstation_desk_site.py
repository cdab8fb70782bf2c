"""The desk page: one way in, once; nothing from elsewhere changes anything; whatever a reporter wrote is text."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dropbox.models import Kind
from dropbox.workstation.desk_site import COOKIE, Desk, Door, create_site
from dropbox.workstation.desk_site import door as door_room
from dropbox.workstation.speech import language
from tests.envelopes import Case
from tests.factories_bundles import World

HOST = "127.0.0.1:4711"
BASE = f"http://{HOST}"


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def client(here: World, door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    here.start()
    site = create_site(Desk(here.anna.vault, door))
    site.config["HOST"] = HOST
    with site.test_client() as client:
        yield client


def enter(client: FlaskClient, door: Door) -> None:
    assert client.get(f"/enter/{door.link}", base_url=BASE).status_code == 303


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, base_url=BASE)
    assert answer.status_code == 200
    return answer.text


def assert_strict(answer: TestResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_link_opens_once(client: FlaskClient, door: Door) -> None:
    enter(client, door)
    assert "No cases yet." in page(client, "/")
    client.delete_cookie(COOKIE, domain="127.0.0.1")
    again = client.get(f"/enter/{door.link}", base_url=BASE)
    assert again.status_code == 403
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("path", ["/", "/case/abcd", "/enter/guess", "/enter/", "/nowhere"])
def test_nobody_comes_in_without_the_link(client: FlaskClient, path: str) -> None:
    client.set_cookie(COOKIE, "guess", domain="127.0.0.1")
    answer = client.get(path, base_url=BASE)
    assert answer.status_code == 403
    assert_strict(answer)


def test_a_look_at_the_link_does_not_spend_it(client: FlaskClient, door: Door) -> None:
    assert client.head(f"/enter/{door.link}", base_url=BASE).status_code == 403
    enter(client, door)


def test_a_link_that_is_too_old_opens_nothing(client: FlaskClient, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_room, "LINK_SECONDS", -1)
    assert client.get(f"/enter/{door.link}", base_url=BASE).status_code == 403


def test_a_cookie_of_an_earlier_run_opens_nothing(client: FlaskClient, door: Door) -> None:
    other = Door()
    cookie = other.enter(other.link)
    assert cookie is not None
    assert door.session(cookie) is None


@pytest.mark.parametrize("host", ["evil.example:4711", "localhost:4711", "127.0.0.1", "127.0.0.1:80", "[::1]:4711"])
def test_another_name_for_this_machine_opens_nothing(client: FlaskClient, door: Door, host: str) -> None:
    """A page elsewhere may let its own name point here; its requests carry that name."""
    enter(client, door)
    for path in ("/", "/static/desk.css", f"/enter/{Door().link}"):
        assert client.get(path, base_url=BASE, headers={"Host": host}).status_code == 403


def test_a_request_that_another_site_started_opens_nothing(client: FlaskClient, door: Door) -> None:
    enter(client, door)
    for site in ("cross-site", "same-site"):
        assert client.get("/", base_url=BASE, headers={"Sec-Fetch-Site": site}).status_code == 403
    for site in ("none", "same-origin"):
        assert client.get("/", base_url=BASE, headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_request_without_a_form_of_ours_changes_nothing(client: FlaskClient, door: Door, method: str) -> None:
    enter(client, door)
    assert client.open("/", base_url=BASE, method=method).status_code == 403


def test_the_cookie_is_for_this_site_and_no_script(client: FlaskClient, door: Door) -> None:
    answer = client.get(f"/enter/{door.link}", base_url=BASE)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert_strict(answer)


def test_a_case_is_listed_and_shown_as_the_terminal_shows_it(here: World, client: FlaskClient, door: Door) -> None:
    case = Case()
    here.drop.send(case, "It began in spring.", [("a.txt", "text/plain", b"x")], answers={"answer-when": "spring"})
    here.next_day()
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    enter(client, door)
    assert f'href="/case/{case.id}"' in page(client, "/")
    shown = page(client, f"/case/{case.id}")
    for text in ("It began in spring.", "answer-when", "spring", "a.txt", "1 byte", "Withdrawn by the reporter on"):
        assert text in shown
    assert re.search(r"Mandate from <time[^>]*>[^<]+</time> on: advise\.", shown)
    assert here.anna.ok("cases")[0]["unread"] == 0


def test_what_a_reporter_wrote_is_text_and_nothing_else(here: World, client: FlaskClient, door: Door) -> None:
    case = Case()
    hostile = "</p><script>alert(1)</script><img src=//x>\u202e{{ 7*7 }}"
    here.drop.send(case, hostile, [(hostile, "text/html", b"x")], answers={hostile: hostile})
    here.anna.ok("import", here.drop.pickup())
    enter(client, door)
    shown = page(client, f"/case/{case.id}")
    assert not re.search(r"<script|<img|\u202e", shown)
    assert "{{ 7*7 }}" in shown
    assert "&lt;script&gt;" in shown
    assert "{{ 7*7 }}" in shown


def test_banners_stand_first(here: World, client: FlaskClient, door: Door) -> None:
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    lost = here.drop.send(Case())
    here.drop.let_go(lost)
    here.anna.ok("import", here.drop.pickup())
    enter(client, door)
    shown = page(client, "/")
    assert shown.index("GAP.") < shown.index("<h1>")
    # a command is no help to whoever sits before the page, where a button does the same
    assert "dropbox-workstation" not in shown
    assert "dropbox-workstation explain" in here.anna.run("cases").out


def test_an_unknown_case_is_a_page(client: FlaskClient, door: Door) -> None:
    enter(client, door)
    missing = client.get("/case/abcdef", base_url=BASE)
    assert (missing.status_code, "no such case" in missing.text) == (404, True)
    assert_strict(missing)


def test_open_serves_on_loopback_until_it_is_stopped(here: World) -> None:
    here.start()
    # whoever starts the tests in the background has Ctrl-C ignored, and all their children with them
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeding}; import sys; from dropbox.workstation.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "open", "--vault", str(here.anna.vault)]
    environment = {**os.environ, "GNUPGHOME": str(here.anna.home), "BROWSER": "false"}
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        url = running.stdout.readline().decode().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter/\S+", url)
        with pytest.raises(HTTPError, match="403") as refused:
            urlopen(url.split("/enter")[0], timeout=5)  # the link is not spent by that
        refused.value.close()
        assert "Server" not in refused.value.headers
        here.anna.ok("cases")
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 0
        assert running.stderr.read() == b""


def test_a_page_in_dutch_leaves_no_dutch_to_whatever_its_thread_does_next(client: FlaskClient, door: Door) -> None:
    enter(client, door)
    assert 'lang="nl"' in page(client, "/?l=nl")
    assert language() == "en"
