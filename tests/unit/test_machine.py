"""What root does on a drop's machine: hostile files lead nowhere, and half a word deletes nothing."""

from __future__ import annotations

import argparse
import base64
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dropbox.server.main import _parser
from scripts.machine import adding, clients, command, exchange, onion_keys, removing, withdrawing
from scripts.machine.as_user import as_user
from scripts.machine.places import Refused, places_of

KEY = f"descriptor:x25519:{'A' * 52}"
OTHER = f"descriptor:x25519:{'B' * 51}A"
MACHINE = Path(command.__file__).parent
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "anna.auth").write_text(f"{KEY}\n")
    return folder


@pytest.fixture
def tors(tmp_path: Path) -> Path:
    return tmp_path / "tor/authorized_clients"


@pytest.mark.parametrize(
    "name", ["", "A", "a_b", "-a", "a-", "a--b", "../x", "a/b", "a.b", "x" * 21, "tor", "b-courier", "a\n"]
)
def test_no_name_leads_out_of_its_folders(name: str) -> None:
    with pytest.raises(Refused):
        places_of(name)


@pytest.mark.parametrize(
    "name",
    ["anna.auth.part", ".anna.auth", "Anna.auth", "a b.auth", "nobody.auth", "-x.auth", f"{'x' * 40}.auth", "anna"],
)
def test_no_file_of_another_name_becomes_a_client(theirs: Path, name: str) -> None:
    (theirs / name).write_text(OTHER)
    assert clients.read_clients(theirs) == {"anna.auth": KEY}


@pytest.mark.parametrize(
    "text",
    ["", "x", f"{KEY}A", f"{KEY}\n{KEY}", KEY.lower(), f" {KEY}", f"{KEY}\0", "descriptor:x25519:" + "1" * 52, KEY * 9],
)
def test_no_file_of_another_form_becomes_a_client(theirs: Path, text: str) -> None:
    (theirs / "bad.auth").write_text(text)
    assert clients.read_clients(theirs) == {"anna.auth": KEY}


