"""keys add, retire, replace, check: what they write, what they refuse, and that they seat nobody by themselves."""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dropbox import config
from dropbox.models import DeskId, Fingerprint, today
from dropbox.server.desk_keys import KeyWatch
from dropbox.server.drop import Drop
from dropbox.server.main import main
from tests import factories
from tests.conftest import Members
from tests.seating import change, seated

BOARD, BUREAU = DeskId("board"), DeskId("bureau")
_CONFIG = """\
# The drop of the party; ask Ilse before you change it.
keys_dir = "keys"
[organisation]
name = "Party"
languages = ["en"]      # others later
[server]
data_dir = "data"
allow_swap = true
[onion]
mode = "off"

[[desk]]
id = "board"
name.en = "Board"
# who reads for the board
fingerprints = [
    "{anna}",  # Anna
    "{bram}",  # Bram, since 2024
]
closed = false

# the bureau has one reader
[[desk]]
id = "bureau"
name.en = "Bureau"
fingerprints = ["{bram}"]
"""


@dataclass
class Room:
    folder: Path
    people: Members
    capsys: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def run(self, *words: str | Path | date, code: int = 0) -> str:
        """Run a verb; its lines, or the error."""
        assert main(["keys", *map(str, words), "--config", str(self.config)]) == code
        out, err = self.capsys.readouterr()
        return out if code == 0 else out + err

    def json(self, *words: str | Path, code: int = 0) -> object:
        return json.loads(self.run(*words, "--json", code=code))

    def file(self, name: Fingerprint) -> Path:
        path = self.folder / f"{name}.asc"
        path.write_bytes(factories.export_public(self.people.home, name))
        return path

    def desk(self, number: int = 0) -> dict[str, object]:
        found: dict[str, object] = tomllib.loads(self.config.read_text())["desk"][number]
        return found

    def open(self) -> Drop:
        return Drop.open(config.load(self.config), beside_server=True)


@pytest.fixture(name="room")
def _room(members: Members, short_dir: Path, capsys: pytest.CaptureFixture[str]) -> Room:
    factories.publish_keys(members.home, short_dir / "keys", [members.anna, members.bram])
    room = Room(short_dir, members, capsys)
    room.config.write_text(_CONFIG.format(anna=members.anna, bram=members.bram))
    room.config.chmod(0o640)
    room.open().close()
    return room


def test_adding_lists_the_key_and_seats_nobody(room: Room) -> None:
    cora = room.people.cora
    told = room.run("add", room.file(cora), "--desk", BOARD)
    assert room.desk()["fingerprints"] == [room.people.anna, room.people.bram, cora]
    assert (room.folder / "keys" / f"{cora}.asc").stat().st_mode & 0o777 == 0o644
    assert "Until a member has signed this" in told
    with room.open() as drop:
        assert seated(drop, BOARD) == {room.people.anna, room.people.bram}
        assert cora in drop.store.statements.proposals()[BOARD].members_on(today())


def test_comments_layout_mode_and_the_old_file_are_kept(room: Room) -> None:
    before = room.config.read_text()
    room.run("add", room.file(room.people.cora), "--desk", BOARD)
    after = room.config.read_text()
    assert [line for line in after.splitlines() if room.people.cora not in line] == before.splitlines()
    assert (room.folder / "config.toml.before").read_text() == before
    assert {room.config.stat().st_mode & 0o777, (room.folder / "config.toml.before").stat().st_mode & 0o777} == {0o640}
    assert sorted(path.name for path in room.folder.iterdir() if path.name.startswith(".")) == []


