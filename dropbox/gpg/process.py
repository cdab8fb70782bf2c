"""Running gpg: through python-gnupg where that fits, by a subprocess of our own where messages stream.

The only module that imports gnupg. What gpg prints for humans goes nowhere; only its status lines are read, and
nothing of them enters an error or a log.
"""

import copy
import fcntl
import logging
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO, ClassVar, Protocol
from urllib.parse import unquote_to_bytes

import gnupg

from dropbox.errors import GpgError

CHUNK_BYTES = 64 * 1024
PIPE_BYTES = 1024 * 1024
FEED_BYTES = 256 * 1024
MAX_STATUS_BYTES = 1024 * 1024
_OPTIONS = (
    "--no-options",
    *("--logger-file", os.devnull),  # texts for humans; python-gnupg reads the status lines on stderr
    *("--trust-model", "always"),
    "--disable-dirmngr",
    "--no-auto-key-locate",
    "--no-auto-key-retrieve",
    "--no-random-seed-file",
    "--no-symkey-cache",
    "--no-encrypt-to",
    "--no-comments",
    "--no-emit-version",
    "--enable-special-filenames",
    "--ignore-time-conflict",  # an offline machine's clock may be ahead; what may not be late is checked by us
    "--ignore-valid-from",
    *("--cipher-algo", "AES256"),
    *("--digest-algo", "SHA512"),
    *("--compress-algo", "none"),
)
_WITHOUT_AGENT = ("--no-autostart", "--lock-never")
# python-gnupg logs commands with paths, and the traceback of whatever the source of a message raises.
logging.getLogger("gnupg").disabled = True

Status = Sequence[tuple[str, str]]


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class StatusLog:
    """Takes the place of python-gnupg's result classes, which keep only the last of several signatures."""

    def __init__(self, _gpg: object = None) -> None:
        self.lines: list[tuple[str, str]] = []
        self.data = b""
        self.stderr = ""
        self.returncode: int | None = None

    def handle_status(self, keyword: str, value: str) -> None:
        self.lines.append((keyword, value))


