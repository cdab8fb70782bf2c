"""The real server with its courier, as a process of its own on loopback, and what it costs while it is attacked."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from tests import factories
from tests.attacking import processes
from tests.drop_process import DropProcess, free_port
from tests.journeys.world import come_back, send_report
from tests.visitor import File, Page, Visitor

INVESTIGATOR = "anna"
DESK = "desk"
_CLIENT_KEY = "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIQWCYTDMRSQ"
SETTLE_SECONDS = 10.0
TRIES, SECONDS_BETWEEN = 6, 2.0
"""For what people do while the server says that it is busy."""


@dataclass(frozen=True)
class Costs:
    """What a process holds at a moment. `files`: what lies in its data folder, and in its temporary one."""

    rss_mib: float
    descriptors: int
    threads: int
    files: int


@dataclass
class Stage:
    drop: DropProcess
    courier_port: int
    passphrase: str
    temporary: Path

    @property
    def port(self) -> int:
        return self.drop.port

    @property
    def data(self) -> Path:
        return self.drop.config.parent / "data"

    def costs(self) -> Costs:
        return costs_of(self.drop.pid, self.data, self.temporary)

    def log_lines(self) -> list[str]:
        return self.drop.log.read_text("utf-8", "replace").splitlines()

    def courier(self) -> Visitor:
        """Return an investigator's browser, signed in."""
        visitor = Visitor("127.0.0.1", self.courier_port)
        form = visitor.get("/").form("passphrase")
        page = visitor.submit(form, {"name": INVESTIGATOR, "passphrase": self.passphrase})
        assert page.status == 200, page.text
        return visitor

    def ordinary_life(self) -> str:
        """Report, come back and write once more as people do; return the codename."""
        visitor = self.drop.visitor()
        files: list[File] = [("a.txt", "text/plain", b"a" * 1000)]
        codename = _patiently(lambda: send_report(visitor, "An ordinary report.", [DESK], files=files)).codename
        again = self.drop.visitor()
        case = _patiently(lambda: come_back(again, codename))
        assert case.status == 200, f"{case.status} {case.path}"
        assert again.submit(case.form("message", "withdraw"), {"message": "And more."}).status == 200
        return codename


def _patiently(ask: Callable[[], Page]) -> Page:
    """Ask again after a while where the page says that it is busy: codenames of the attack may wait before it."""
    for _ in range(TRIES):
        page = ask()
        if page.status != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        time.sleep(SECONDS_BETWEEN)
    return page


@contextmanager
def stage(folder: Path, **server: int) -> Iterator[Stage]:
    """Serve a drop with one desk and a courier on free ports until the block ends; `server`: settings of that table."""
    home = factories.new_home(folder)
    key = factories.make_key(home, INVESTIGATOR)
    root, temporary = folder / "d", folder / "t"
    root.mkdir()
    temporary.mkdir()
    settings = "\n".join(["allow_swap = true", "min_free_mib = 16", *(f"{name} = {n}" for name, n in server.items())])
    config = factories.write_config(root, {DESK: [key]}, server=settings, courier="enabled = true")
    (root / "keys" / f"{INVESTIGATOR}.asc").write_bytes(factories.export_public(home, key))
    courier_port = free_port()
    drop = DropProcess(config, None, "--local-courier", f"127.0.0.1:{courier_port}")
    drop.server("init")
    said = drop.server("investigator", "add", INVESTIGATOR, "--desk", DESK, "--client-key", _CLIENT_KEY, "--json")
    with _temporary_folder(temporary), drop:
        yield Stage(drop, courier_port, json.loads(said)["passphrase"], temporary)


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    """What the server lays down beside its data would be counted too."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def costs_of(pid: int, *folders: Path) -> Costs:
    files = sum(path.is_file() for folder in folders for path in folder.rglob("*"))
    threads = processes.status_number(pid, "Threads")
    return Costs(processes.memory_mib(pid), processes.open_files(pid), threads, files)


def settled(now: Callable[[], Costs], before: Costs, seconds: float = SETTLE_SECONDS) -> Costs:
    """Return what is still held when everybody has left; descriptors are waited for until they are as they were."""
    deadline = time.monotonic() + seconds
    while (costs := now()).descriptors > before.descriptors and time.monotonic() < deadline:
        time.sleep(0.1)
    return costs
