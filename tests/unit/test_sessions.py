"""Sessions: what a cookie opens, what it must not, and what is left when it is gone."""

import gc
import re
import secrets

import pytest

from dropbox.codename import CodenameKeys
from dropbox.errors import SessionEnded
from dropbox.models import Codename, Mandate, Plaintext
from dropbox.server import sessions as room
from dropbox.server.sessions import SavedDraft, Sessions
from dropbox.server.tokens import Stamp
from dropbox.settings import Sessions as Limits
from tests.clock import Clock

SECRET = bytes(range(32))
WORDS = "abacus abdomen abdominal abide abiding ability ablaze"
MINUTE = 60


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, Limits(idle_minutes=30, absolute_minutes=480), clock)


def some_keys() -> CodenameKeys:
    return CodenameKeys.from_root(secrets.token_bytes(32))


def draft(text: str = "typed") -> SavedDraft:
    return SavedDraft(Plaintext(text), Mandate.ADVISE, Stamp.new("listen"))


def test_a_session_gives_back_what_it_was_begun_with(sessions: Sessions) -> None:
    keys, kept = some_keys(), draft()
    found = sessions.find(sessions.begin(keys, Codename(WORDS), kept))
    assert found.keys.root == keys.root
    assert found.case == keys.case
    assert found.codename == Codename(WORDS)
    assert found.draft is not None
    assert (found.draft.text, found.draft.mandate, found.draft.stamp) == (kept.text, Mandate.ADVISE, kept.stamp)


@pytest.mark.parametrize("cookie", [None, "", "x", "AAAA.BBBB.CCCC", "é" * 10, "." * 4, "A" * 5000])
def test_a_made_up_cookie_opens_nothing(sessions: Sessions, cookie: str | None) -> None:
    sessions.begin(some_keys())
    with pytest.raises(SessionEnded):
        sessions.find(cookie)
    sessions.end(cookie)
    assert len(sessions) == 1
    assert sessions.binding(cookie) is None


def test_a_cookie_signed_with_another_secret_opens_nothing(sessions: Sessions, clock: Clock) -> None:
    stranger = Sessions(bytes(32), Limits(), clock).begin(some_keys())
    with pytest.raises(SessionEnded):
        sessions.find(stranger)


def test_a_changed_cookie_opens_nothing(sessions: Sessions) -> None:
    cookie = sessions.begin(some_keys())
    for place in range(len(cookie) - 1):
        changed = cookie[:place] + ("A" if cookie[place] != "A" else "B") + cookie[place + 1 :]
        with pytest.raises(SessionEnded):
            sessions.find(changed)


def test_an_idle_session_ends(sessions: Sessions, clock: Clock) -> None:
    cookie = sessions.begin(some_keys())
    clock.wait(29 * MINUTE)
    sessions.find(cookie)
    clock.wait(29 * MINUTE)
    sessions.find(cookie)
    clock.wait(30 * MINUTE)
    with pytest.raises(SessionEnded):
        sessions.find(cookie)
    assert len(sessions) == 0, "what has ended must not stay in memory"


def test_a_busy_session_ends_all_the_same_at_its_absolute_limit(sessions: Sessions, clock: Clock) -> None:
    cookie = sessions.begin(some_keys())
    for _ in range(24):
        sessions.find(cookie)
        clock.wait(20 * MINUTE)
    sessions.find(cookie)
    clock.wait(1)
    with pytest.raises(SessionEnded):
        sessions.find(cookie)
    sessions.begin(some_keys())
    assert len(sessions) == 1, "what has ended must not stay in memory"


def test_a_restart_ends_all_sessions(sessions: Sessions, clock: Clock) -> None:
    cookie = sessions.begin(some_keys())
    after_restart = Sessions(SECRET, Limits(), clock)
    with pytest.raises(SessionEnded):
        after_restart.find(cookie)
    assert after_restart.binding(cookie) == sessions.find(cookie).binding, "a form's nonce is carried over a restart"


def test_a_session_that_was_left_opens_nothing(sessions: Sessions) -> None:
    cookie = sessions.begin(some_keys())
    sessions.end(cookie)
    sessions.end(cookie)
    with pytest.raises(SessionEnded):
        sessions.find(cookie)


