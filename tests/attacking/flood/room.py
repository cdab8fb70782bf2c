"""A letterbox that is filled until it refuses, and the operator's switch: who comes back is let in all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.attacking.flood.stage import NARROW, WIDE, Stage
from tests.attacking.outcome import Figure, at_most, count, none_of
from tests.visitor import Page, Visitor

MOST_REPORTS = 40
FILE_BYTES = 1_500_000
TYPED = "Typed before it was full."


def figures(here: Stage) -> list[Figure]:
    """Fill the small letterbox from this machine itself, where nothing limits who asks; then throw the switch."""
    first = here.drop.visitor()
    words = _sent(first, NARROW, "The first one.").codename
    number, refused = _fill(here)
    found = [count("a full letterbox: reports until it refused", number, "reports")]
    found += _when_full(here, refused, words)
    return found + _when_closed(here, words)


def _fill(here: Stage) -> tuple[int, Page]:
    for number in range(MOST_REPORTS):
        page = _sent(here.drop.visitor(), NARROW, TYPED, [("a.bin", "application/octet-stream", bytes(FILE_BYTES))])
        if page.status != 200:
            return number, page
    return MOST_REPORTS, page


def _when_full(here: Stage, refused: Page, words: str) -> list[Figure]:
    status: Mapping[str, Any] = here.drop.server_json("status")["letterboxes"][NARROW]
    back, more = _came_back(here, words, "Said when it was full.")
    text_kept = refused.status == 503 and ("message", TYPED) in refused.form("message", "mandate").fields
    sent_elsewhere = _sent(here.drop.visitor(), WIDE, TYPED).status == 200
    return [
        none_of("a full letterbox: refusals that lost the text", not text_kept),
        none_of("a full letterbox: other desks that it closed", not sent_elsewhere),
        none_of("a full letterbox: returning reporters that it kept out", not (back and more)),
        at_most("a full letterbox: held", status["bytes"] / (1 << 20), status["quota_bytes"] / (1 << 20), "MiB"),
    ]


def _when_closed(here: Stage, words: str) -> list[Figure]:
    early = here.drop.visitor()
    form = early.get("/report").form("message", "mandate")
    here.drop.server("reports", "returning-only")
    late = early.submit(form, {"desk": [WIDE], "mandate": "listen", "message": TYPED})
    shown = here.visitor().get("/report")
    back, more = _came_back(here, words, "Said when it was closed.")
    here.drop.server("reports", "open")
    again = _sent(here.visitor(), WIDE, "After it was opened.")
    return [
        none_of("closed: first reports that were taken", late.status != 503),
        none_of("closed: texts that were lost", TYPED not in late.text),
        none_of("closed: forms that were still offered", shown.status != 503 or bool(shown.forms)),
        none_of("closed: returning reporters that it kept out", not (back and more)),
        none_of("opened again: reports that were refused", again.status != 200),
    ]


def _came_back(here: Stage, words: str, text: str) -> tuple[bool, bool]:
    """Come back over Tor and write; say whether each worked."""
    person = here.visitor()
    page = person.submit(person.get("/return").form("codename"), {"codename": words})
    if not page.path.startswith("/case"):
        return False, False
    before = here.items()
    sent = person.submit(page.form("message", "mandate"), {"message": text})
    return True, sent.status == 200 and here.items() == before + 1


def _sent(visitor: Visitor, desk: str, text: str, files: Sequence[tuple[str, str, bytes]] | None = None) -> Page:
    form = visitor.get("/report").form("message", "mandate")
    return visitor.submit(form, {"desk": [desk], "mandate": "listen", "message": text}, files)