def test_retiring_takes_the_key_off_the_list_or_gives_it_a_last_day(room: Room) -> None:
    day = today() + timedelta(days=9)
    room.run("retire", room.people.bram, "--desk", BOARD, "--on", day)
    assert room.desk()["leaving"] == {room.people.bram: day}
    assert len(room.desk()["fingerprints"]) == 2  # type: ignore[arg-type]
    room.run("retire", room.people.bram, "--desk", BOARD)
    assert "leaving" not in room.desk()
    assert room.desk()["fingerprints"] == [room.people.anna]
    assert "# the bureau has one reader" in room.config.read_text()
    with room.open() as drop:
        assert seated(drop, BOARD) == {room.people.anna, room.people.bram}


def test_replacing_keeps_both_for_thirty_days(room: Room) -> None:
    found = room.json("replace", room.people.bram, room.file(room.people.cora), "--desk", BUREAU)
    until = today() + timedelta(days=30)
    assert isinstance(found, dict)
    assert {each["fingerprint"]: each["until"] for each in found["proposal"]["members"]} == {
        room.people.bram: until.isoformat(),
        room.people.cora: None,
    }
    assert room.desk(1)["leaving"] == {room.people.bram: until}
    assert len(found["proposal"]["words"].split()) == 10


def test_taking_a_change_back_takes_back_what_was_to_be_signed(room: Room) -> None:
    room.run("add", room.file(room.people.cora), "--desk", BOARD)
    assert "nothing to sign" in room.run("retire", room.people.cora, "--desk", BOARD)
    with room.open() as drop:
        assert drop.store.statements.proposals() == {}


def nonsense(room: Room) -> bytes:
    return b"no key\n"


def two(room: Room) -> bytes:
    return b"".join(factories.export_public(room.people.home, name) for name in (room.people.anna, room.people.cora))


def secret(room: Room) -> bytes:
    return factories.export_secret(room.people.home, room.people.cora)


def made(room: Room, **how: object) -> bytes:
    home = factories.new_home(room.folder, "made")
    key = factories.make_key(home, "new", **how)  # type: ignore[arg-type]
    return factories.export_public(home, key)


def expired(room: Room) -> bytes:
    return made(room, at=datetime.now(UTC) - timedelta(days=9), expires="2d")


def for_signing_alone(room: Room) -> bytes:
    return made(room, encrypt=False)


def revoked(room: Room) -> bytes:
    home = factories.new_home(room.folder, "revoked")
    key = factories.make_key(home, "new")
    factories.revoke_key(home, key)
    return factories.export_public(home, key)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (nonsense, "no public key"),
        (two, "more than one key"),
        (secret, "a secret key"),
        (expired, "has expired"),
        (revoked, "is revoked"),
        (for_signing_alone, "no part that can be encrypted to"),
    ],
)
def test_a_file_that_no_desk_can_use_changes_nothing(room: Room, content: object, said: str) -> None:
    path = room.folder / "new.asc"
    path.write_bytes(content(room))  # type: ignore[operator]
    state = room.config.read_bytes(), sorted((room.folder / "keys").iterdir())
    told = room.run("add", path, "--desk", BOARD, code=1)
    assert said in told
    assert "hint:" in told
    assert (room.config.read_bytes(), sorted((room.folder / "keys").iterdir())) == state
    assert not (room.folder / "config.toml.before").exists()


def test_what_makes_no_sense_is_refused_and_changes_nothing(room: Room) -> None:
    anna, bram, cora = room.people.anna, room.people.bram, room.people.cora
    before = room.config.read_bytes()
    for words, said in (
        (["add", room.file(anna), "--desk", BOARD], "already"),
        (["add", room.file(cora), "--desk", "nobody"], "no such desk"),
        (["add", room.folder / "none.asc", "--desk", BOARD], "cannot be read"),
        (["retire", cora, "--desk", BOARD], "not on the desk's list"),
        (["retire", bram, "--desk", BUREAU], "without a member"),
        (["retire", bram, "--desk", BUREAU, "--on", today().isoformat()], "without a member"),
        (["replace", cora, room.file(cora), "--desk", BOARD], "not on the desk's list"),
        (["replace", bram, room.file(anna), "--desk", BOARD], "already"),
    ):
        assert said in room.run(*words, code=1)
    assert room.config.read_bytes() == before


