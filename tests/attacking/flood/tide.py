"""The flood: requests at a steady rate, whether or not they are answered, over one circuit or over many.

Each connection is kept open and asked again before it has answered, as no browser does. What a connection cannot take
any more is counted, not queued up: the next tick comes all the same.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MOST_UNANSWERED = 6
GREETED, LET_IN = b"\x05\x02", b"\x01\x00"
Make = Callable[[int], bytes]
"""Returns the request of a number."""


@dataclass
class Tally:
    """What a flood sent, and what it got. `held_back`: ticks at which its connections could take no more."""

    offered: int = 0
    sent: int = 0
    held_back: int = 0
    broken: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def worked(self) -> int:
        """How many the drop did the work of, whatever came of it."""
        return self.answers.total() - self.refused

    @property
    def refused(self) -> int:
        return self.answers[429]


@dataclass(frozen=True)
class Sea:
    """Whom to flood, through which tor."""

    socks: Path
    host: str


class Tide:
    """`with Tide(…) as tide:` floods in the background until the block ends."""

    def __init__(
        self, sea: Sea, circuits: list[str], make: Make, *, per_second: float = 50, connections: int = 12
    ) -> None:
        self._sea, self._circuits, self._make = sea, circuits, make
        self._per_second, self._connections = per_second, connections
        self._ends = threading.Event()
        self.tally = Tally()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._flood()), daemon=True)

    def __enter__(self) -> Tide:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(30)

    async def _flood(self) -> None:
        lines = [_Line(self._sea, circuit, self.tally) for circuit in self._circuits for _ in range(self._connections)]
        tasks = [asyncio.create_task(line.run()) for line in lines]
        begun = time.monotonic()
        number = 0
        while not self._ends.is_set():
            await asyncio.sleep(max(0.0, begun + number / self._per_second - time.monotonic()))
            self.tally.offered += 1
            self._offer(lines, number)
            number += 1
        self.tally.seconds = time.monotonic() - begun
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _offer(self, lines: list[_Line], number: int) -> None:
        for step in range(len(lines)):
            if lines[(number + step) % len(lines)].take(self._make(number)):
                self.tally.sent += 1
                return
        self.tally.held_back += 1


class _Line:
    """One connection, opened again whenever it is closed."""

    def __init__(self, sea: Sea, circuit: str, tally: Tally) -> None:
        self._sea, self._circuit, self._tally = sea, circuit, tally
        self._writer: asyncio.StreamWriter | None = None
        self._unanswered = 0

    def take(self, request: bytes) -> bool:
        if self._writer is None or self._unanswered >= MOST_UNANSWERED or self._writer.is_closing():
            return False
        self._writer.write(request)
        self._unanswered += 1
        return True

    async def run(self) -> None:
        while True:
            try:
                reader, writer = await self._open()
            except (OSError, asyncio.IncompleteReadError, ValueError):
                await asyncio.sleep(0.5)
                continue
            self._writer, self._unanswered = writer, 0
            try:
                while True:
                    self._tally.answers[await _status(reader)] += 1
                    self._unanswered -= 1
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self._tally.broken += max(0, self._unanswered)
            finally:
                self._writer = None
                writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(str(self._sea.socks))
        name, host = self._circuit.encode(), self._sea.host.encode()
        writer.write(b"\x05\x01\x02")
        if await reader.readexactly(2) != GREETED:
            raise ValueError
        writer.write(bytes((1, len(name))) + name + b"\x010")
        if await reader.readexactly(2) != LET_IN:
            raise ValueError
        writer.write(b"\x05\x01\x00\x03" + bytes((len(host),)) + host + (80).to_bytes(2, "big"))
        if (await reader.readexactly(10))[1]:
            raise ValueError
        return reader, writer


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end and return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    lengths = [int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")]
    await reader.readexactly(lengths[0] if lengths else 0)
    return int(lines[0].split(b" ")[1])
