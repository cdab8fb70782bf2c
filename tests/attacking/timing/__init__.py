"""Timing and size: whether an answer's time, length or headers say what its words must not.

The real server over loopback, each comparison in pairs whose order is drawn; where its noise would drown a difference,
the layer that does the work before the answer, inside of this process. It runs alone: a neighbour is noise.
"""

from __future__ import annotations

import secrets
import urllib.parse
from collections.abc import Callable, Iterator
from unittest import mock

from nacl.pwhash import argon2id

from dropbox.codename import WORDS
from dropbox.codename import parse as parse_words
from dropbox.errors import FormExpired, SessionEnded
from dropbox.models import Passphrase
from dropbox.server.sessions import Sessions
from dropbox.server.store import investigators
from dropbox.server.tokens import FormTokens
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan
from tests.attacking.timing.pairs import INSIDE_US, WHOLE_US, Compared, Way, compare
from tests.attacking.timing.place import CHEAP, DEAR, DESK, INVESTIGATOR, STRANGER, Asker, Place, asked, place
from tests.attacking.timing.sizes import Shape, differences, shape
from tests.visitor import Visitor

PROMISE = (
    "No page, header, size or time tells whoever holds no codename whether one exists; a hit costs what a miss costs."
)
Pair = tuple[str, Way, Way]


def run(plan: Plan) -> Outcome:
    compared: list[Compared] = []
    unlike: list[str] = []
    probes = 0
    folder = plan.folder / "c"
    folder.mkdir()
    with place(folder, CHEAP) as where:
        for pair in inside(where):
            compared.append(_compared(plan, pair, plan.times(2000, 20000), INSIDE_US))
        with asked(where) as asker:
            for pair in whole(asker, where):
                compared.append(_compared(plan, pair, plan.times(120, 2000), WHOLE_US))
            probes, unlike = unlike_answers(asker, where)
    folder = plan.folder / "d"
    folder.mkdir()
    with place(folder, DEAR, crowd=0) as where, asked(where) as asker:
        hit, *_others = whole(asker, where)
        named = (f"{hit[0]}, with the codename's real cost", *hit[1:])
        compared.append(_compared(plan, named, plan.times(8, 2000), WHOLE_US))
    return _outcome(plan, compared, probes, unlike)


def _compared(plan: Plan, pair: Pair, samples: int, bound_us: float) -> Compared:
    name, first, second = pair
    return compare(name, first, second, samples, bound_us, plan.random(name))


def _outcome(plan: Plan, compared: list[Compared], probes: int, unlike: list[str]) -> Outcome:
    told = [each for each in compared if each.is_told_apart]
    most = plan.times(120, 2000)
    figures: list[Figure] = [
        none_of("pairs told apart by time", len(told)),
        none_of("answers unlike in status, headers or length", len(unlike)),
        count("answers held side by side", probes),
        at_least("pairs compared", len(compared), 10),
        at_least("samples of each way, but for the codename's real cost", min(_cheap(compared)), most),
    ]
    for each in compared:
        figures.append(count(f"{each.name}: difference of medians", round(each.gap_us, 1), _unit(each)))
    findings = [Finding(f"{each.name}: {each.gap_us:+.0f} microseconds, p {each.p:.1e}", "time") for each in told] + [
        Finding(each, "shape") for each in unlike
    ]
    below = ", ".join(each.name for each in compared if each.is_seen and each not in told) or "none"
    bound = f"{WHOLE_US:.0f} microseconds in a whole answer, {INSIDE_US:.0f} inside"
    notes = (f"Seen by statistics at 1 in 100, but below the bound ({bound}): {below}.",)
    return Outcome(PROMISE, tuple(figures), tuple(findings), notes)


def _cheap(compared: list[Compared]) -> list[int]:
    return [each.samples for each in compared[:-1]]


def _unit(each: Compared) -> str:
    return (
        f"microseconds (n {each.samples} each, Welch p {each.welch_p:.2g}, Kolmogorov-Smirnov p {each.smirnov_p:.2g})"
    )


# --- inside of the process ----------------------------------------------------------------------------------------


def inside(where: Place) -> Iterator[Pair]:
    """Yield what is looked up or verified before an answer, right and wrong."""
    drop, store = where.drop, where.drop.store
    keys = drop.derivation.derive(parse_words(where.live))
    gone = drop.derivation.derive(parse_words(where.ended))
    yield ("search for a case: live or none", lambda: store.find_case(keys.lookup_id), _misses(where))
    yield ("search for a case: ended or none", lambda: store.find_case(gone.lookup_id), _misses(where))
    sessions = Sessions(secrets.token_bytes(32), drop.settings.sessions)
    right = sessions.begin(keys)
    ended = sessions.begin(keys)
    sessions.end(ended)
    forged = Sessions(secrets.token_bytes(32), drop.settings.sessions).begin(keys)
    yield ("session: ended or forged", _refused(lambda: sessions.find(ended)), _refused(lambda: sessions.find(forged)))
    yield ("session: right or wrong", lambda: sessions.find(right), _refused(lambda: sessions.find(forged)))
    forms = FormTokens(secrets.token_bytes(32), 8)
    token, other = forms.issue("return", b"visit"), forms.issue("return", b"other")

    def read(held: str) -> Way:
        return lambda: forms.read("return", b"visit", held)

    yield ("form token: right or wrong", read(token), _refused(read(other)))
    yield from _courier(where)


