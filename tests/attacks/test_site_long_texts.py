"""Texts far over the limit, over a real connection: given back whole, and no thread or place taken for good."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dropbox.server.form import MAX_FIELDS_BYTES
from dropbox.server.limits import MIB
from tests.arrivals import Site as Arrival
from tests.arrivals import running
from tests.site_room import Site
from tests.visitor import Page, Visitor

LETTERS_OF_FIVE = "'"
"""Escaped it takes five bytes: the costliest text to give back."""


@pytest.fixture
def arrival(site: Site, tmp_path: Path) -> Iterator[Arrival]:
    with running(site.app, tmp_path, max_upload_bytes=5 * MIB, drain_idle_seconds=0.1) as arrival:
        yield arrival


def sent(arrival: Arrival, text: str) -> Page:
    visitor = Visitor(*arrival.address)
    form = visitor.get("/report").form("message")
    return visitor.submit(form, {"message": text, "desk": "confidant"}, [])


@pytest.mark.parametrize("kib", [100, 300, 490])
def test_a_text_of_any_length_up_to_the_bound_comes_back_whole(arrival: Arrival, kib: int) -> None:
    text = ("She said it again, and <nobody> did anything. " * 30 * kib)[: kib * 1024]
    page = sent(arrival, text)
    assert page.status == 400
    assert ("message", text) in page.form("message").fields
    assert ("desk", "confidant") in page.form("message").fields


def test_a_text_over_the_bound_gets_its_page(arrival: Arrival) -> None:
    page = sent(arrival, "x" * (MAX_FIELDS_BYTES + MIB))
    assert page.status == 400
    assert "The text is much too long" in page.text


def test_twelve_costly_texts_at_once_are_all_given_back_and_leave_every_place_free(arrival: Arrival) -> None:
    text = LETTERS_OF_FIVE * (MAX_FIELDS_BYTES - 4096)
    with ThreadPoolExecutor(12) as crowd:
        pages = list(crowd.map(lambda _: sent(arrival, text), range(12)))
    assert {page.status for page in pages} <= {400, 503}, "a crowd is told that it is busy"
    given_back = [page for page in pages if page.status == 400]
    assert len(given_back) >= 3
    assert all(len(page.body) > 5 * len(text) for page in given_back)
    assert arrival.server.gate.uploads == 0
    assert sent(arrival, "A short one.").codename