def test_no_link_and_no_device_is_read(theirs: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(OTHER)
    (theirs / "link.auth").symlink_to(tmp_path / "secret")
    os.mkfifo(theirs / "pipe.auth")
    (theirs / "dir.auth").mkdir()
    assert clients.read_clients(theirs) == {"anna.auth": KEY}
    (tmp_path / "way").symlink_to(theirs)
    assert clients.read_clients(tmp_path / "way") == {}


def test_no_number_of_files_fills_tors_folder(theirs: Path) -> None:
    for number in range(clients.MAX_CLIENTS + 9):
        (theirs / f"n{number}.auth").write_text(KEY)
    assert len(clients.read_clients(theirs)) == clients.MAX_CLIENTS


@pytest.mark.parametrize(
    "answer", [None, [], {"anna.auth": 1}, {"../x.auth": KEY}, {"anna.auth": f"{KEY}\n{KEY}"}, {"nobody.auth": KEY}]
)
def test_what_a_drops_process_sends_is_not_believed(answer: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        clients.checked_clients(answer)


def test_tor_is_never_without_a_client_because_it_would_let_everybody_in(tors: Path) -> None:
    assert clients.write_clients(tors, {"anna.auth": KEY}) is True
    nobody = (tors / "nobody.auth").read_text()
    assert nobody != f"{KEY}\n"
    assert clients.write_clients(tors, {}) is True
    assert [path.name for path in tors.iterdir()] == ["nobody.auth"]
    assert (tors / "nobody.auth").read_text() == nobody
    assert clients.write_clients(tors, {}) is False


def test_a_revoked_or_damaged_client_does_not_stay(tors: Path) -> None:
    clients.write_clients(tors, {"anna.auth": KEY, "bram.auth": OTHER})
    (tors / "stray.auth").write_text(KEY)
    (tors / "nobody.auth").write_text("")
    assert clients.write_clients(tors, {"bram.auth": KEY}) is True
    assert sorted(path.name for path in tors.iterdir()) == ["bram.auth", "nobody.auth"]
    assert (tors / "bram.auth").read_text() == f"{KEY}\n"
    assert (tors / "nobody.auth").read_text().startswith("descriptor:x25519:")
    assert all(path.stat().st_mode & 0o077 == 0 for path in tors.iterdir())


def test_a_revoked_client_is_noticed_and_a_new_one_breaks_nobody_off(tors: Path) -> None:
    clients.write_clients(tors, {"anna.auth": KEY})
    assert not clients.loses_a_client(tors, {"anna.auth": KEY, "bram.auth": OTHER})
    assert clients.loses_a_client(tors, {})
    assert clients.loses_a_client(tors, {"anna.auth": OTHER})
    assert not clients.loses_a_client(tors.parent / "not-there", {})


@pytest.mark.tor
@pytest.mark.skipif(shutil.which("tor") is None, reason="tor is not here")
def test_only_the_couriers_service_is_withdrawn_and_a_reload_brings_it_back(short_dir: Path) -> None:
    services = [short_dir / name for name in ("one", "one-courier", "two")]
    lines = "".join(f"HiddenServiceDir {each}\nHiddenServicePort 80 unix:{each}.sock\n" for each in services)
    control, cookie, torrc, defaults = (short_dir / name for name in ("c", "cookie", "torrc", "defaults"))
    head = f"DataDirectory {short_dir}/d\nDisableNetwork 1\nSocksPort 0\nControlSocket {control}\n"
    torrc.write_text(f"{head}CookieAuthentication 1\nCookieAuthFile {cookie}\nLog warn stdout\n{lines}")
    defaults.touch()
    tor = subprocess.Popen(["tor", "-f", torrc, "--defaults-torrc", defaults], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while not (control.exists() and cookie.exists()) and time.monotonic() < until:
            time.sleep(0.05)
        assert withdrawing.withdraw(services[1], control, cookie) is True
        assert withdrawing.withdraw(services[1], control, cookie) is False
        tor.send_signal(signal.SIGHUP)
        while time.monotonic() < until and not withdrawing.withdraw(services[1], control, cookie):
            time.sleep(0.05)
        assert withdrawing.withdraw(services[2], control, cookie) is True
        assert withdrawing.withdraw(services[0], control, cookie) is True
        assert withdrawing.withdraw(services[0], control, cookie) is False
    finally:
        tor.kill()
        tor.wait()


def test_no_client_is_written_through_a_link_that_was_planted(tors: Path, tmp_path: Path) -> None:
    clients.write_clients(tors, {})
    (tmp_path / "victim").write_text("whole")
    (tors / "anna.auth").symlink_to(tmp_path / "victim")
    (tors / ".anna.auth.part").symlink_to(tmp_path / "victim")
    clients.write_clients(tors, {"anna.auth": KEY})
    assert (tmp_path / "victim").read_text() == "whole"
    assert not (tors / "anna.auth").is_symlink()


@pytest.mark.parametrize("text", ["", "example.onion", "a" * 56 + ".onion.evil", "A" * 56 + ".onion", "../../etc"])
def test_nothing_but_an_onion_address_is_carried_back(tmp_path: Path, text: str) -> None:
    (tmp_path / "hostname").write_text(text)
    assert clients.read_address(tmp_path) is None
    assert clients.checked_address(text) is None


def test_what_fails_as_another_user_is_not_taken_for_an_answer(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> object:
        raise ValueError

    assert as_user(ME, lambda: {"a": 1}) == {"a": 1}
    with pytest.raises(Refused):
        as_user(ME, fail)
    assert "Traceback" not in capfd.readouterr().err
    with pytest.raises(Refused):
        as_user("no-such-user-here", fail)


def commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, one in action.choices.items():
                yield from commands(one, f"{name} {word}".strip())
        else:
            yield name, action


def test_no_command_has_a_file_that_the_wrapper_does_not_know() -> None:
    files = {
        (name, action.dest) for name, action in commands(_parser()) if action.type is Path and action.dest != "config"
    }
    assert files <= set(exchange.DIRECTIONS)


def test_an_export_never_goes_over_a_file_or_into_no_folder(tmp_path: Path) -> None:
    places, room = places_of("adviser", tmp_path), tmp_path / "room"
    room.mkdir()
    (tmp_path / "there").write_text("whole")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for file in (tmp_path / "there", tmp_path / "link", tmp_path / "no/such/file"):
        one = exchange.plan(["export", str(file)], "file", file, room)
        with pytest.raises(Refused):
            exchange.prepare(one, places)
    assert (tmp_path / "there").read_text() == "whole"


def test_a_word_that_may_mean_two_things_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        exchange.plan(["export", "--desk", "x", "x"], "file", Path("x"), tmp_path)
    with pytest.raises(Refused):
        exchange.plan(["restore", "--data", "x", "y"], "data", Path("x"), tmp_path)
    with pytest.raises(Refused):
        exchange.plan(["paint", "y"], "file", Path("y"), tmp_path)
    one = (
        exchange.plan(["export", "--desk", "x", "./x"], "file", Path("./x"), tmp_path)
        if Path("./x") != Path("x")
        else None
    )
    assert one is None or one.direction == "out"


def test_only_the_file_among_the_words_gets_another_name(tmp_path: Path) -> None:
    words = ["export", "--desk", "adviser", "/media/stick/a.bundle", "--json"]
    one = exchange.plan(words, "file", Path("/media/stick/a.bundle"), tmp_path)
    assert exchange.replaced(words, [one]) == ["export", "--desk", "adviser", str(one.inside), "--json"]
    words = ["onion", "save", "--file=/a/b"]
    one = exchange.Carried(Path("/a/b"), Path("/x/b"), "out")
    assert exchange.replaced(words, [one]) == ["onion", "save", "--file=/x/b"]


def test_what_comes_out_is_no_link_to_somebody_elses_file(tmp_path: Path) -> None:
    places = places_of("adviser", tmp_path)
    (tmp_path / "planted").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        exchange.bring_file_out(tmp_path / "planted", tmp_path / "out", places)
    assert not (tmp_path / "out").exists()


def test_taking_a_room_back_changes_nothing_behind_a_link_that_is_planted_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, victim = tmp_path / "room", tmp_path / "victim"
    (room / "sub").mkdir(parents=True)
    victim.mkdir()
    victim.chmod(0o755)

    def chown(path: Path, *_ids: int, **_how: bool) -> None:
        if path == room:
            (room / "sub").rmdir()
            (room / "sub").symlink_to(victim)

    monkeypatch.setattr("os.chown", chown)
    exchange.take(room)
    assert victim.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", [".bash_profile", "a\x1b[2Jb", "authorized_keys", "drop-01234567-2026-01-01.backup.x"])
def test_no_file_comes_out_into_a_folder_under_a_name_that_the_drops_user_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    me = pwd.getpwuid(os.getuid())
    monkeypatch.setattr("pwd.getpwnam", lambda _name: me)
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "drop-01234567-2026-01-01.backup").write_text("sealed")
    one, places = exchange.Carried(outside, inside, "out"), places_of("adviser", tmp_path)
    exchange.bring_out(one, places)
    (inside / name).write_text("theirs")
    with pytest.raises(Refused):
        exchange.bring_out(one, places)
    assert [path.name for path in outside.iterdir()] == ["drop-01234567-2026-01-01.backup"]


def test_root_reads_no_configuration_that_the_drops_user_may_have_put_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_whom: list[str] = []

    def done_as(user: str, work: Callable[[], object]) -> object:
        as_whom.append(user)
        return work()

    monkeypatch.setattr(command, "as_user", done_as)
    monkeypatch.setattr(command, "template_of", lambda _places: "short")
    places = places_of("adviser", tmp_path)
    places.settings.mkdir(parents=True)
    places.config.symlink_to("/dev/zero")
    with command.room_for_the_backups_configuration(places, ["restore", "x"]):
        assert places.config.is_symlink()
    assert as_whom == [places.user]


def test_root_makes_nothing_inside_of_a_folder_of_the_drops_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path] = []
    monkeypatch.setattr("shutil.chown", lambda path, *_who: given.append(path))
    monkeypatch.setattr(adding, "as_user", lambda _user, work: work())
    monkeypatch.setattr(adding, "template_of", lambda _places: "")
    monkeypatch.setattr(adding, "make_socket_folder", lambda _places: None)
    places = places_of("adviser", tmp_path)
    adding.add_folders(places)
    assert (places.settings / "keys").is_dir()
    assert given
    assert not [path for path in given if path.parent in given]


@pytest.mark.parametrize(
    "words", [["serve"], ["status", "--config", "x"], ["status", "--config=x"], ["status", "--conf", "x"]]
)
def test_no_other_configuration_and_no_second_server_is_started(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(Refused):
        command.refuse_what_is_not_for_here(words, places_of("adviser", tmp_path))


@pytest.mark.parametrize(
    "words",
    [[], ["--erase-everything"], ["a", "--erase-everything"], ["a", "--erase-everything", "b"], ["a", "--erase", "a"]],
)
def test_nothing_is_erased_by_half_a_word(words: list[str]) -> None:
    with pytest.raises(Refused):
        removing.is_to_be_erased(words)


def test_everything_is_erased_only_when_the_name_is_said_twice() -> None:
    assert removing.is_to_be_erased(["a", "--erase-everything", "a"])
    assert not removing.is_to_be_erased(["a"])


def make_key(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / onion_keys.SECRET).write_bytes(b"== ed25519v1-secret: type0 ==\0\0\0" + b"\n" * 64)
    (folder / onion_keys.PUBLIC).write_bytes(b"== ed25519v1-public: type0 ==\0\0\0" + b"p" * 32)
    (folder / onion_keys.ADDRESS).write_text(f"{'a' * 56}.onion\n")


def test_only_a_whole_onion_key_passes(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    keys = onion_keys.read_keys(tmp_path / "key")
    assert onion_keys.checked([keys, {}]) == [keys, {}]
    onion_keys.write_keys(tmp_path / "copy", keys)
    assert onion_keys.read_keys(tmp_path / "copy") == keys
    assert (tmp_path / "copy" / onion_keys.SECRET).stat().st_mode & 0o077 == 0
    onion_keys.remove_keys(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_no_onion_key_is_read_through_a_link(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    secret = tmp_path / "key" / onion_keys.SECRET
    secret.rename(tmp_path / "elsewhere")
    secret.symlink_to(tmp_path / "elsewhere")
    assert onion_keys.read_keys(tmp_path / "key") == {}


@pytest.mark.parametrize("name", [onion_keys.SECRET, onion_keys.PUBLIC, onion_keys.ADDRESS])
def test_half_or_a_forged_onion_key_is_none(tmp_path: Path, name: str) -> None:
    make_key(tmp_path / "key")
    (tmp_path / "key" / name).unlink()
    assert onion_keys.read_keys(tmp_path / "key") == {}
    (tmp_path / "key" / name).symlink_to("/etc/passwd")
    assert onion_keys.read_keys(tmp_path / "key") == {}
    forged = {
        key: base64.b64encode(b"x").decode() for key in (onion_keys.SECRET, onion_keys.PUBLIC, onion_keys.ADDRESS)
    }
    with pytest.raises(Refused):
        onion_keys.checked([forged, {}])
    with pytest.raises(Refused):
        onion_keys.checked([{"../x": "eA=="}, {}])


def test_root_runs_no_other_packages_code() -> None:
    names = [path.stem for path in MACHINE.glob("*.py") if path.stem not in ("__init__", "parsing")]
    imports = "; ".join(f"import machine.{name}" for name in names)
    code = f"import sys; sys.path.insert(0, {str(MACHINE.parent)!r}); {imports}; assert 'dropbox' not in sys.modules"
    done = subprocess.run(["/usr/bin/python3", "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_tors_profile_gets_its_line_once(tmp_path: Path) -> None:
    profile = tmp_path / "local/system_tor"
    adding.allow_sockets(profile)
    assert not profile.exists()
    profile.parent.mkdir()
    profile.write_text("# of the operator's")
    adding.allow_sockets(profile)
    adding.allow_sockets(profile)
    lines = profile.read_text().splitlines()
    assert lines[0] == "# of the operator's"
    assert lines.count(adding.PROFILE_LINE) == 1