def _courier(where: Place) -> Iterator[Pair]:
    """Compare a known and an unknown name at the courier's door, with a passphrase that is wrong for both."""
    with (
        mock.patch.object(investigators, "MEMORY_BYTES", CHEAP[0]),
        mock.patch.object(investigators, "PASSES", CHEAP[1]),
        mock.patch.object(investigators, "_NOBODYS", argon2id.str(secrets.token_bytes(16), CHEAP[1], CHEAP[0])),
    ):
        courier, wrong = where.drop.store.courier, Passphrase("one two three four five six")
        courier.revoke(INVESTIGATOR)
        courier.add(INVESTIGATOR, [DESK], "A" * 52)

        def try_as(name: str) -> Way:
            return lambda: courier.verify(name, wrong)

        yield ("courier: known or unknown name", try_as(INVESTIGATOR), try_as(STRANGER))


def _misses(where: Place) -> Way:
    return lambda: where.drop.store.find_case(secrets.token_bytes(32))


def _refused(way: Callable[[], object]) -> Way:
    def refused() -> None:
        try:
            way()
        except (SessionEnded, FormExpired):
            return
        raise AssertionError("what must be refused was not")

    return refused


# --- whole answers ------------------------------------------------------------------------------------------------


def whole(asker: Asker, where: Place) -> Iterator[Pair]:
    """Yield what the running server is asked, in pairs; the first one is a hit and a miss."""
    token = asker.token()
    miss = where.other(where.live)

    def words(codename: str, held: str = token) -> Way:
        def say() -> None:
            status, _headers, _body = asker.ask("POST", "/return", {"codename": codename, "token": held})
            if status not in {303, 400}:  # what is refused for another reason says nothing about this one
                raise RuntimeError(f"seven words were answered with {status}")

        return say

    yield ("codename: live or none", words(where.live), words(miss))
    yield ("codename: live or ended", words(where.live), words(where.ended))
    yield ("codename: ended or none", words(where.ended), words(where.other(where.ended)))
    wrong = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    yield ("codename behind a wrong form token: live or none", words(where.live, wrong), words(miss, wrong))
    ended = asker.sign_in(where.live)
    asker.ask("GET", "/leave", session=ended)
    forged = ended[:-2] + ("AA" if ended[-2:] != "AA" else "BB")

    def get(path: str, session: str | None = None) -> Way:
        return lambda: asker.ask("GET", path, session=session)

    yield ("case page: session ended or forged", get("/case", ended), get("/case", forged))
    here, nowhere = (f"/case/reply/{item}/1" for item in (where.reply, secrets.token_hex(16)))
    yield ("download without a session: there or not", get(here), get(nowhere))


# --- shapes -------------------------------------------------------------------------------------------------------


def unlike_answers(asker: Asker, where: Place) -> tuple[int, list[str]]:
    """Hold answers side by side in each language; return how many, and what differs."""
    asked_in_all, found = 0, []
    ended = asker.sign_in(where.live)
    asker.ask("GET", "/leave", session=ended)
    held = {name: knock(asker, name) for name in (INVESTIGATOR, STRANGER)}
    for number, what in enumerate(("a wrong passphrase", "another one at once")):
        answers = {name: shapes[number] for name, shapes in held.items()}
        asked_in_all += len(answers)
        found += [f"courier, {what}: {each}" for each in differences(answers)]
    for language in where.languages:
        for name, answers in _groups(asker, where, language, ended):
            asked_in_all += len(answers)
            found += [f"{name}, {language}: {each}" for each in differences(answers)]
    return asked_in_all, found


def knock(asker: Asker, name: str) -> list[Shape]:
    """Try a name at the courier's door with six words that are wrong, twice at once; return both answers' shapes."""
    visitor = Visitor("127.0.0.1", asker.courier_port)
    form = visitor.get("/").form("name", "passphrase")
    values = {"name": name, "passphrase": " ".join(WORDS[:6])}
    body = urllib.parse.urlencode(visitor.filled(form, values)).encode()
    pages = [visitor.request("POST", form.action, body, "application/x-www-form-urlencoded") for _ in range(2)]
    if pages[0].status >= 500 or pages[0].status == 303:
        raise RuntimeError(f"a wrong passphrase was answered with {pages[0].status}")
    return [shape(page.status, page.raw_headers, page.body) for page in pages]


def _groups(asker: Asker, where: Place, language: str, ended: str) -> Iterator[tuple[str, dict[str, Shape]]]:
    token = asker.token(language)
    wrong = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    def words(codename: str, held: str) -> Shape:
        return shape(*asker.ask("POST", f"/return?l={language}", {"codename": codename, "token": held}))

    gone, live = where.ended, where.live
    yield (
        "words that open nothing",
        {
            "a case that has ended": words(gone, token),
            "none": words(where.other(gone), token),
            "a form that is not ours": words(gone, wrong),
        },
    )
    yield "words behind a wrong token", {"a live case": words(live, wrong), "none": words(where.other(live), wrong)}
    forged = ended[:-2] + ("AA" if ended[-2:] != "AA" else "BB")
    sessions: dict[str, str | None] = {
        "no session": None,
        "a forged one": forged,
        "one that ended": ended,
        "rubbish": "x",
    }
    for path in (
        "/case",
        "/sent",
        "/progress",
        "/waiting",
        f"/case/reply/{where.reply}/1",
        f"/case/reply/{'0' * 32}/1",
    ):
        yield (
            path,
            {
                name: shape(*asker.ask("GET", f"{path}?l={language}", session=cookie))
                for name, cookie in sessions.items()
            },
        )
    yield (
        "a reply that is there or not",
        {
            name: shape(*asker.ask("GET", f"/case/reply/{item}/1?l={language}"))
            for name, item in (("there", where.reply), ("not", secrets.token_hex(16)))
        },
    )
    posts = {name: {"item": item, "token": token} for name, item in (("there", where.reply), ("not", "0" * 32))}
    yield (
        "deleting a reply",
        {name: shape(*asker.ask("POST", f"/case/delete?l={language}", fields)) for name, fields in posts.items()},
    )
