"""Taking the courier's service off the network for a moment, so that a revoked client cannot come in by what it knows.

Whoever opened a descriptor keeps its introduction points for hours, also after tor forgot the client. So on every
revocation tor is told of all services but the courier's, by its control port; the reload after it publishes it anew,
with others. The reporters' visits go on. Runs as tor's own user.
"""

import re
import socket
from collections.abc import Sequence
from pathlib import Path

CONTROL = Path("/run/tor/control")
COOKIE = Path("/run/tor/control.authcookie")
SECONDS = 20.0
MAX_ANSWER_BYTES = 1 << 20
_LINE = re.compile(r"250[- ](HiddenService[A-Za-z]+)=(.*)")

Option = tuple[str, str]


def withdraw(service: Path, control: Path = CONTROL, cookie: Path = COOKIE) -> bool:
    """Tell a running tor of all its services but this one; return whether it was there. OSError when tor refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tor:
        tor.settimeout(SECONDS)
        tor.connect(str(control))
        _ask(tor, f"AUTHENTICATE {cookie.read_bytes().hex()}")
        options = [
            (found[1], found[2]) for found in map(_LINE.fullmatch, _ask(tor, "GETCONF HiddenServiceOptions")) if found
        ]
        kept = without(options, service)
        if len(kept) == len(options):
            return False
        words = " ".join(f"{name}={_quoted(value)}" for name, value in kept) or "HiddenServiceDir"
        _ask(tor, f"SETCONF {words}")
        return True


def without(options: Sequence[Option], service: Path) -> list[Option]:
    """Return the options without the block that begins with this service's folder."""
    kept, inside = [], False
    for name, value in options:
        if name == "HiddenServiceDir":
            inside = Path(value) == service
        if not inside:
            kept.append((name, value))
    return kept


def _ask(tor: socket.socket, command: str) -> list[str]:
    """Send one command and return the lines of its answer. OSError for anything but success."""
    tor.sendall(command.encode("ascii") + b"\r\n")
    answer = b""
    while not re.search(rb"(^|\r\n)\d{3} [^\r\n]*\r\n\Z", answer):
        data = tor.recv(65536)
        if not data or len(answer) > MAX_ANSWER_BYTES:
            raise ConnectionError("tor's control port ended")
        answer += data
    lines = answer.decode("ascii", "replace").split("\r\n")[:-1]
    if not all(line.startswith("250") for line in lines):
        raise PermissionError("tor's control port refused")
    return lines


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
