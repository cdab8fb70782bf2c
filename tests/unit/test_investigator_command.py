"""dropbox-server investigator: let in, listed and sent away while it serves; the words are kept nowhere."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dropbox.client_key import ClientKey
from dropbox.server.main import main
from tests import factories
from tests.conftest import Members
from tests.drop_process import DropProcess, free_port
from tests.store_room import bytes_under
from tests.visitor import Visitor

KEY = ClientKey.new().public
Said = Callable[..., str]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, members: Members) -> Path:
    folder = tmp_path_factory.mktemp("drop")
    made = factories.write_config(folder, {"integrity": [members.anna], "board": [members.bram]})
    made.write_text(made.read_text() + "\n[courier]\nenabled = true\n")
    factories.publish_keys(members.home, folder / "keys", [members.anna, members.bram])
    return made


@pytest.fixture(scope="module")
def serving(config: Path) -> Iterator[tuple[DropProcess, Visitor]]:
    port = free_port()
    with DropProcess(config, None, "--local-courier", f"127.0.0.1:{port}") as drop:
        yield drop, Visitor("127.0.0.1", port)


def data_of(config: Path) -> Path:
    return config.parent / "data"


@pytest.fixture
def said(config: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """Run one verb and return all that it says."""

    def run(*arguments: str, code: int = 0) -> str:
        try:
            done = main(["investigator", arguments[0], "--config", str(config), *arguments[1:]])
        except SystemExit as usage:
            done = int(usage.code or 0)
        assert done == code
        return "".join(capsys.readouterr())

    return run


def test_who_is_let_in_while_it_serves_gets_in_and_is_out_once_revoked(
    config: Path, serving: tuple[DropProcess, Visitor], said: Said
) -> None:
    drop, visitor = serving
    shown = said("add", "anna", "--desk", "integrity", "--client-key", f"descriptor:x25519:{KEY}")
    words = next(line.strip() for line in shown.splitlines() if re.fullmatch(r" {4}([a-z]+ ){5}[a-z]+", line))
    clients = data_of(config) / "courier" / "authorized_clients"
    assert (clients / "anna.auth").read_text() == f"descriptor:x25519:{KEY}\n"
    form = visitor.get("/").form("passphrase")
    assert visitor.submit(form, {"name": "anna", "passphrase": words}).form("desk")
    assert words.encode() not in bytes_under(config.parent)
    assert words not in said("list")
    assert said("revoke", "anna").startswith("anna is out")
    assert visitor.get("/").form("passphrase")
    assert [path.name for path in clients.iterdir()] == ["nobody.auth"]
    assert words not in drop.log.read_text()
    assert re.search(r"the courier on http://127\.0\.0\.1:\d+/", drop.log.read_text())


def test_the_list_says_names_and_desks_and_no_key_or_time(said: Said) -> None:
    made = json.loads(said("add", "bram", "--json", "--desk", "board", "--desk", "integrity", "--client-key", KEY))
    assert set(made) == {"name", "desks", "passphrase", "address"}
    listed = json.loads(said("list", "--json"))
    assert {"name": "bram", "desks": ["board", "integrity"]} in listed["investigators"]
    shown = said("list")
    assert KEY not in shown + json.dumps(listed)
    assert not re.search(r"\d\d:\d\d|20\d\d-", shown)


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (["add", "cora", "--client-key", KEY], 2, "--desk"),
        (["add", "cora", "--desk", "integrity"], 2, "--client-key"),
        (["add", "cora", "--desk", "integrity", "--client-key", KEY[:-1]], 2, "52 letters"),
        (["add", "cora", "--desk", "nowhere", "--client-key", KEY], 1, "no such desk"),
        (["add", "../cora", "--desk", "integrity", "--client-key", KEY], 2, "a letter first"),
        (["add", "nobody", "--desk", "integrity", "--client-key", KEY], 2, "nobody is taken"),
        (["revoke", "stranger"], 1, "no investigator of this name"),
    ],
)
def test_what_is_wrong_is_said_and_lets_nobody_in(said: Said, arguments: list[str], code: int, error: str) -> None:
    assert error in said(*arguments, code=code)
    assert "cora" not in said("list")


def test_a_name_is_not_given_twice(said: Said) -> None:
    said("add", "once", "--desk", "board", "--client-key", KEY)
    assert "already" in said("add", "once", "--desk", "integrity", "--client-key", KEY, code=1)
    assert re.search(r"once +board\n", said("list"))


def test_without_a_courier_nobody_is_let_in(
    tmp_path: Path, members: Members, capsys: pytest.CaptureFixture[str]
) -> None:
    config = factories.write_config(tmp_path, {"desk": [members.anna]})
    arguments = ["--config", str(config), "--desk", "desk", "--client-key", KEY]
    assert main(["investigator", "add", "anna", *arguments]) == 1
    assert "courier.enabled" in capsys.readouterr().err
    assert main(["serve", "--config", str(config), "--local", "127.0.0.1:1", "--local-courier", "127.0.0.1:2"]) == 1
    assert "courier.enabled" in capsys.readouterr().err
