"""A real reporter and a real investigator beside connections that stall: how long they take, and what it costs."""

from __future__ import annotations

import time
from http import HTTPStatus

from tests.attacking.http.stage import DESK, Costs, Stage, settled
from tests.attacking.http.storm import Storm
from tests.attacking.outcome import Figure, at_most, count, none_of
from tests.attacking.plan import Plan
from tests.journeys.world import come_back
from tests.visitor import Page, Visitor

CONNECTIONS = 1000
SERVED_SECONDS = 5.0
_ALONE_SECONDS = 1.0
"""Where a report takes longer than this with nobody else there, the machine is busy: more is allowed in proportion."""
REDIALLING_SECONDS = 15.0
"""Where whoever is closed dials again, there are always some hundreds waiting in front of everybody who comes."""
GROWTH_MIB = 48.0
_SMALL_BYTES = 20_000
_LARGE_BYTES = 1_000_000
"""More than a small form's, so that it needs one of the slots that stalled uploads have taken."""
_MOST_BUSY, _BETWEEN_SECONDS = 10, 1.0
_SETTLE_SECONDS = 2.0
"""After this a stalled upload gives way; before, its slot may be that of somebody on a slow circuit."""


def beside_stalled(stage: Stage, plan: Plan) -> list[Figure]:
    """Attack both sites with every kind of stall; return how people fared and what is left of it."""
    before = stage.costs()
    alone = max(_whole_report(stage, bytes(_SMALL_BYTES))[0] for _ in range(2))
    slack = max(1.0, alone / _ALONE_SECONDS)
    whole: dict[bool, list[float]] = {False: [], True: []}
    courier: list[float] = []
    refused, busy, dialled, held = 0, 0, 0, 0
    for number in range(plan.times(2, 60)):
        chances = plan.random(f"stalls {number}")
        dial_again = number % 2 == 1
        with Storm(stage.port, CONNECTIONS, chances, dial_again=dial_again) as storm:
            for size in (_SMALL_BYTES, *[_LARGE_BYTES] * plan.times(1, 4)):
                seconds, again, status = _whole_report(stage, bytes(size))
                busy += again
                whole[dial_again].append(seconds)
                refused += status != 200
                held = max(held, stage.costs().descriptors)
                time.sleep(_SETTLE_SECONDS)
        dialled += storm.dialled
        with Storm(stage.courier_port, CONNECTIONS, chances):
            began = time.monotonic()
            stage.courier()
            courier.append(time.monotonic() - began)
    after = settled(stage.costs, before)
    return [
        count("connections that stalled", dialled, "connections"),
        count("open at once in the server, at most", held, "descriptors"),
        count("a reporter's whole report without them, at most", alone, "s"),
        at_most("a reporter's whole report beside them, at most", max(whole[False]), SERVED_SECONDS * slack, "s"),
        at_most("the same beside those that dial again, at most", max(whole[True]), REDIALLING_SECONDS * slack, "s"),
        at_most("an investigator's sign-in beside them, at most", max(courier), SERVED_SECONDS * slack, "s"),
        count("pages that said it was busy, before a report was taken", busy),
        none_of("reports refused beside them", refused),
        *growth("the stalled connections", before, after),
    ]


def growth(what: str, before: Costs, after: Costs, most: float = GROWTH_MIB) -> list[Figure]:
    """Return what the server holds more than before."""
    return [
        at_most(f"memory that {what} left taken", max(0.0, after.rss_mib - before.rss_mib), most, "MiB"),
        at_most(f"descriptors that {what} left open", max(0, after.descriptors - before.descriptors), 4),
        at_most(f"threads that {what} left running", max(0, after.threads - before.threads), 1),
    ]


def _whole_report(stage: Stage, content: bytes) -> tuple[float, int, int]:
    """Report with a file, again as often as the page says that it is busy, and come back with the codename.

    Return the seconds until the codename was there, how often it was busy, and the last status.
    """
    began, visitor, busy = time.monotonic(), stage.drop.visitor(), 0
    page = _sent(visitor, content)
    while page.status == HTTPStatus.SERVICE_UNAVAILABLE and busy < _MOST_BUSY:
        busy += 1
        time.sleep(_BETWEEN_SECONDS)
        page = _sent(visitor, content)
    seconds = time.monotonic() - began
    if page.status != HTTPStatus.OK:
        return seconds, busy, page.status
    return seconds, busy, come_back(stage.drop.visitor(), page.codename).status


def _sent(visitor: Visitor, content: bytes) -> Page:
    form = visitor.get("/report").form("message", "mandate")
    values = {"desk": [DESK], "mandate": "listen", "message": "Beside a storm."}
    return visitor.submit(form, values, [("a.bin", "text/plain", content)])
