"""The real server as a process of its own, for tests that look at it from outside: start, command, stop, kill."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dropbox.server import wiping
from tests import ready_commands
from tests.visitor import Visitor

BIN = Path(sys.executable).parent
START_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def command(program: str, *arguments: str | Path, env: Mapping[str, str] | None = None, code: int | None = 0) -> str:
    """Run a command in a process of its own and return its stdout; `code` None accepts any exit code.

    Ours are forked from a process that has imported them.
    """
    environment = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    if program not in ready_commands.MAINS:
        other = [program, *map(str, arguments)]
        null = subprocess.DEVNULL  # nobody is asked anything
        return subprocess.run(other, stdin=null, capture_output=True, text=True, check=True, env=environment).stdout
    done = ready_commands.run(BIN / program, [*map(str, arguments)], environment)
    assert code is None or done.code == code, f"{program}: exit {done.code}\n{done.out}\n{done.err}"
    return done.out


def command_json(program: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Any:
    return json.loads(command(program, *arguments, "--json", env=env))


class DropProcess:
    """`with DropProcess(config) as drop:` serves on a free loopback port until the block ends."""

    def __init__(self, config: Path, log: Path | None = None, *more: str) -> None:
        self.config = config
        self.port = free_port()
        self.log = log or config.parent / "server.log"
        self.more = more
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DropProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with self.log.open("ab") as log:
            arguments = ["serve", "--config", str(self.config), "--local", f"127.0.0.1:{self.port}", *self.more]
            # as it would begin itself anew; that it does so is seen in test_server_main.py
            environment = {**os.environ, **wiping.ENVIRONMENT}
            command_line: list[str | Path] = [BIN / "dropbox-server", *arguments]
            self.process = subprocess.Popen(
                command_line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise AssertionError(f"the server did not start:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> int | None:
        """End the server politely and return its exit code."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.process.terminate()
        try:
            return self.process.wait(7)
        except subprocess.TimeoutExpired:
            self.process.terminate()  # what a test left hanging is not waited for
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def pid(self) -> int:
        assert self.process is not None, "the server was not started"
        return self.process.pid

    def visitor(self) -> Visitor:
        return Visitor("127.0.0.1", self.port)

    def server(self, *arguments: str | Path) -> str:
        """Run dropbox-server COMMAND ... on the same configuration."""
        return command("dropbox-server", *arguments, "--config", self.config)

    def server_json(self, *arguments: str | Path) -> Any:
        return json.loads(self.server(*arguments, "--json"))
