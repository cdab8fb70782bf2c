"""The server's command from outside: one line for whatever is wrong, the right exit code, never a traceback."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from dropbox.server import wiping
from dropbox.server.main import main
from tests import factories
from tests.conftest import Members
from tests.drop_process import BIN, DropProcess

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path, members: Members) -> Path:
    made = factories.write_config(tmp_path, {"integrity": [members.anna], "board": [members.bram]})
    factories.publish_keys(members.home, tmp_path / "keys", [members.anna, members.bram])
    return made


def failure(capsys: Captured) -> list[str]:
    """Return the stderr lines of a command that failed, which all belong to an error or a hint."""
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    lines = shown.err.splitlines()
    assert lines
    assert all(line.startswith(("error: ", "hint: ")) for line in lines)
    return lines


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("max_upload_mib = true", "server.max_upload_mib"),
        ("max_upload_mb = 5", "server.max_upload_mb"),
        ('min_free_mib = "much"', "server.min_free_mib"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_key(
    tmp_path: Path, members: Members, capsys: Captured, line: str, key: str
) -> None:
    config = factories.write_config(tmp_path, {"desk": [members.anna]}, server=line)
    assert main(["serve", "--config", str(config), "--local", "127.0.0.1:1"]) == 1
    assert failure(capsys)[0].startswith(f"error: {key}")


def test_a_missing_configuration_is_no_traceback(tmp_path: Path, capsys: Captured) -> None:
    assert main(["status", "--config", str(tmp_path / "none.toml")]) == 1
    failure(capsys)


def test_serving_nobody_is_refused(config: Path, capsys: Captured) -> None:
    assert main(["serve", "--config", str(config)]) == 1
    assert "--local" in failure(capsys)[0]


@pytest.mark.parametrize("address", ["0.0.0.0:8080", "192.0.2.1:8080", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999"])
def test_listening_beyond_loopback_is_a_usage_error(config: Path, capsys: Captured, address: str) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["serve", "--config", str(config), "--local", address])
    assert exit_.value.code == 2
    assert "loopback" in capsys.readouterr().err


def test_a_second_init_changes_nothing(config: Path, capsys: Captured) -> None:
    assert main(["init", "--config", str(config)]) == 0
    first = capsys.readouterr().out
    assert main(["init", "--config", str(config)]) == 0
    assert capsys.readouterr().out == first


def test_init_prints_one_json_document_and_nothing_else(config: Path, capsys: Captured) -> None:
    assert main(["init", "--config", str(config), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["data_dir"] == str(config.parent / "data")
    assert len(found["drop_key"].split()) == 10


def test_status_prints_one_json_document_and_nothing_else(config: Path, members: Members, capsys: Captured) -> None:
    assert main(["status", "--config", str(config), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"cases", "items", "waiting", "keys", "drop_key", "last_loop", "new_reports", "letterboxes"}
    assert (found["cases"], found["items"]) == (0, 0)
    assert found["waiting"] == {"integrity": 0, "board": 0}
    assert {"fingerprint": members.anna, "desk": "integrity", "expires": None} in found["keys"]
    assert len(found["drop_key"].split()) == 10


def test_who_reads_no_further_is_told_no_error(config: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    command = [str(BIN / "dropbox-server"), "status", "--config", str(config)]
    ended = subprocess.run(command, stdout=writes, stderr=subprocess.PIPE, check=False)
    os.close(writes)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_check_fails_with_advice_when_a_key_is_gone(config: Path, members: Members, capsys: Captured) -> None:
    assert main(["init", "--config", str(config)]) == 0
    (config.parent / "keys" / f"{members.bram}.asc").unlink()
    capsys.readouterr()
    assert main(["check", "--config", str(config)]) == 1
    rows = capsys.readouterr().out.splitlines()
    row = next(number for number, line in enumerate(rows) if f"key of board …{members.bram[-8:]}" in line)
    assert rows[row].startswith("fail")
    advice = next(number for number, line in enumerate(rows) if number > row and "-> " in line)
    assert all(line.startswith("    ") for line in rows[row + 1 : advice + 1])
    assert any(line.startswith("ok") and members.anna[-8:] in line for line in rows)


def test_check_of_a_drop_that_does_not_open_is_still_a_table(config: Path, members: Members, capsys: Captured) -> None:
    assert main(["init", "--config", str(config)]) == 0
    (config.parent / "data" / "signing.key").unlink()
    (config.parent / "keys" / "oops.asc").write_bytes(factories.export_secret(members.home, members.cora))
    capsys.readouterr()
    assert main(["check", "--config", str(config)]) == 1
    shown = capsys.readouterr()
    assert shown.err == ""
    rows = shown.out.splitlines()
    assert rows[0].startswith("fail")
    assert any(row.startswith("fail") and "signing.key" in row for row in rows)
    assert any("oops.asc" in row for row in rows)
    assert any(row.startswith("ok") and members.anna[-8:] in row for row in rows)


def test_an_export_to_an_unknown_desk_names_the_desks_there_are(config: Path, tmp_path: Path, capsys: Captured) -> None:
    arguments = ["export", "--config", str(config), "--desk", "nobody", str(tmp_path / "x.tar")]
    assert main(arguments) == 1
    assert "integrity" in failure(capsys)[0]
    assert not (tmp_path / "x.tar").exists()


def test_an_export_of_nothing_is_a_valid_bundle_and_never_overwrites(
    config: Path, tmp_path: Path, capsys: Captured
) -> None:
    arguments = ["export", "--config", str(config), "--desk", "board", str(tmp_path / "x.tar")]
    assert main(arguments) == 0
    before = (tmp_path / "x.tar").read_bytes()
    capsys.readouterr()
    assert main(arguments) == 1
    failure(capsys)
    assert (tmp_path / "x.tar").read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a bundle", b"\0" * 10240])
def test_importing_what_is_no_bundle_is_refused_in_a_line(
    config: Path, tmp_path: Path, capsys: Captured, content: bytes
) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    assert main(["import", "--config", str(config), str(tmp_path / "a.tar")]) == 1
    assert "refused" in failure(capsys)[0]


def test_a_secret_key_in_the_keys_folder_refuses_to_start(config: Path, members: Members, capsys: Captured) -> None:
    secret = factories.export_secret(members.home, members.cora)
    (config.parent / "keys" / "cora.asc").write_bytes(secret)
    assert main(["init", "--config", str(config)]) == 1
    assert "cora.asc" in failure(capsys)[0]


def test_two_servers_do_not_run_on_one_data_folder(config: Path) -> None:
    with DropProcess(config) as first, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [BIN / "dropbox-server", "serve", "--config", config, "--local", f"127.0.0.1:{port}"]
        second = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, timeout=30, check=False
        )
        assert second.returncode == 1
        assert second.stderr.startswith("error: Another server")
        assert first.visitor().get("/").status == 200


def refused_to_serve(config: Path, address: str) -> list[str]:
    """Run `serve` as a process of its own, because it closes its shutters for ever; return its lines on stderr."""
    command = [str(BIN / "dropbox-server"), "serve", "--config", str(config), "--local", address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    return done.stderr.splitlines()


def test_a_port_that_is_taken_is_named_in_a_line(config: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said, hint = refused_to_serve(config, address)
    assert said.startswith("error: cannot listen on ")
    assert address in said
    assert "--local" in hint


def test_a_data_folder_that_cannot_be_made_is_named_in_a_line(config: Path) -> None:
    config.write_text(config.read_text().replace(str(config.parent / "data"), "/proc/nobody"))
    done = refused_to_serve(config, "127.0.0.1:1")
    assert done[0].startswith("error: /proc/nobody: this user cannot write there")


def test_serve_never_keeps_what_it_frees_or_says_that_it_does(config: Path) -> None:
    """It begins itself anew with other memory; where that was asked for and is of no use, it says so."""
    config.write_text(config.read_text().replace(str(config.parent / "data"), "/proc/nobody"))
    command = [str(BIN / "dropbox-server"), "serve", "--config", str(config), "--local", "127.0.0.1:1"]
    clean = {name: value for name, value in os.environ.items() if name not in wiping.ENVIRONMENT}
    useless = {**clean, **wiping.ENVIRONMENT, "PYTHONMALLOC": "pymalloc"}
    said = [subprocess.run(command, capture_output=True, check=False, env=env).stdout for env in (clean, useless)]
    assert b"freed memory" not in said[0]
    assert b"warning: freed memory is not overwritten here" in said[1]


def test_a_desk_that_takes_no_report_is_told_at_the_start(config: Path, members: Members) -> None:
    (config.parent / "keys" / f"{members.bram}.asc").unlink()
    with DropProcess(config) as drop:
        assert b"warning: desk board takes no report" in drop.log.read_bytes()
        assert b"desk integrity takes" not in drop.log.read_bytes()


def test_a_damaged_store_is_a_line_and_no_traceback(config: Path, capsys: Captured) -> None:
    assert main(["init", "--config", str(config)]) == 0
    (config.parent / "data" / "store.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    capsys.readouterr()
    assert main(["status", "--config", str(config)]) == 1
    failure(capsys)


def test_help_names_every_command(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("init", "serve", "check", "export", "import", "status"))
