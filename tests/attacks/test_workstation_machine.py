"""The machine around the vault: no network, no plaintext in files, a power cut at any moment."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.envelopes import Case
from tests.factories_bundles import World

CANARY = "canary-4f1c"
PROGRAM = "import sys; from dropbox.workstation.main import main; sys.exit(main())"


def offline() -> list[str]:
    """Return the command prefix for a namespace without any network interface that is up."""
    for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
        if (
            shutil.which("unshare")
            and subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
        ):
            return prefix
    pytest.skip("this machine lets nobody make a network namespace (tried unshare -n and unshare -rn)")


def test_every_command_works_without_any_network(here: World) -> None:
    prefix = offline()
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)"
    refused = subprocess.run([*prefix, sys.executable, "-c", probe], capture_output=True, check=False)
    assert b"Network is unreachable" in refused.stderr
    case = Case()
    here.drop.send(case, "Read me.", [("a.txt", "text/plain", b"one")])
    for arguments in (
        ("init", "--drop-key", here.drop.words),
        ("import", here.drop.pickup()),
        ("confirm", here.drop.words),
        ("cases",),
        ("read", case.id),
        ("extract", case.id, "--to", here.folder / "out"),
        ("reply", case.id, "--text-file", here.text()),
        ("note", case.id, "--text-file", here.text()),
        ("export", here.folder / "a.tar"),
    ):
        done = subprocess.run(
            [*prefix, sys.executable, "-c", PROGRAM, *map(str, arguments), "--vault", str(here.anna.vault)],
            env={**os.environ, "GNUPGHOME": str(here.anna.home)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert len(here.drop.take(here.folder / "a.tar", case).entries) == 2


def test_plaintext_goes_to_the_named_folder_and_nowhere_else(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("TMPDIR", "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
        folder = here.folder / variable
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
    case = Case()
    here.start()
    here.drop.send(case, f"text {CANARY}", [(f"{CANARY}.txt", "text/plain", f"file {CANARY}".encode() * 9999)])
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("read", case.id)
    here.anna.ok("reply", case.id, "--text-file", "-", stdin=f"reply {CANARY}".encode())
    here.anna.ok("extract", case.id, "--to", here.folder / "named")
    here.anna.ok("export", here.folder / "a.tar")
    holding = {path for path in here.folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()}
    assert holding == set((here.folder / "named").iterdir())
    assert not [path for path in here.folder.rglob(f"*{CANARY}*") if path.parent.name != "named"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_no_file_is_ever_written_with_plaintext(here: World) -> None:
    case = Case()
    here.start()
    here.drop.send(case, f"text {CANARY}", [("a.bin", "", CANARY.encode() * 200_000)])
    trace = here.folder / "trace"
    for arguments in (["import", str(here.drop.pickup())], ["read", case.id, "--json"]):
        command = [sys.executable, "-c", PROGRAM, *arguments, "--vault", str(here.anna.vault)]
        options = ["-f", "-y", "-s", "256", "-e", "trace=write,pwrite64,writev,sendto", "-o", str(trace)]
        environment = {**os.environ, "GNUPGHOME": str(here.anna.home)}
        subprocess.run(["strace", *options, *command], env=environment, capture_output=True, check=True)
        written = [line for line in trace.read_text(errors="replace").splitlines() if CANARY in line]
        assert written, "the trace shows nothing at all"
        # gpg's output to us and ours to the terminal are pipes here
        assert [line for line in written if not re.search(r"\(\d+<(pipe|/memfd)", line)] == []
