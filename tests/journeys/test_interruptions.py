"""What must survive: a server killed after it acknowledged, and an answer that was lost on the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drop_process import command
from tests.journeys.test_loop import sealed_items
from tests.journeys.world import Person, World, come_back, send_report, unzip
from tests.visitor import Form, Visitor, multipart


@pytest.fixture
def world(tmp_path: Path, people: dict[str, Person]) -> Iterator[World]:
    made = World.make(tmp_path, people)
    with made.drop:
        yield made


def texts(world: World, name: str, tmp_path: Path) -> list[bytes]:
    """Open every item of a fresh pickup bundle with gpg and unzip alone."""
    member = world.members[name]
    bundle = world.export(member.desk)
    opened = [member.unseal(item) for item in sealed_items(bundle, tmp_path / bundle.stem)]
    return sorted(unzip(plain)["message.txt"] for plain in opened if plain is not None)


def send_and_hang_up(visitor: Visitor, form: Form, values: dict[str, str | list[str]], world: World) -> None:
    """Send a whole form and close the line without reading the answer."""
    body, kind = multipart(visitor.filled(form, values), [("a.bin", "application/octet-stream", b"\x00" * 200_000)])
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = (
        f"POST {form.action} HTTP/1.1\r\nHost: drop\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", world.drop.port), timeout=30) as line:
        line.sendall(head.encode() + body)
        line.recv(1)  # the answer has begun, so the item is committed; the rest of it never arrives


def test_a_kill_between_acknowledgement_and_pickup_loses_nothing(world: World, tmp_path: Path) -> None:
    codename = send_report(world.drop.visitor(), "Sent before the crash.", ["advisers"]).codename
    world.drop.kill()
    world.drop.start()
    assert texts(world, "anna", tmp_path) == [b"Sent before the crash."]
    assert come_back(world.drop.visitor(), codename).path.split("?")[0] == "/case"


def test_a_report_sent_again_after_a_lost_answer_is_not_stored_twice(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    form = visitor.get("/report").form("message", "mandate")
    values: dict[str, str | list[str]] = {"desk": ["advisers"], "mandate": "listen", "message": "Only once."}
    send_and_hang_up(visitor, form, values, world)
    files = [("a.bin", "application/octet-stream", b"\x00" * 200_000)]
    first = visitor.submit(form, values, files).codename
    world.drop.kill()
    world.drop.start()
    assert visitor.submit(form, values, files).codename == first, "a restart must not change the codename"
    assert texts(world, "anna", tmp_path) == [b"Only once."]
    assert world.drop.server_json("status")["cases"] == 1


def test_a_changed_resend_is_kept_in_the_same_case(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    form = visitor.get("/report").form("message", "mandate")
    values = {"desk": ["advisers"], "mandate": "listen"}
    first = visitor.submit(form, {**values, "message": "First wording."}).codename
    second = visitor.submit(form, {**values, "message": "Second wording."}).codename
    assert first == second
    assert texts(world, "anna", tmp_path) == [b"First wording.", b"Second wording."]
    assert world.drop.server_json("status")["cases"] == 1


def test_a_follow_up_sent_twice_is_not_stored_twice(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    codename = send_report(visitor, "Report.", ["advisers"]).codename
    page = come_back(visitor, codename)
    form = page.form("message", "mandate")
    for _ in range(2):
        assert visitor.submit(form, {"message": "Follow-up."}).status == 200
    assert texts(world, "anna", tmp_path) == [b"Follow-up.", b"Report."]


def test_text_typed_into_an_ended_session_is_not_lost(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    codename = send_report(visitor, "Report.", ["advisers"]).codename
    form = come_back(visitor, codename).form("message", "mandate")
    world.drop.stop()
    world.drop.start()
    page = visitor.submit(form, {"message": "Typed for half an hour."})
    assert page.status == 401
    assert "Typed for half an hour." in page.text
    page = visitor.submit(page.form("codename"), {"codename": codename})
    assert "Typed for half an hour." in page.text
    assert visitor.submit(page.form("message", "mandate")).status == 200
    assert texts(world, "anna", tmp_path) == [b"Report.", b"Typed for half an hour."]


def test_an_export_never_overwrites(world: World, tmp_path: Path) -> None:
    target = tmp_path / "taken.tar"
    target.write_bytes(b"mine")
    command("dropbox-server", "export", "--config", world.drop.config, "--desk", "advisers", target, code=1)
    assert target.read_bytes() == b"mine"


def test_an_idle_server_ends_within_ten_seconds_of_a_polite_request(world: World) -> None:
    assert world.drop.stop() == 0