def test_a_notice_is_kept_until_it_is_taken_away(sessions: Sessions) -> None:
    cookie = sessions.begin(some_keys(), Codename(WORDS))
    sessions.note(sessions.find(cookie), "message")
    found = sessions.find(cookie)
    assert (found.notice, found.codename) == ("message", Codename(WORDS))
    sessions.note(found, "")
    assert sessions.find(cookie).notice == ""


def test_what_is_hidden_stays_hidden_when_a_notice_comes_from_an_older_look_at_the_session(
    sessions: Sessions,
) -> None:
    cookie = sessions.begin(some_keys())
    first_look = sessions.find(cookie)
    assert first_look.hidden is None
    sessions.hide(first_look, frozenset({"aa" * 8, "bb" * 8}))
    sessions.note(first_look, "message")
    found = sessions.find(cookie)
    assert (found.hidden, found.notice) == (frozenset({"aa" * 8, "bb" * 8}), "message")
    sessions.hide(found, frozenset())
    assert sessions.find(cookie).hidden == frozenset()


def test_a_draft_keeps_what_was_ticked(sessions: Sessions) -> None:
    for withdraw in ("", "withdraw", "undo"):
        kept = SavedDraft(Plaintext(""), None, Stamp.new(), withdraw)
        found = sessions.find(sessions.begin(some_keys(), draft=kept)).draft
        assert found is not None
        assert (found.withdraw, found.mandate) == (withdraw, None)


def test_a_draft_that_was_sent_is_forgotten(sessions: Sessions) -> None:
    cookie = sessions.begin(some_keys(), draft=draft())
    sessions.drop_draft(sessions.find(cookie))
    assert sessions.find(cookie).draft is None


def test_a_case_holds_no_more_than_three_sessions(sessions: Sessions) -> None:
    others = [sessions.begin(some_keys()) for _ in range(5)]
    keys = some_keys()
    own = [sessions.begin(keys) for _ in range(10)]
    for cookie in (*others, *own[-3:]):
        sessions.find(cookie)
    for cookie in own[:-3]:
        with pytest.raises(SessionEnded):
            sessions.find(cookie)


def test_a_rehearsed_session_lets_nobody_in_and_makes_nobody_leave(clock: Clock) -> None:
    keys = some_keys()
    sessions = Sessions(SECRET, Limits(idle_minutes=30, absolute_minutes=480), clock, most=1)
    cookie, rehearsed = sessions.begin(keys), sessions.rehearse(keys)
    assert len(rehearsed) == len(cookie)
    assert len(sessions) == 1
    assert sessions.find(cookie).case == keys.case
    with pytest.raises(SessionEnded):
        sessions.find(rehearsed)


def test_a_full_table_throws_out_whoever_was_idle_longest_and_never_the_newest(clock: Clock) -> None:
    sessions = Sessions(SECRET, Limits(), clock, most=10)
    busy = sessions.begin(some_keys())
    idle = sessions.begin(some_keys())
    for _ in range(30):
        clock.wait(1)
        sessions.find(busy)
        newest = sessions.begin(some_keys())
        sessions.find(newest)
        assert len(sessions) <= 10
    sessions.find(busy)
    with pytest.raises(SessionEnded):
        sessions.find(idle)


def test_drafts_that_fill_their_room_end_no_session(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_DRAFT_BYTES_IN_ALL", 5000)
    sessions = Sessions(SECRET, Limits(), clock)
    cookies = [sessions.begin(some_keys(), draft=draft("x" * 1000)) for _ in range(10)]
    drafts = [sessions.find(cookie).draft for cookie in cookies]
    assert drafts[0] is None
    assert drafts[-1] is not None
    assert sum(kept is not None for kept in drafts) == 4


def test_memory_holds_no_codename_root_or_text_of_a_waiting_session(sessions: Sessions) -> None:
    keys = some_keys()
    cookie = sessions.begin(keys, Codename(WORDS), draft("a canary that sings"))
    sealed = repr([(entry.sealed, entry.aside, entry.owner_tag) for entry in sessions._split._entries.values()])
    indexes = repr(list(sessions._split._entries))
    gc.collect()
    for secret in (WORDS, keys.root.hex(), repr(keys.root)[2:-1], "canary", keys.case, cookie.split(".")[0]):
        assert secret not in sealed + indexes


def test_nothing_prints_a_session(sessions: Sessions) -> None:
    found = sessions.find(sessions.begin(some_keys(), Codename(WORDS), draft("canary")))
    assert not re.search("abacus|canary|root", repr(found) + repr(found.draft) + str(found))
