"""disclose on the command line: a plan, the question, the answer, the pack; and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dropbox.envelope import Ask, AskKind
from dropbox.models import Kind, Mandate, Plaintext
from dropbox.workstation.casebook import detail_of
from dropbox.workstation.disclosure import releasing
from dropbox.workstation.disclosure.plan import parse_plan
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.writing import HeldFile
from tests.begun import Begun, begun
from tests.factories_bundles import People, World
from tests.packs import PackRoom, everything_in, letters_of, needs_sandbox, unsealed

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def begun_once(people: People) -> Iterator[Begun[PackRoom]]:
    with begun(people, PackRoom.make) as made:
        yield made


@pytest.fixture
def room(begun_once: Begun[PackRoom]) -> PackRoom:
    return begun_once.again()


@pytest.fixture
def advised(here: World) -> PackRoom:
    return PackRoom.make(here, Mandate.ADVISE)


def begin(room: PackRoom, *more: str) -> Path:
    """Write a plan with a council that reads the open part, and cora who gets the annex."""
    here = room.here
    plan = here.folder / "plan.json"
    readers = ["--reader", "The council", "--reader", f"First reader={here.cora.key}"]
    here.anna.ok("disclose", room.case.id, "--new", plan, *readers, *more)
    return plan


def key_file(room: PackRoom) -> Path:
    path = room.here.folder / "cora.asc"
    path.write_bytes(room.given[0])
    return path


def made(room: PackRoom, plan: Path | str, folder: str = "pack") -> Any:
    target = room.here.folder / folder
    return room.here.anna.ok("disclose", room.case.id, "--plan", plan, "--key", key_file(room), "--to", target)


def asked(room: PackRoom, plan: Path) -> tuple[str, Any]:
    """Ask the reporter, carry the question to the drop, and return its id with the command's document."""
    done = room.here.anna.ok("disclose", room.case.id, "--plan", plan, "--key", key_file(room), "--ask")
    ask = room.look(lambda vault: detail_of(vault.casebook.items[done["item"]]).ask)
    bound = room.look(lambda vault: vault.casebook.bound.drop)
    return ask.id_in(bound, room.case.id, done["item"]), done


def answer(room: PackRoom, ask: str, text: str, mandate: Mandate = Mandate.ADVISE) -> None:
    here = room.here
    here.anna.ok("export", here.folder / f"answer-{text}.tar")
    here.drop.take(here.folder / f"answer-{text}.tar", room.case)
    here.drop.send(room.case, "", kind=Kind.MESSAGE, mandate=mandate, answers={f"consent-{ask}": text})
    here.anna.ok("import", here.drop.pickup())


def test_a_plan_that_is_begun_takes_out_what_is_pointed_at(room: PackRoom) -> None:
    plan = json.loads(begin(room).read_bytes())
    named = {name for each in plan["persons"] for name in each["names"]}
    assert "Karin van der Berg" in named
    assert "06-12345678" in plan["phrases"]
    assert begin_mode(room) == 0o600


def begin_mode(room: PackRoom) -> int:
    return (room.here.folder / "plan.json").stat().st_mode & 0o777


def test_two_names_that_are_given_as_one_person_become_one_letter(room: PackRoom) -> None:
    plan = json.loads(begin(room, "--name", "Karin van der Berg; KB", "--name", "Jan Jansen").read_bytes())
    assert [each["names"] for each in plan["persons"] if "KB" in each["names"]] == [["Karin van der Berg", "KB"]]


def test_a_plan_shows_its_open_text_before_anything_is_made(room: PackRoom) -> None:
    plan = begin(room)
    shown = room.here.anna.ok("disclose", room.case.id, "--plan", plan)
    assert shown["allowed"] is True
    assert all("Karin" not in each["text"] for each in shown["items"])
    text = room.here.anna.run("disclose", room.case.id, "--plan", plan).out
    assert "Karin" not in text
    assert "Open part" in text


def test_a_pack_is_made_with_the_commands_alone(room: PackRoom) -> None:
    done = made(room, begin(room, "--leave-out", "My mother knows"))
    files = everything_in(Path(done["folder"]))
    assert {"open/open.txt", "annex.pgp", "cover.txt"} <= set(files)
    assert b"mother" not in files["open/open.txt"]
    assert "Karin van der Berg" in letters_of(unsealed(room.here.cora, Path(done["folder"]) / "annex.pgp")).values()
    told = room.here.anna.ok("disclose", room.case.id)
    assert [each["plan"] for each in told["plans"]] == [done["plan"]]


def test_without_consent_the_command_refuses_and_names_the_way(advised: PackRoom) -> None:
    plan = begin(advised)
    error = advised.here.anna.refused(
        "disclose", advised.case.id, "--plan", plan, "--key", key_file(advised), "--to", advised.here.folder / "pack"
    )
    assert "has not agreed" in error
    assert not (advised.here.folder / "pack").exists()


