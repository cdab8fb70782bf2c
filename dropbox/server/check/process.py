"""The server that runs: can its memory be dumped, and does systemd keep it in a sandbox without a network?

Read from the kernel's own account of the process that holds the data folder's lock; nothing is asked of the process.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from dropbox.server.check.rows import Looked, Row, fail, ok, warn
from dropbox.server.running import running_pid

PROC = Path("/proc")
_START = "Start it: systemctl start onion-dropbox@NAME, or dropbox-server serve"
_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")
_FILTERED = "2"  # SECCOMP_MODE_FILTER of prctl(2)


def look(looked: Looked) -> Iterator[Row]:
    pid = running_pid(looked.settings.server.data_dir)
    if pid is None:
        if not looked.settings.trial:
            yield warn("server", "is not running", _START)
        return
    proc = PROC / str(pid)
    yield ok("server", "is running")
    yield _core_dumps(proc)
    if not looked.settings.trial:
        yield from _sandbox(proc, without_network=looked.settings.onion.mode == "external")


def _core_dumps(proc: Path) -> Row:
    limits = (proc / "limits").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^Max core file size +(\S+) +(\S+)", limits, re.MULTILINE)
    advice = "This is a fault: the server switches them off when it starts. Stop it, and report this."
    if found is None or found.groups() != ("0", "0"):
        return fail("core dumps", "the running server's memory may be written to a file", advice)
    status = _status(proc)
    # the kernel gives the files of a process that may not be dumped to root, whoever runs it (proc(5))
    if status.get("Uid", "0").split()[0] != "0" and (proc / "limits").stat().st_uid != 0:
        return fail("core dumps", "other processes may look into the running server's memory", advice)
    return ok("core dumps", "switched off in the running server")


def _sandbox(proc: Path, *, without_network: bool) -> Iterator[Row]:
    unit = _unit(proc)
    if unit is None:
        advice = (
            "The Debian package's unit keeps the server in a sandbox; without it, gpg and all of this user's files "
        )
        yield warn("sandbox", "the server was started by hand, without systemd's sandbox", f"{advice}are in its reach.")
        return
    status = _status(proc)
    missing = [text for holds, text in _walls(status) if not holds]
    if without_network and (interfaces := _interfaces(proc) - {"lo"}):
        missing.append(f"it has a network ({', '.join(sorted(interfaces))})")
    if missing:
        advice = f"Compare the unit with the package's: systemctl cat {unit}; then systemctl restart {unit}"
        yield fail("sandbox", f"{unit}: {'; '.join(missing)}", advice)
    else:
        yield ok("sandbox", f"{unit}: no new privileges, system calls filtered, no capabilities")


def _walls(status: dict[str, str]) -> Iterator[tuple[bool, str]]:
    yield status.get("NoNewPrivs") == "1", "it may gain privileges"
    yield status.get("Seccomp") == _FILTERED, "its system calls are not filtered"
    yield int(status.get("CapEff", "f"), 16) == 0, "it has capabilities"


def _status(proc: Path) -> dict[str, str]:
    lines = (proc / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _unit(proc: Path) -> str | None:
    """Return the service that systemd runs the process as; of a person's own session there is none."""
    found = [_UNIT.search(line) for line in (proc / "cgroup").read_text(encoding="utf-8").splitlines()]
    units = [match[1] for match in found if match is not None]
    return next((unit for unit in units if not unit.startswith(("user@", "session"))), None)


def _interfaces(proc: Path) -> set[str]:
    lines = (proc / "net" / "dev").read_text(encoding="ascii", errors="replace").splitlines()[2:]
    return {line.partition(":")[0].strip() for line in lines if ":" in line}
