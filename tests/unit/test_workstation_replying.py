"""Replies and notes: to the right keys, only in trust, and read by their author at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from dropbox.errors import NotForYou
from dropbox.gpg import Gpg
from dropbox.models import Kind, Mandate, SealedKind
from dropbox.reply_box import read_container, unlock
from dropbox.writing import open_writing
from tests import factories
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, World, joined, left


def begun(here: World, *, mandate: Mandate = Mandate.ADVISE, both: bool = False) -> Case:
    """A confirmed vault with one case."""
    case = Case()
    here.start()
    here.drop.send(case, mandate=mandate, desks=(DESK, OTHER_DESK) if both else (DESK,))
    here.anna.ok("import", here.drop.pickup())
    return case


def container(here: World, item: str, kind: str = "reply") -> Path:
    path = here.anna.vault / "items" / f"{item}{SealedKind(kind).suffix}"
    assert path.is_file()
    return path


def opens_lock(path: Path, home: Path) -> bool:
    with path.open("rb") as stream:
        lock = read_container(stream).desk_lock
    try:
        return len(Gpg(home, agent=True).unseal_bytes(lock, 64)) == 32
    except NotForYou:
        return False


def test_a_reply_reaches_the_reporter_and_every_member_and_nobody_else(here: World) -> None:
    case = begun(here, both=True)
    item = here.anna.ok("reply", case.id, "--text-file", here.text("For you."))["item"]
    path = container(here, item)
    opened = {person.name: opens_lock(path, person.home) for person in (here.anna, here.bram, here.cora, here.dirk)}
    assert opened == {"anna": True, "bram": True, "cora": True, "dirk": False}
    here.anna.ok("export", here.folder / "a.tar")
    (entry,) = here.drop.take(here.folder / "a.tar", case).entries
    assert entry.lock is not None
    key = unlock(entry.lock, case.reply_key)
    envelope = open_writing(path, key, lambda _signed, _signature: here.anna.key)
    assert envelope.message.reveal() == "For you."
    assert envelope.header.desks == (OTHER_DESK, DESK)


def test_a_note_stays_within_ones_own_desk_and_has_no_lock_for_the_reporter(here: World) -> None:
    case = begun(here, both=True)
    item = here.anna.ok("note", case.id, "--text-file", here.text("Between us."))["item"]
    path = container(here, item, "note")
    assert [opens_lock(path, person.home) for person in (here.anna, here.bram, here.cora)] == [True, True, False]
    here.anna.ok("export", here.folder / "a.tar")
    (entry,) = here.drop.take(here.folder / "a.tar", case).entries
    assert (entry.kind, entry.lock) == (SealedKind.NOTE, None)


def test_what_one_wrote_is_read_at_once_and_counts_as_read(here: World) -> None:
    case = begun(here)
    attached = here.folder / "bijlage.txt"
    attached.write_bytes(b"hello")
    here.anna.ok("reply", case.id, "--text-file", here.text("Answer."), "--attach", attached)
    here.anna.ok("note", case.id, "--text-file", here.text("Note."))
    items = here.anna.ok("read", case.id)["items"]
    assert [(item["kind"], item["text"]) for item in items[1:]] == [("reply", "Answer."), ("note", "Note.")]
    assert [(each["name"], each["bytes"]) for each in items[1]["attachments"]] == [("bijlage.txt", 5)]
    summary = here.anna.ok("cases")[0]
    assert (summary["submissions"], summary["replies"], summary["unread"]) == (1, 1, 0)


def test_a_clock_that_is_behind_does_not_put_an_answer_before_the_question(here: World) -> None:
    here.drop.day += timedelta(days=3)
    case = begun(here)
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.drop.send(case, "And now?")
    here.anna.ok("import", here.drop.pickup())
    assert [item["kind"] for item in here.anna.ok("read", case.id)["items"]] == ["report", "reply", "message"]


def test_nothing_is_written_before_the_drops_key_was_compared(here: World) -> None:
    case = Case()
    here.drop.send(case)
    here.anna.ok("init")
    here.anna.ok("import", here.drop.pickup())
    before = sorted((here.anna.vault / "items").iterdir())
    for command in ("reply", "note"):
        assert "not been confirmed" in here.anna.refused(command, case.id, "--text-file", here.text())
    assert "not been confirmed" in here.anna.refused("export", here.folder / "a.tar")
    assert sorted((here.anna.vault / "items").iterdir()) == before
    assert here.anna.ok("read", case.id)["items"]
    here.anna.ok("confirm", here.drop.words)
    here.anna.ok("reply", case.id, "--text-file", here.text())


def test_a_trial_drop_is_answered_without_words(here: World) -> None:
    here.drop.trial = True
    case = Case()
    here.drop.send(case)
    here.anna.ok("init")
    assert "TRIAL" in here.anna.run("import", here.drop.pickup()).out
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.anna.ok("export", here.folder / "a.tar")


def test_a_confirmed_newcomer_can_read_the_next_reply(here: World) -> None:
    case = begun(here)
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    here.anna.ok("import", here.drop.pickup())
    here.anna.refused("reply", case.id, "--text-file", here.text())
    words = here.anna.run("cases").out.split("with another member:")[1].split("If they")[0]
    assert here.anna.ok("confirm", "--roster", words) == {"confirmed": "roster", "desk": DESK}
    item = here.anna.ok("reply", case.id, "--text-file", here.text())["item"]
    assert opens_lock(container(here, item), here.dirk.home)


def test_a_member_who_left_cannot_read_the_next_reply(here: World) -> None:
    case = begun(here)
    here.next_day()
    here.drop.rosters[DESK] = left(here.drop.rosters[DESK], here.bram.key, here.drop.day)
    here.anna.ok("import", here.drop.pickup())
    words = here.anna.run("cases").out.split("with another member:")[1].split("If they")[0]
    here.anna.ok("confirm", "--roster", words)
    item = here.anna.ok("reply", case.id, "--text-file", here.text())["item"]
    assert not opens_lock(container(here, item), here.bram.home)


def test_a_member_whose_key_cannot_be_used_stops_the_reply(here: World) -> None:
    case = begun(here)
    dead = factories.make_key(here.folder / "dead", "dead", encrypt=False)
    here.drop.public.import_keys(factories.export_public(here.folder / "dead", dead))
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], dead, here.drop.day)
    here.anna.ok("import", here.drop.pickup())
    words = here.anna.run("cases").out.split("with another member:")[1].split("If they")[0]
    here.anna.ok("confirm", "--roster", words)
    assert "integrity: A member's key" in here.anna.refused("reply", case.id, "--text-file", here.text())
    assert len(here.anna.ok("read", case.id)["items"]) == 1


def test_who_is_not_on_the_roster_writes_nothing(here: World) -> None:
    case = Case()
    here.start(here.dirk)
    here.drop.send(case, recipients=[*here.drop.recipients([DESK]), here.dirk.key])
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    here.drop.rosters[DESK] = left(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    here.dirk.ok("import", here.drop.pickup())
    assert here.dirk.ok("read", case.id)["items"]
    for command in ("reply", "note"):
        assert "not on this desk's roster" in here.dirk.refused(command, case.id, "--text-file", here.text())
    here.dirk.refused("export", here.folder / "a.tar")


def test_a_withdrawn_case_is_not_answered_until_the_withdrawal_is_taken_back(here: World) -> None:
    case = begun(here)
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    assert "withdrawn" in here.anna.refused("reply", case.id, "--text-file", here.text())
    assert "WITHDRAWN" in here.anna.run("read", case.id).out
    here.drop.send(case, "", kind=Kind.WITHDRAWAL, undo=True)
    here.anna.ok("import", here.drop.pickup())
    assert "WITHDRAWN" not in here.anna.run("read", case.id).out
    here.anna.ok("reply", case.id, "--text-file", here.text())


def test_under_listen_one_may_answer_and_is_told_what_is_closed(here: World) -> None:
    case = begun(here, mandate=Mandate.LISTEN)
    assert "listen only" in here.anna.run("reply", case.id, "--text-file", here.text()).out
    assert "listen only" in here.anna.ok("reply", case.id, "--text-file", here.text())["notice"]
    here.drop.send(case, "", kind=Kind.MANDATE, mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("reply", case.id, "--text-file", here.text())["notice"] == ""


def test_the_mandate_is_shown_with_its_history(here: World) -> None:
    case = begun(here, mandate=Mandate.LISTEN)
    here.next_day()
    here.drop.send(case, mandate=Mandate.LISTEN)
    here.drop.send(case, "", kind=Kind.MANDATE, mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    shown = here.anna.run("read", case.id).out
    day = here.drop.day.isoformat()
    assert "set to listen by the reporter, in submission 1" in shown
    assert f"{day}  changed to investigate by the reporter, in submission 3" in shown
    assert "submission 2" not in shown
    assert here.anna.ok("cases")[0]["mandate"] == "investigate"


def test_text_may_come_from_standard_input(here: World) -> None:
    case = begun(here)
    here.anna.ok("reply", case.id, "--text-file", "-", stdin="Één antwoord.\n".encode())
    assert here.anna.ok("read", case.id)["items"][1]["text"] == "Één antwoord.\n"


@pytest.mark.parametrize("data", [b"", b" \n", b"\xff\xfe", b"x" * (48 * 1024 + 1)])
def test_a_text_that_cannot_be_sent_is_refused(here: World, data: bytes) -> None:
    case = begun(here)
    here.anna.refused("reply", case.id, "--text-file", "-", stdin=data)
    assert len(here.anna.ok("read", case.id)["items"]) == 1


def test_attachments_that_are_too_large_or_no_files_are_refused_and_leave_nothing(here: World) -> None:
    case = begun(here)
    large = here.folder / "large"
    with large.open("wb") as stream:
        stream.truncate(25 * 1024 * 1024 + 1)
    before = sorted((here.anna.vault / "items").iterdir())
    for attached in (large, here.folder, here.folder / "missing"):
        here.anna.refused("reply", case.id, "--text-file", here.text(), "--attach", attached)
    assert sorted((here.anna.vault / "items").iterdir()) == before