def test_a_pack_is_made_once_after_the_reporter_agreed_to_it(advised: PackRoom) -> None:
    ask, done = asked(advised, begin(advised))
    answer(advised, ask, "yes")
    # weeks later: the plan's file is gone, and the note has the plan and the key
    (advised.here.folder / "plan.json").unlink()
    anna = advised.here.anna
    pack = anna.ok("disclose", advised.case.id, "--plan", done["plan"][:12], "--to", advised.here.folder / "pack")
    assert pack["consent"] == ask
    assert "agreed" in (Path(pack["folder"]) / "cover.txt").read_text()
    assert "had agreed to just this" in " ".join(anna.run("read", advised.case.id).out.split())
    again = anna.refused("disclose", advised.case.id, "--plan", done["plan"], "--to", advised.here.folder / "again")
    assert "once" in again


def test_no_reporter_is_asked_the_same_twice_before_they_answered(advised: PackRoom) -> None:
    """Two yeses to one plan would be good for two packs."""
    plan = begin(advised)
    asked(advised, plan)
    again = ("disclose", advised.case.id, "--plan", plan, "--key", key_file(advised), "--ask")
    assert "asked this already" in advised.here.anna.refused(*again)


def test_a_no_stays_a_no(advised: PackRoom) -> None:
    ask, done = asked(advised, begin(advised))
    answer(advised, ask, "no")
    error = advised.here.anna.refused(
        "disclose", advised.case.id, "--plan", done["plan"], "--to", advised.here.folder / "pack"
    )
    assert "said no" in error


def test_a_no_to_this_pack_stays_a_no_under_the_mandate_investigate(room: PackRoom) -> None:
    ask, done = asked(room, begin(room))
    before = room.here.anna.refused("disclose", room.case.id, "--plan", done["plan"], "--to", room.here.folder / "pack")
    assert "has not agreed" in before
    answer(room, ask, "no", Mandate.INVESTIGATE)
    after = room.here.anna.refused("disclose", room.case.id, "--plan", done["plan"], "--to", room.here.folder / "pack")
    assert "said no" in after


def test_a_yes_to_one_text_gives_no_pack_with_another(advised: PackRoom) -> None:
    """A member who asks without this program attaches something harmless, and has a colleague carry out the rest."""
    plan = parse_plan(begin(advised).read_bytes())
    with advised.opened() as (vault, shown):
        releasing.keep(vault, shown.case, plan, advised.given[:1])
        question = Ask(AskKind.DISCLOSE, "01" * 16, plan.readers, plan.sha256)
        harmless = (HeldFile(releasing.ASKED_TEXT, b"A nice day.\n"),)
        reply = write_to_case(vault, shown.case, Draft(Kind.REPLY, Plaintext("May we?"), harmless, ask=question))
        ask = question.id_in(vault.casebook.bound.drop, shown.case.case, reply.item)
    answer(advised, ask, "yes")
    target = advised.here.folder / "pack"
    error = advised.here.anna.refused("disclose", advised.case.id, "--plan", plan.sha256, "--to", target)
    assert "not of this case as it is here" in error
    assert not target.exists()


def test_consent_for_one_pack_opens_no_other(advised: PackRoom) -> None:
    plan = begin(advised)
    ask, _done = asked(advised, plan)
    answer(advised, ask, "yes")
    wider = json.loads(plan.read_bytes())
    wider["readers"] = [*wider["readers"], {"name": "Somebody else", "fingerprint": None}]
    plan.write_text(json.dumps(wider))
    error = advised.here.anna.refused(
        "disclose", advised.case.id, "--plan", plan, "--key", key_file(advised), "--to", advised.here.folder / "pack"
    )
    assert "has not agreed" in error


def test_the_reporter_is_shown_just_what_the_readers_would_read(advised: PackRoom) -> None:
    _ask, done = asked(advised, begin(advised))
    folder = advised.here.folder / "files"
    advised.here.anna.ok("extract", advised.case.id, "--to", folder)
    texts = [path.read_text() for path in folder.iterdir() if path.name.endswith("open-part.txt")]
    assert len(texts) == 1
    assert "Karin" not in texts[0]
    shown = advised.here.anna.ok("disclose", advised.case.id, "--plan", done["plan"])
    assert " ".join(shown["items"][0]["text"].split()) in " ".join(texts[0].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--leave-out", "words that stand nowhere"],
        ["--reader", "Somebody=ABC"],
        ["--reader", "Somebody="],
        ["--reader", ""],
        ["--name", "x"],
        ["--file", "1-1=redrawn"],
        ["--file", "99-1=annex"],
    ],
)
def test_a_plan_of_nonsense_is_refused_and_not_written(room: PackRoom, arguments: list[str]) -> None:
    room.here.anna.refused("disclose", room.case.id, "--new", room.here.folder / "plan.json", *arguments)
    assert not (room.here.folder / "plan.json").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"[" * 100_000, b"\xff", b'{"format": 2}', b"x" * 2_000_000])
def test_what_is_no_plan_is_refused(room: PackRoom, content: bytes) -> None:
    path = room.here.folder / "odd.json"
    path.write_bytes(content)
    assert "no plan" in room.here.anna.refused("disclose", room.case.id, "--plan", path)


def test_a_plan_of_another_case_is_refused(room: PackRoom) -> None:
    other = PackRoom.make_another(room)
    plan = begin(room)
    room.here.anna.refused("disclose", other.case.id, "--plan", plan)


def test_an_unknown_plan_is_refused(room: PackRoom) -> None:
    assert "No such plan" in room.here.anna.refused("disclose", room.case.id, "--plan", "abcdef12")