class Engine(gnupg.GPG):  # type: ignore[misc]  # python-gnupg has no types
    """python-gnupg with full status, passed descriptors and its copier thread joined; messages go past its threads."""

    buffer_size = CHUNK_BYTES
    result_map = dict.fromkeys(gnupg.GPG.result_map, StatusLog)

    _first: "ClassVar[Engine | None]" = None

    def __init__(self, home: Path | None, *, agent: bool) -> None:
        self.descriptors: tuple[int, ...] = ()
        options = [*_OPTIONS, *(() if agent else _WITHOUT_AGENT)]
        own = {"gnupghome": home and str(home), "options": options, "env": _environment(agent=agent)}
        if Engine._first is None:
            # It runs gpg, to ask for its version. Once in a process is enough: that is a third of all runs.
            with translated():
                super().__init__(**own)
            Engine._first = copy.copy(self)
        self.__dict__.update(vars(Engine._first) | own)

    def passing(self, *descriptors: int) -> "Engine":
        """Return a copy whose processes inherit these descriptors (`-&N` names them to gpg)."""
        engine = copy.copy(self)
        engine.descriptors = descriptors
        return engine

    def call(self, arguments: Sequence[str], source: bytes = b"") -> StatusLog:
        """Run gpg over a few bytes and return its status, output and exit code, whatever they are."""
        result = StatusLog()
        with translated(), suppress(ConnectionError):
            self._handle_io(list(arguments), BytesIO(source), result, binary=True)
        return result

    def encrypt(
        self, source: Source, arguments: Sequence[str], target: int, descriptors: Sequence[int] = ()
    ) -> tuple[int, Status]:
        """Run one encryption into a descriptor; return exit code and status lines.

        An exception of the source's comes out as it is, after gpg has ended. gpg's output and status lines go to files,
        so nothing but its input can hold it up, and no thread is needed: python-gnupg starts four, which cost as much
        as sealing a small message does. It inherits `descriptors` (a passphrase lies behind one).
        """
        ours, theirs = _feeding()
        with ours, memory("status") as status:
            with theirs:
                command = self.make_args(["--status-fd", str(status), *arguments, "--encrypt"], None)
                process = self._popen(command, theirs.fileno(), target, (status, *descriptors))
            try:
                _feed(ours, source)
                return process.wait(), _read_status(status)
            finally:
                end(process)

    def run(self, arguments: Sequence[str], descriptors: Sequence[int], max_output_bytes: int) -> Status:
        """Run gpg on what these descriptors lead to, which it inherits; return its status lines.

        An output that grows beyond `max_output_bytes` kills it (its own --max-output counts over all of a run's
        messages, cuts the rest off and calls them whole).
        """
        with memory("status") as status:
            command = self.make_args(["--status-fd", str(status), *arguments], None)
            process = self._popen(command, subprocess.DEVNULL, subprocess.DEVNULL, (status, *descriptors))
            try:
                with suppress(ProcessLookupError):
                    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (max_output_bytes, max_output_bytes))
                process.wait()
                return _read_status(status)
            finally:
                end(process)

    @contextmanager
    def stream(
        self,
        arguments: Sequence[str],
        stdin: BinaryIO,
        cpu_seconds: int | None = None,
        descriptors: Sequence[int] = (),
    ) -> Iterator["Stream"]:
        """Run gpg with its output as a stream. Status lines go to memory: a full pipe could hold up the output.

        cpu_seconds: after so much work (no wait for a passphrase counts) the kernel ends it.
        """
        with memory("status") as status:
            command = self.make_args(["--status-fd", str(status), *arguments], None)
            process = self._popen(command, stdin, subprocess.PIPE, (status, *descriptors))
            _widen(process.stdout)
            try:
                if cpu_seconds is not None:
                    with suppress(ProcessLookupError):
                        resource.prlimit(process.pid, resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
                yield Stream(process, status)
            finally:
                end(process)

    def agent_socket(self) -> Path:
        """Return where the agent of this home listens; gpg picks a short folder of the system's where there is one."""
        listed = self._configure("--list-dirs", "agent-socket")
        if listed.returncode != 0 or not listed.stdout.startswith(b"/"):
            raise GpgError
        return Path(os.fsdecode(unquote_to_bytes(listed.stdout.rstrip(b"\n"))))

    def end_agent(self) -> None:
        """End the agent of this home, and what it started; without one nothing happens."""
        self._configure("--kill", "all")

    def _configure(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        home = ["--homedir", str(self.gnupghome)] if self.gnupghome else []
        with translated():
            return subprocess.run(
                [str(Path(self.gpgbinary).with_name("gpgconf")), *home, *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self.env,
            )

    def _open_subprocess(self, args: list[str], passphrase: bool = False) -> subprocess.Popen[bytes]:
        command = self.make_args(args, passphrase)
        return self._popen(command, subprocess.PIPE, subprocess.PIPE, self.descriptors, subprocess.PIPE)

    def _popen(
        self,
        command: list[str],
        stdin: int | BinaryIO,
        stdout: int,
        descriptors: Sequence[int],
        stderr: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        with translated():
            return subprocess.Popen(
                command, stdin=stdin, stdout=stdout, stderr=stderr, env=self.env, pass_fds=descriptors
            )

    def _collect_output(
        self, process: subprocess.Popen[bytes], result: StatusLog, writer: Any = None, stdin: Any = None
    ) -> int:
        try:
            code: int = super()._collect_output(process, result, writer, stdin)
        except BaseException:
            end(process)
            raise
        finally:
            if writer is not None:
                writer.join()  # the library waits 10 ms; then a late failure of the source's would be missed
        return code


class Stream:
    """gpg's output while it runs, and its status lines once that has been read to the end."""

    def __init__(self, process: subprocess.Popen[bytes], status: int) -> None:
        self._process = process
        self._status = status
        self._output = process.stdout.fileno() if process.stdout else -1

    def readinto(self, buffer: memoryview) -> int:
        return os.readv(self._output, [buffer])

    def finish(self) -> tuple[int, Status]:
        """Wait for gpg and return exit code and status lines."""
        return self._process.wait(), _read_status(self._status)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill if need be, close the pipes, reap."""
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


@contextmanager
def translated() -> Iterator[None]:
    """Let no exception of python-gnupg's out: their texts hold paths and gpg's output."""
    try:
        yield
    except (OSError, ValueError, RuntimeError):
        raise GpgError from None


@contextmanager
def memory(name: str) -> Iterator[int]:
    """Give an anonymous file in memory: a process that writes to it never waits for a reader."""
    with translated():
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_whole(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _read_status(descriptor: int) -> Status:
    raw = os.pread(descriptor, MAX_STATUS_BYTES + 1, 0)
    if len(raw) > MAX_STATUS_BYTES:
        raise GpgError
    return tuple(_status_lines(raw.decode("latin-1").split("\n")))


def _status_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.startswith("[GNUPG:] "):
            keyword, _, value = line.removeprefix("[GNUPG:] ").partition(" ")
            yield keyword, value


def _feeding() -> tuple[socket.socket, socket.socket]:
    """Return our end and gpg's of a socket pair: it wakes its writer when half empty, a pipe for every 8 KiB gpg reads.

    For 200 MiB that is 130 wake-ups instead of 6,000 to 16,000, and bare gpg's speed instead of 0.8 of it.
    """
    with translated():
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FEED_BYTES)
        return ours, theirs


def _feed(line: socket.socket, source: Source) -> None:
    """Send a source to its end and say so. A gpg that has ended early says why in its status lines."""
    while data := source.read(CHUNK_BYTES):
        try:
            line.sendall(data)
        except OSError:
            return
    with suppress(OSError):
        line.shutdown(socket.SHUT_WR)


def _widen(pipe: IO[bytes] | None) -> None:
    """Give a pipe 1 MiB: one upload went from 1.75 to 1.16 times gpg's own time. Without the kernel's leave, go on."""
    if pipe is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _environment(*, agent: bool) -> dict[str, str] | None:
    """Return gpg's environment: bare for a drop; for an investigator their own, with a terminal for pinentry."""
    if not agent:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    if "GPG_TTY" in os.environ or sys.stdin is None or not sys.stdin.isatty():
        return None
    return {**os.environ, "GPG_TTY": os.ttyname(sys.stdin.fileno())}
