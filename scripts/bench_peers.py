"""What the drop is measured against: bare gpg processes, and OnionShare's receive mode on loopback."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropbox.models import Fingerprint

MIB = 1024 * 1024
_OPTIONS = "--batch --no-tty --no-options --trust-model always --no-autostart --no-auto-key-locate --disable-dirmngr"
_SEALING = "--no-random-seed-file --lock-never --cipher-algo AES256 --compress-algo none --throw-keyids --yes"


class BareGpg:
    """`gpg -e` to the same keys with the same options, and an fsync, for each file."""

    def __init__(self, home: Path, public: Sequence[bytes], members: Sequence[Fingerprint]) -> None:
        home.mkdir(mode=0o700)
        self._home = home
        self._command = ["gpg", "--homedir", str(home), *_OPTIONS.split()]
        for key in public:
            subprocess.run([*self._command, "--import"], input=key, check=True, capture_output=True)
        self._recipients = [part for member in members for part in ("-r", member)]

    def seal_file(self, source: Path) -> None:
        target = self._home / f"{secrets.token_hex(8)}.pgp"
        seal = [*self._command, *_SEALING.split(), *self._recipients, "-o", str(target), "-e"]
        with source.open("rb") as file:
            subprocess.run(seal, stdin=file, check=True, capture_output=True)
        descriptor = os.open(target, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        target.unlink()


@dataclass
class Upload:
    """One HTTP request whose body lies in a file, so that sending costs the client next to nothing."""

    head: bytes
    body: Path
    seed_at: int

    def renew(self) -> None:
        """Change one byte of the payload, so that the body is no resend of the one before."""
        with self.body.open("r+b") as file:
            file.seek(self.seed_at)
            file.write(secrets.token_bytes(16))


def prepare_form(action: str, body: bytes, kind: str, cookies: Mapping[str, str]) -> bytes:
    """Return a whole request with a small form."""
    return _head(action, kind, len(body), cookies) + body


def send_form(port: int, request: bytes) -> int:
    """Send a whole request and return the answer's status."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(request)
        return _status(line)


def prepare_upload(
    target: Path,
    action: str,
    fields: Sequence[tuple[str, str]],
    payload: tuple[str, Path],
    cookies: Mapping[str, str],
) -> Upload:
    """Write a multipart body to `target`: the fields, then one file given as (field's name, content)."""
    file_field, content = payload
    boundary = secrets.token_hex(16)
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    disposition = f'Content-Disposition: form-data; name="{file_field}"; filename="payload.bin"'
    before = f"{parts}--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    with target.open("wb") as body, content.open("rb") as source:
        body.write(before)
        shutil.copyfileobj(source, body, MIB)
        body.write(f"\r\n--{boundary}--\r\n".encode())
    head = _head(action, f"multipart/form-data; boundary={boundary}", target.stat().st_size, cookies)
    return Upload(head, target, len(before))


def send(port: int, upload: Upload) -> int:
    """Send the request and return the answer's status."""
    with socket.create_connection(("127.0.0.1", port), timeout=300) as line, upload.body.open("rb") as body:
        line.sendall(upload.head)
        line.sendfile(body)
        return _status(line)


def _head(action: str, kind: str, length: int, cookies: Mapping[str, str]) -> bytes:
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return (
        f"POST {action} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
        f"Cookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\r\n"
    ).encode()


def _status(line: socket.socket) -> int:
    answer = b""
    while chunk := line.recv(65536):
        answer += chunk
    return int(answer.split(b" ", 2)[1])


class OnionShare:
    """OnionShare's receive mode, public and local only: it stores what arrives in clear."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._program = programs / "onionshare-cli"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> OnionShare:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        log = self._folder / "log"
        options = ["--receive", "--local-only", "--public", "--data-dir", str(self._folder / "received")]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "HOME": str(self._folder), "PYTHONUNBUFFERED": "1"},
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", log.read_bytes())
            if found and _listens(int(found[1])):
                self._port = int(found[1])
                return self
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("OnionShare did not start")

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def prepare(self, payload: Path, target: Path) -> Upload:
        return prepare_upload(target, "/upload", [("text", "Benchmark.")], ("file[]", payload), {})

    def send(self, upload: Upload) -> None:
        status = send(self._port, upload)
        if status not in (200, 302):
            raise RuntimeError(f"OnionShare answered with {status}")


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
