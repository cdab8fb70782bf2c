"""The application around the pages: headers, errors, languages, and what must never get out of it."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import request

from dropbox import errors
from dropbox.models import today
from dropbox.server import app as app_room
from dropbox.server import bare_site
from dropbox.server.reporter_site.problems import PROBLEMS, page_of
from tests.conftest import Members
from tests.site_room import Site, new_site, text_of

PAGES = ("/", "/report", "/return", "/safety", "/keys", "/about", "/leave")
NEVER = {"server", "date", "etag", "last-modified", "expires", "x-powered-by"}
SERVER = Path(app_room.__file__).parent


def every_answer(site: Site) -> Iterator[tuple[str, Any]]:
    browser = site.browser()
    for path in (*PAGES, "/sent", "/case", "/look.css", "/nowhere", "/keys/x.asc", "/case/reply/x/1", "/report/", "//"):
        yield f"GET {path}", browser.client.get(path)
        yield f"HEAD {path}", browser.client.head(path)
    for path in ("/", "/report", "/return", "/case", "/case/delete", "/case/delete-all", "/leave", "/nowhere"):
        for method in ("POST", "PUT", "OPTIONS", "TRACE"):
            yield f"{method} {path}", browser.client.open(path, method=method)
    site.report(browser)
    yield "GET /sent, signed in", browser.client.get("/sent")
    yield "GET /case, signed in", browser.client.get("/case")


def test_every_answer_has_the_headers_of_the_contract(site: Site) -> None:
    for name, answer in every_answer(site):
        head = answer.headers
        policy = head["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "base-uri 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "form-action 'self'" in policy, name
        assert not re.search(r"unsafe|https?:|data:|\*|script", policy), name
        assert head["Referrer-Policy"] == "no-referrer", name
        assert head["X-Content-Type-Options"] == "nosniff", name
        assert head["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert head["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "camera=()" in head["Permissions-Policy"], name
        assert head["Cache-Control"] in {"no-store", "no-cache"}, name
        assert not {key.lower() for key in head.keys()} & NEVER, name  # noqa: SIM118  # not a dictionary
        assert "Location" not in head, name


def test_only_a_form_that_was_asked_for_by_get_may_be_kept_for_the_back_button(site: Site) -> None:
    browser = site.browser()
    assert browser.client.get("/case").headers["Cache-Control"] == "no-cache", "it is the form to come back by"
    site.report(browser)
    for path in ("/report", "/return", "/case"):
        assert browser.get(path).headers["cache-control"] == "no-cache", path
    for path in ("/", "/sent", "/safety", "/keys", "/about", "/look.css", "/nowhere", "/leave"):
        assert browser.get(path).headers["cache-control"] == "no-store", path
    form = browser.get("/report").form("message")
    assert browser.submit(form, {"message": "x"}).headers["cache-control"] == "no-store"


def test_methods_that_no_page_has_are_refused_with_a_page(site: Site) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        answer = site.browser().client.open("/report", method=method)
        assert answer.status_code == 405
        assert b"<h1>" in answer.data


def test_an_unknown_address_gets_a_page_that_does_not_repeat_it(site: Site) -> None:
    page = site.browser().get("/canary-" + "x" * 50)
    assert page.status == 404
    assert "canary" not in page.text


# --- no debugging, no log, no Flask session -----------------------------------------------------------------------


def test_no_environment_switches_debugging_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = app_room.create_app(site.drop)
    app.debug = True
    assert app.debug is False
    assert app.config["PROPAGATE_EXCEPTIONS"] is False
    assert app.secret_key is None


@pytest.fixture
def broken(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("canary in an exception")

    monkeypatch.setattr(type(site.drop.derivation), "derive", fail)
    return site


def test_a_fault_leaves_its_kind_and_its_route_in_the_log_and_nothing_else(
    broken: Site, caplog: pytest.LogCaptureFixture
) -> None:
    browser = broken.browser()
    form = browser.get("/report").form("message")
    with caplog.at_level(logging.DEBUG):
        page = browser.submit(form, {"desk": "confidant", "message": "canary in a message"})
    assert page.status == 500
    assert "The fault is ours" in page.text
    assert "canary" not in page.text
    assert [record.getMessage() for record in caplog.records] == ["ValueError in report.take"]
    assert all(
        (record.exc_info is None and not record.args) or "canary" not in str(record.args) for record in caplog.records
    )


def test_a_fault_of_gpg_gives_the_form_back_and_leaves_one_line(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise errors.GpgError

    monkeypatch.setattr(type(site.drop.intake), "submit", fail)
    browser = site.browser()
    page = browser.submit(browser.get("/report").form("message"), {"desk": "confidant", "message": "kept"})
    assert page.status == 500
    assert ("message", "kept") in page.form("message").fields
    assert [record.getMessage() for record in caplog.records] == ["GpgError in report.take"]


def test_what_a_reporter_can_act_on_leaves_no_line(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    browser = site.browser()
    with caplog.at_level(logging.DEBUG):
        for path in ("/nowhere", "/case", "/keys/x.asc"):
            browser.get(path)
        browser.submit(browser.get("/report").form("message"), {"message": ""})
        browser.submit(browser.get("/return").form("codename"), {"codename": "abacus " * 7})
    assert caplog.records == []


def test_the_settings_that_flask_may_show_hold_no_secret(site: Site) -> None:
    shown = repr(site.app.config)
    assert site.drop.identity.secret.hex() not in shown
    assert repr(site.drop.identity.secret) not in shown
    assert "secret" not in repr(site.drop)


# --- bodies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["form", "files", "values", "data", "stream"])
def test_nobody_can_read_a_body_through_werkzeug(site: Site, name: str) -> None:
    with site.app.test_request_context("/report", method="POST", data={"message": "x"}), pytest.raises(RuntimeError):
        getattr(request, name)
    with site.app.test_request_context("/report", method="POST", data=b"{}"), pytest.raises(RuntimeError):
        request.get_data()
    with (
        site.app.test_request_context("/report", method="POST", data=b"{}", content_type="application/json"),
        pytest.raises(RuntimeError),
    ):
        request.get_json()


def test_no_code_of_the_site_names_werkzeugs_body_readers() -> None:
    forbidden = {"form", "files", "values", "data", "stream", "json", "get_data", "get_json"}
    for path in [*SERVER.glob("*.py"), *(SERVER / "reporter_site").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request":
                assert node.attr not in forbidden, path.name


# --- what arrival refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal",
    [
        errors.BodyTooLarge(),
        errors.LengthRequired(),
        errors.TooManyUploads(),
        errors.DiskLow(),
        errors.UploadTooSlow(),
        errors.UploadCutOff(),
    ],
    ids=lambda refusal: refusal.page,
)
@pytest.mark.parametrize("path", ["/report", "/case"])
def test_what_arrival_refused_gets_its_page_before_anything_is_read(
    site: Site, refusal: errors.RequestError, path: str
) -> None:
    answer = site.browser().client.post(f"{path}?l=nl", environ_overrides={"dropbox.refusal": refusal}, data=b"junk")
    assert answer.status_code == refusal.status
    assert 'lang="nl"' in answer.text
    assert answer.text.count("<h1>") == 1


def test_every_error_that_a_request_can_meet_has_a_page_of_its_own() -> None:
    pending = [errors.RequestError]
    while pending:
        kind = pending.pop()
        pending += [each for each in kind.__subclasses__() if each.__module__.startswith("dropbox.")]
        assert PROBLEMS[page_of(kind())].status == kind.status, kind
    for page in PROBLEMS.values():
        assert 400 <= page.status < 600


# --- languages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wish", "spoken"),
    [
        ("", "", "en"),
        ("", "nl-NL,nl;q=0.8,en;q=0.5", "nl"),
        ("", "fr, en;q=0.3", "en"),
        ("", "fr", "en"),
        ("?l=nl", "en", "nl"),
        ("?l=xx", "nl", "nl"),
        ("?l=../nl", "en", "en"),
        ("?l=nl&l=en", "en", "nl"),
    ],
)
def test_the_reader_gets_the_language_that_was_asked_for(site: Site, query: str, wish: str, spoken: str) -> None:
    page = site.browser(wish).get("/" + query)
    assert f'<html lang="{spoken}" dir="ltr">' in page.text
    assert ("Melding doen" in page.text) is (spoken == "nl")


def test_a_language_without_its_words_refuses_to_start_instead_of_speaking_english(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare_site, "TRANSLATIONS", tmp_path)
    with pytest.raises(errors.StartRefused, match="nl has no compiled words"):
        app_room.create_app(site.drop)


def test_links_and_forms_carry_the_language(site: Site) -> None:
    for path in ("/", "/report", "/return", "/safety", "/about", "/keys", "/leave", "/case"):
        page = site.browser().get(f"{path}?l=nl")
        for target in re.findall(r'(?:href|action)="(/[^"]*)"', page.text):
            assert "l=nl" in target or "l=en" in target or target.endswith(".css"), (path, target)


def test_a_trial_says_so_on_every_page(members: Members) -> None:
    with new_site(members) as site:
        object.__setattr__(site.drop.settings, "trial", True)
        for path in (*PAGES, "/case", "/nowhere"):
            assert 'class="trial"' in site.browser().get(path).text, path


def test_a_real_drop_does_not_say_that_it_is_a_trial(site: Site) -> None:
    assert 'class="trial"' not in site.browser().get("/").text
    assert text_of(site.browser().get("/")).startswith("Skip to the text Voorbeeldpartij")
    assert today() >= site.drop.store.roster(site.drop.settings.desks[0].id)[0].first_day
