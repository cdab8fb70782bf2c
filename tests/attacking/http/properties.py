"""Hypothesis against the real sites: hundreds of requests of each kind, and the smallest one that a site gets wrong."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from tests.attacking.http import grammar
from tests.attacking.http.case import END, HOST
from tests.attacking.http.client import Client
from tests.attacking.http.judge import Judge
from tests.attacking.http.stage import Stage
from tests.attacking.http.wire import TIMEOUT_SECONDS, Unsound, Wire
from tests.attacking.plan import Plan

_QUICK_SECONDS = 0.05
_SHORT, _LONG = 80, 60_000


def try_all(stage: Stage, judges: tuple[Judge, Judge], plan: Plan) -> None:
    """Draw and send from every grammar; what is wrong is blamed with the smallest request that shows it."""
    reporters, courier = judges
    kinds: list[tuple[str, st.SearchStrategy[Any], Callable[[Any], bytes]]] = [
        ("forms", grammar.posts(), lambda data: data),
        ("pages", grammar.gets(), lambda data: data),
        ("codenames", grammar.codenames(), _sign_in(stage, reporters)),
    ]
    for name, strategy, make in kinds:
        examples = plan.times(_SHORT, _LONG)
        for port, judge in ((stage.port, reporters), (stage.courier_port, courier)):
            if name != "codenames" or port == stage.port:
                _try(port, judge, strategy, make, examples, plan.random(f"{name} {port == stage.port}").getrandbits(32))


def _sign_in(stage: Stage, judge: Judge) -> Callable[[str], bytes]:
    """Return what makes a sign-in with a good form out of what was typed."""
    client = Client(stage.port, judge)
    token = client.get("/return").form("codename").hidden["token"]
    cookie = f"Cookie: visit={client.cookies['visit']}\r\n".encode()

    def make(typed: str) -> bytes:
        shown = typed.encode("utf-8", "surrogatepass")
        body = urllib.parse.urlencode({"codename": shown, "token": token}).encode()
        kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d" % len(body)
        return b"POST /return HTTP/1.1\r\n" + HOST + cookie + kind + END + body

    return make


def _try(
    port: int, judge: Judge, strategy: st.SearchStrategy[Any], make: Callable[[Any], bytes], examples: int, number: int
) -> None:
    @seed(number)
    @settings(
        database=None,
        deadline=None,
        max_examples=examples,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def answered_well(drawn: object) -> None:
        data = make(drawn)
        found = wrong_with_exchange(port, data, judge)
        if found:
            smallest[0], smallest[1] = found, repr(data)
            raise AssertionError(found)

    smallest = ["", ""]
    try:
        answered_well()
    except AssertionError:
        judge.blame(*smallest)


def wrong_with_exchange(port: int, data: bytes, judge: Judge) -> str:
    """Send one request; return what is wrong with its answer, or nothing. Counted by `judge`, blamed by the caller."""
    here = Judge()
    expects = b"100-continue" in data.lower()
    try:
        with Wire(port) as wire:
            wire.send(data)
            answers = []
            answer = wire.answer(to_head=data.startswith(b"HEAD"), timeout=TIMEOUT_SECONDS)
            while answer is not None:
                answers.append(answer)
                answer = wire.answer(timeout=_QUICK_SECONDS) if answer.status < 200 else None
    except Unsound as fault:
        return str(fault)
    here.look(answers, "", expects=expects)
    judge.add(here)
    if not answers:
        return "no answer at all"
    return here.findings[0].what if here.findings else ""
