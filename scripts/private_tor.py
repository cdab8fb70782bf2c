"""A complete private Tor network on loopback: authorities, relays and clients, for the demo and the journeys.

Nothing leaves this machine and no exit exists. Everything lies in one temporary folder, and every tor ends with the
process that started it. Measured: an onion service on it is reachable after 13 to 16 seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import stem
import stem.connection
import stem.control
import stem.util.log

PR_SET_PDEATHSIG = 1
READY_SECONDS = 40.0
# The first vote must come after every router has uploaded its descriptor.
VOTE_LEAD_SECONDS = 6.0
VOTING_INTERVAL_SECONDS = 300
ATTEMPTS = 4
_libc = ctypes.CDLL(None)
stem.util.log.get_logger().propagate = False


@dataclass(frozen=True)
class Counts:
    authorities: int = 3
    relays: int = 3
    clients: int = 2


@dataclass
class Node:
    """One tor: its role, ports and folder."""

    role: str
    nick: str
    folder: Path
    or_port: int
    dir_port: int
    socks_port: int
    control_port: int
    v3ident: str = ""
    fingerprint: str = ""
    process: subprocess.Popen[bytes] | None = None
    controller: stem.control.Controller | None = field(default=None, repr=False)

    @property
    def socks(self) -> Path:
        return self.folder / "socks"

    @property
    def log(self) -> Path:
        return self.folder / "notice.log"

    @property
    def authority_line(self) -> str:
        return (
            f"DirAuthority {self.nick} orport={self.or_port} no-v2 v3ident={self.v3ident} "
            f"127.0.0.1:{self.dir_port} {self.fingerprint}"
        )

    def refuse_dead(self) -> None:
        if self.process is not None and self.process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
            raise RuntimeError(f"{self.nick} ended with {self.process.returncode}:\n{tail}")


class PrivateTor:
    """`with PrivateTor() as network:` gives a network whose clients have built circuits."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts()
        self._nodes: list[Node] = []
        self._folder = Path()
        self._begun = 0.0
        self._first_interval = 0

    @property
    def clients(self) -> tuple[Node, ...]:
        return tuple(node for node in self._nodes if node.role == "client")

    def torrc_of_the_network(self) -> str:
        """Return the lines that make any other tor (a server's own) part of this network."""
        return "\n".join(self._common_lines()) + "\n"

    def __enter__(self) -> PrivateTor:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._start()
            except TimeoutError:  # a vote missed a router; the next vote is far away, so start afresh
                self._close()
                if attempt == ATTEMPTS:
                    raise
            except BaseException:
                self._close()
                raise
            else:
                return self
        raise AssertionError

    def __exit__(self, *_: object) -> None:
        self._close()

    def _start(self) -> None:
        self._begun = time.monotonic()
        self._folder = Path(tempfile.mkdtemp(prefix="ptor-"))
        (self._folder / "empty").touch()
        self._nodes = list(self._make_nodes())
        authorities = [node for node in self._nodes if node.role == "authority"]
        routers = [node for node in self._nodes if node.role != "client"]
        with ThreadPoolExecutor(len(authorities)) as pool:
            list(pool.map(self._make_authority_keys, authorities))
        self._first_interval = _interval_with_lead(VOTE_LEAD_SECONDS)
        for node in routers:
            self._spawn(node)
        self._wait_for_consensus(authorities, routers)
        for node in self.clients:
            self._spawn(node)
        for node in self.clients:
            self._wait("a control port", lambda node=node: _connect(node))  # type: ignore[misc]
        for node in self.clients:
            self._wait("a circuit", lambda node=node: _has_circuit(node))  # type: ignore[misc]

    def _make_nodes(self) -> Iterator[Node]:
        roles = {"authority": self._counts.authorities, "relay": self._counts.relays, "client": self._counts.clients}
        ports = iter(_free_ports(4 * sum(roles.values())))
        for role, count in roles.items():
            for number in range(count):
                folder = self._folder / f"{role}{number}"
                (folder / "keys").mkdir(parents=True, mode=0o700)
                folder.chmod(0o700)
                yield Node(role, f"{role}{number}", folder, next(ports), next(ports), next(ports), next(ports))

    def _make_authority_keys(self, node: Node) -> None:
        stem_of_files = str(node.folder / "keys" / "authority_")
        make = ["tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "12"]
        files = ["-i", "identity_key", "-s", "signing_key", "-c", "certificate"]
        named = [part if part.startswith("-") else stem_of_files + part for part in files]
        subprocess.run(
            [*make, *named, "-a", f"127.0.0.1:{node.dir_port}"],
            input=b"private network\n",
            check=True,
            capture_output=True,
        )
        certificate = Path(stem_of_files + "certificate").read_text(encoding="ascii").splitlines()
        node.v3ident = next(line.split()[1] for line in certificate if line.startswith("fingerprint "))
        node.fingerprint = self._relay_fingerprint(node)

    def _relay_fingerprint(self, node: Node) -> str:
        empty = str(self._folder / "empty")
        options = ["--DataDirectory", str(node.folder), "--Nickname", node.nick, "--Address", "127.0.0.1"]
        ports = ["--ORPort", f"127.0.0.1:{node.or_port}", "--ExitRelay", "0"]
        command = ["tor", "--list-fingerprint", "--quiet", "-f", empty, "--defaults-torrc", empty, *options, *ports]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        return next(line for line in shown if line.startswith(f"{node.nick} ")).split(" ", 1)[1].replace(" ", "")

    def _common_lines(self) -> list[str]:
        authorities = [node.authority_line for node in self._nodes if node.role == "authority"]
        return [
            "TestingTorNetwork 1",
            *authorities,
            "PathsNeededToBuildCircuits 0.67",
            # With so few relays vanguards-lite may pick the same relay twice on one path, which relays refuse.
            "VanguardsLiteEnabled 0",
            f"GeoIPFile {self._folder / 'empty'}",
            f"GeoIPv6File {self._folder / 'empty'}",
            "ClientUseIPv6 0",
        ]

    def _torrc(self, node: Node) -> str:
        own = [
            f"DataDirectory {node.folder}",
            f"Nickname {node.nick}",
            f"Log notice file {node.log}",
            f"__OwningControllerProcess {os.getpid()}",
            "ShutdownWaitLength 0",
            "AvoidDiskWrites 1",
        ]
        if node.role == "client":
            ports = [f"SocksPort 127.0.0.1:{node.socks_port}", f"ControlPort 127.0.0.1:{node.control_port}"]
            ports.append(f"SocksPort unix:{node.socks}")
            control = [f"ControlSocket {node.folder / 'control'}", "CookieAuthentication 1", "ClientOnly 1"]
            return "\n".join(self._common_lines() + own + ports + control) + "\n"
        routing = [f"ORPort 127.0.0.1:{node.or_port} IPv4Only", "Address 127.0.0.1", "AssumeReachable 1"]
        refusing = ["SocksPort 0", "ContactInfo none@invalid", "ExitRelay 0", "ExitPolicy reject *:*"]
        voting = self._voting_lines(node) if node.role == "authority" else []
        return "\n".join(self._common_lines() + own + routing + refusing + voting) + "\n"

    def _voting_lines(self, node: Node) -> list[str]:
        return [
            "AuthoritativeDirectory 1",
            "V3AuthoritativeDirectory 1",
            f"DirPort 127.0.0.1:{node.dir_port}",
            f"TestingV3AuthInitialVotingInterval {self._first_interval}",
            "TestingV3AuthInitialVoteDelay 2",
            "TestingV3AuthInitialDistDelay 2",
            f"V3AuthVotingInterval {VOTING_INTERVAL_SECONDS}",
            "V3AuthVoteDelay 20",
            "V3AuthDistDelay 20",
            "V3AuthNIntervalsValid 3",
            "TestingDirAuthVoteGuard *",
            "TestingDirAuthVoteHSDir *",
            "TestingMinExitFlagThreshold 0",
        ]

    def _spawn(self, node: Node) -> None:
        torrc = node.folder / "torrc"
        torrc.write_text(self._torrc(node), encoding="utf-8")
        null = subprocess.DEVNULL
        node.process = subprocess.Popen(
            ["tor", "-f", str(torrc), "--defaults-torrc", str(self._folder / "empty")],
            stdin=null,
            stdout=null,
            stderr=null,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # before any thread of ours holds a lock
        )

    def _wait_for_consensus(self, authorities: list[Node], routers: list[Node]) -> None:
        """Wait until every router is listed and ready: a client that starts earlier sits on a thin consensus."""
        wanted = {node.nick for node in routers}
        self._wait("a full consensus", lambda: all(wanted <= _usable_routers(node) for node in authorities))
        for node in routers:
            if node.role == "relay" and node.process is not None:
                node.process.send_signal(signal.SIGHUP)  # it has backed off while there was no consensus
        self._wait(
            "ready routers", lambda: all("Bootstrapped 75%" in node.log.read_text(errors="replace") for node in routers)
        )

    def _wait(self, what: str, done: Callable[[], bool]) -> None:
        while not done():
            for node in self._nodes:
                node.refuse_dead()
            if time.monotonic() - self._begun > READY_SECONDS:
                raise TimeoutError(f"the private Tor network did not get {what} in time")
            time.sleep(0.1)

    def _close(self) -> None:
        alive = [node.process for node in self._nodes if node.process is not None and node.process.poll() is None]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + 4
        for process in alive:
            try:
                process.wait(max(0.01, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for node in self._nodes:
            if node.controller is not None:
                node.controller.close()
        self._nodes = []
        if self._folder.name:
            shutil.rmtree(self._folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    """Return distinct free loopback ports, all held until the last is chosen."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _end_with_parent() -> None:
    os.setsid()
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _interval_with_lead(lead_seconds: float) -> int:
    """Return a voting interval whose next boundary is just after the lead; tor aligns votes to the wall clock.

    Just before a half hour every interval ends there: a few seconds later there is one that fits.
    """
    while True:
        now = time.time()
        fitting = [each for each in range(6, 61) if 1800 % each == 0 and each - now % each >= lead_seconds]
        if fitting:
            return min(fitting, key=lambda each: each - now % each)
        time.sleep(1)


def _usable_routers(authority: Node) -> set[str]:
    connection = http.client.HTTPConnection("127.0.0.1", authority.dir_port, timeout=3)
    try:
        connection.request("GET", "/tor/status-vote/current/consensus")
        lines = connection.getresponse().read().decode("ascii", "replace").splitlines()
    except (OSError, http.client.HTTPException):
        return set()
    finally:
        connection.close()
    usable, nick = set(), ""
    for line in lines:
        if line.startswith("r "):
            nick = line.split()[1]
        elif line.startswith("s ") and {"Running", "Valid", "HSDir"} <= set(line.split()[1:]):
            usable.add(nick)
    return usable


def _connect(node: Node) -> bool:
    """Open the client's control port; stem owns the tor then, so the controller stays open until the end."""
    try:
        node.controller = stem.control.Controller.from_port("127.0.0.1", node.control_port)
        node.controller.authenticate()
    except (stem.SocketError, stem.connection.AuthenticationFailure):
        return False
    return True


def _has_circuit(node: Node) -> bool:
    return node.controller is not None and node.controller.get_info("status/circuit-established") == "1"