@pytest.mark.parametrize("day", ["2020-01-31", "soon", "2027-02-30"])
def test_a_day_that_is_over_or_none_is_a_slip_of_the_pen(room: Room, day: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        room.run("retire", room.people.bram, "--desk", BOARD, "--on", day)
    assert stopped.value.code == 2


def test_a_desk_that_would_have_too_many_members_is_not_written(room: Room) -> None:
    text = room.config.read_text().replace(
        f'fingerprints = ["{room.people.bram}"]',
        "fingerprints = [" + ", ".join(f'"{number:040X}"' for number in range(50)) + "]",
    )
    room.config.write_text(text)
    assert "50" in room.run("add", room.file(room.people.cora), "--desk", BUREAU, code=1)
    assert room.config.read_text() == text
    assert not (room.folder / "keys" / f"{room.people.cora}.asc").exists()


def test_who_may_not_write_the_configuration_is_told_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("dropbox.server.config_edit.mkstemp", refuse)
    before = room.config.read_bytes()
    told = room.run("add", room.file(room.people.cora), "--desk", BOARD, code=1)
    assert "cannot be written by this user" in told
    assert room.config.read_bytes() == before


def test_another_user_than_the_drops_edits_and_leaves_the_store_alone(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that root opened would have files that the server cannot write."""
    monkeypatch.setattr("dropbox.server.desk_keys.is_ours", lambda _settings: False)
    monkeypatch.setattr(Drop, "open", lambda *_, **__: pytest.fail("the store was opened"))
    assert "does not own the data folder" in room.run("add", room.file(room.people.cora), "--desk", BOARD)


def test_check_says_what_stops_a_desk_what_waits_and_who_may_sign(room: Room) -> None:
    assert "usable, does not expire" in room.run("check")
    room.run("add", room.file(room.people.cora), "--desk", BOARD)
    told = room.run("check")
    assert "a change waits for a member's signature" in told
    assert f"joins: {room.people.cora}" in told
    signers = sorted(f"…{name[-16:]}" for name in (room.people.anna, room.people.bram))
    assert all(name in told.partition("who may sign it:")[2] for name in signers)
    (room.folder / "keys" / f"{room.people.bram}.asc").unlink()
    found = room.json("check", code=1)
    assert isinstance(found, list)
    assert [(each["desk"], each["stopped"]) for each in found] == [("board", True), ("bureau", True)]
    assert {each["problem"] for each in found[0]["members"]} == {None, "missing"}


def test_check_tells_days_to_the_end_and_who_leaves(room: Room) -> None:
    home = factories.new_home(room.folder, "soon")
    soon = factories.make_key(home, "soon", expires="20d")
    factories.publish_keys(home, room.folder / "keys", [soon])
    until = today() + timedelta(days=5)
    with room.open() as drop:
        anna, bram = room.people.anna, room.people.bram
        change(drop, BOARD, {anna: None, bram: until, soon: None}, room.people.gpg, anna)
    told = room.run("check")
    assert "expires in 20 days" in told
    assert f"leaves after {until}" in told


def test_a_running_server_says_once_a_day_which_key_ends_soon(room: Room) -> None:
    home = factories.new_home(room.folder, "soon")
    soon = factories.make_key(home, "soon", expires="20d")
    factories.publish_keys(home, room.folder / "keys", [soon])
    with room.open() as drop:
        anna, bram = room.people.anna, room.people.bram
        change(drop, BOARD, {anna: None, bram: None, soon: None}, room.people.gpg, anna)
        watch = KeyWatch(drop)
        (line,) = watch.lines(today())
        assert line.startswith("warning: a key of desk board expires on ")
        assert watch.lines(today()) == ()
        (room.folder / "keys" / f"{soon}.asc").unlink()
        (line,) = watch.lines(today() + timedelta(days=1))
        assert "desk board takes no report" in line
