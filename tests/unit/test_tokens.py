"""Visits and form tokens: what they give back, and what is refused as another's, made up or too old."""

import pytest

from dropbox.errors import FormExpired
from dropbox.server.tokens import FormTokens, Stamp, Visit
from tests.clock import Clock

SECRET = bytes(range(32))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_visits_differ_and_read_back() -> None:
    visit = Visit.new()
    assert Visit.new().bound != visit.bound
    again = Visit.of(visit.cookie)
    assert again is not None
    assert again.bound == visit.bound


@pytest.mark.parametrize(
    "cookie", [None, "", "short", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "é", "A" * 43 + "\n"]
)
def test_a_visit_of_another_form_is_none(cookie: str | None) -> None:
    assert Visit.of(cookie) is None


def test_a_token_gives_back_its_nonce_and_note(clock: Clock) -> None:
    forms = FormTokens(SECRET, 24, clock)
    stamp = Stamp.new("investigate")
    assert forms.read("case", b"binding", forms.issue("case", b"binding", stamp)) == stamp
    assert forms.read("case", b"binding", forms.issue("case", b"binding")).note == ""


def test_tokens_are_never_the_same_twice(clock: Clock) -> None:
    forms = FormTokens(SECRET, 24, clock)
    nonces = {forms.read("report", b"v", forms.issue("report", b"v")).nonce for _ in range(50)}
    assert len(nonces) == 50


def test_a_token_of_another_purpose_session_or_drop_is_refused(clock: Clock) -> None:
    forms = FormTokens(SECRET, 24, clock)
    token = forms.issue("case", b"mine")
    for room_, purpose, binding in (
        (forms, "delete", b"mine"),
        (forms, "case", b"another's"),
        (forms, "case", b""),
        (FormTokens(bytes(32), 24, clock), "case", b"mine"),
    ):
        with pytest.raises(FormExpired):
            room_.read(purpose, binding, token)


@pytest.mark.parametrize("token", ["", "x", ".", "..", "a.b.c", "é", "\0", "A" * 9999])
def test_a_made_up_token_is_refused(clock: Clock, token: str) -> None:
    with pytest.raises(FormExpired):
        FormTokens(SECRET, 24, clock).read("report", b"visit", token)


def test_a_token_expires_and_outlives_a_restart_until_then(clock: Clock) -> None:
    token = FormTokens(SECRET, 24, clock).issue("report", b"visit")
    clock.wait(24 * 3600)
    FormTokens(SECRET, 24, clock).read("report", b"visit", token)
    clock.wait(1)
    with pytest.raises(FormExpired):
        FormTokens(SECRET, 24, clock).read("report", b"visit", token)
