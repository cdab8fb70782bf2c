"""Who is at the other end of a connection: every user of a machine can reach its loopback, and the page is one user's.

The link is no secret from them: it stands among the browser's arguments, which the whole machine can read.
"""

import os
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

_CONNECTIONS = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _USER = 1, 2, 7
Address = tuple[str, int]


def is_own(client: Address, server: Address) -> bool:
    """Tell whether the client's end of this connection is this user's; one that is gone already is nobody's."""
    wanted = (_written(client), _written(server))
    try:
        return any(user == os.getuid() for *ends, user in _listed() if tuple(ends) == wanted)
    except OSError:  # a kernel that does not tell: then the link and the cookie must do
        return True


def _listed() -> Iterator[tuple[str, str, int]]:
    """Give both ends and the user of each connection (proc_pid_net(5))."""
    for line in _CONNECTIONS.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        yield fields[_LOCAL], fields[_REMOTE], int(fields[_USER])


def _written(address: Address) -> str:
    """Return an address as the kernel lists it: the four bytes as one number of this machine's own order."""
    host, port = address
    return f"{int.from_bytes(IPv4Address(host).packed, sys.byteorder):08X}:{port:04X}"
