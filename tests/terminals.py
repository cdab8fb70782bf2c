"""A real terminal for a command that talks: a pseudo-terminal that is its controlling one, and a person's hands."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
SECONDS = 60.0


class Terminal:
    """`with Terminal(command, env) as terminal:`; what was written to it so far is `shown`, without the controls."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._command = list(command)
        self._env = dict(env)
        self._raw = ""
        self._seen = 0
        self.code: int | None = None

    def __enter__(self) -> Terminal:
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.execvpe(self._command[0], self._command, self._env)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.code is None:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._master)

    @property
    def raw(self) -> str:
        return self._raw

    @property
    def shown(self) -> str:
        return _CONTROLS.sub("", self._raw).replace("\r\n", "\n")

    def wait(self, text: str) -> str:
        """Wait until this is shown after what was waited for last; return all that was shown in between."""
        until = time.monotonic() + SECONDS
        while (found := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < until, f"{text!r} did not come after {self.shown[self._seen :]!r}"
            assert self._read(), f"ended before {text!r}: {self.shown[self._seen :]!r}"
        before, self._seen = self.shown[self._seen : found], found + len(text)
        return before

    def type(self, text: str) -> None:
        os.write(self._master, text.encode() + b"\n")

    def end(self) -> int:
        """Wait for the command's end and return its exit code."""
        while self._read():
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self.code

    def _read(self) -> bool:
        if not select.select([self._master], [], [], SECONDS)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # what Linux says when the other end is closed
            return False
        self._raw += data.decode("utf-8", "replace")
        return bool(data)
