"""A small disk of the drop's own that fills up: by reports, by a foreign file, by files without bytes; and empties.

Whatever is refused is refused politely, everything earlier stays what it was, and the service is back by itself when
there is room. Runs in a mount namespace of its own, which an ordinary user may make where the kernel lets them.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacking.crash import investigators, unshared
from tests.attacking.crash.checker import Checker
from tests.attacking.crash.investigators import ByCommand, Investigator, Refused
from tests.attacking.crash.ledger import Case, Ledger
from tests.attacking.crash.reporters import CUT_OFF, Pending, Reporter, is_our_page
from tests.attacking.crash.served import Served, served
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan
from tests.visitor import File

PROMISE = "A full disk refuses politely, harms nothing that is there, and is over when there is room."
DISK = "size=64m,nr_inodes=400,mode=700"
BACK_SECONDS = 20.0
LARGE: File = ("l.bin", "application/octet-stream", bytes(3 << 20))
SMALL: File = ("a.bin", "application/octet-stream", bytes(200_000))
MOST_REPORTS = 60
MOST_SECONDS = 0.3
"""In which a LARGE report is sealed and stored, when nobody is in the way."""
COMMANDS = ("status", "check", "export", "import")


@dataclass
class SmallDisk:
    """A mounted disk. Somebody else's file on it is what takes its room."""

    place: Path

    @property
    def foreign(self) -> Path:
        return self.place / "foreign"

    def fill(self) -> None:
        """Take all room that is left."""
        self.foreign.touch(mode=0o600)
        with self.foreign.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def take(self, size: int) -> None:
        """Take so much room."""
        self.foreign.touch(mode=0o600)
        self.foreign.write_bytes(bytes(size))

    def fill_inodes(self) -> None:
        """Take all files that may still be made; there is room for bytes."""
        self.foreign.mkdir(mode=0o700)
        with suppress(OSError):
            for number in range(1 << 20):
                (self.foreign / str(number)).touch(mode=0o600)

    def empty(self) -> None:
        subprocess.run(["rm", "-rf", str(self.foreign)], check=True)


@dataclass
class Room:
    """A drop on a small disk, with one case that everybody knows."""

    drop: Served
    disk: SmallDisk
    ledger: Ledger
    checker: Checker
    reporter: Reporter
    writer: Investigator
    first: Case
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    politely: int = 0
    back: list[float] = field(default_factory=list)
    commands: int = 0
    starts: list[str] = field(default_factory=list)

    def look(self, what: str) -> None:
        """Hold the folder against the ledger, and note what is wrong once."""
        found = [*self.checker.faults(), *self.ledger.wrong]
        self.ledger.wrong.clear()
        self.wrong += [f"{what}: {each}" for each in found if "foreign" not in each]


def run(plan: Plan) -> Outcome:
    told = unshared.outcome_of("tests.attacking.disk", plan, plan.folder / "d", mounts=True)
    if told is None:
        note = "No small disk could be had: this user may make no user and mount namespace here. Nothing was tried."
        return Outcome(PROMISE, (count("small disks that could be had", 0),), notes=(note,))
    return told


def run_inside(plan: Plan) -> Outcome:
    """Do everything; the process may mount. Each round has a drop and a disk of its own."""
    rooms = [_round(plan, again) for again in range(plan.times(1, 20))]
    wrong = tuple(Finding(each) for here in rooms for each in here.wrong)
    return Outcome(PROMISE, tuple(_figures(rooms)), wrong, _notes(rooms))


def _round(plan: Plan, again: int) -> Room:
    with room(plan, plan.folder / f"r{again}") as here:
        by_reports(here, f"filled by reports ({again})")
        stand(here, f"a foreign file takes all room ({again})", here.disk.fill)
        stand(here, f"no file can be made any more ({again})", here.disk.fill_inodes)
        for part in range(plan.times(2, 10)):
            moment = plan.random(f"{again}.{part}").uniform(0, MOST_SECONDS)
            while_it_fills(here, f"filled while a report comes in ({again}.{part})", moment)
        return here


def _figures(rooms: list[Room]) -> Iterator[Figure]:
    refused = sum(here.refused for here in rooms)
    yield count("reports acknowledged", sum(here.ledger.acknowledged for here in rooms))
    yield at_least("reports refused for want of room", refused, 3 * len(rooms))
    yield none_of(
        "refusals that were no page of ours, or lost what was typed", refused - sum(here.politely for here in rooms)
    )
    yield none_of("what was lost, half, or done wrong", sum(len(here.wrong) for here in rooms))
    yield count("commands on a full disk", sum(here.commands for here in rooms))
    longest = max(seconds for here in rooms for seconds in here.back)
    yield at_most("longest time until the service was back", longest, BACK_SECONDS, "seconds")


def _notes(rooms: list[Room]) -> tuple[str, ...]:
    starts = [said for here in rooms for said in here.starts]
    tries = ", ".join(f"{said}: {starts.count(said)}" for said in sorted(set(starts)))
    return (f"The disk is a tmpfs ({DISK}).", f"Starts of the server on a full disk: {tries}.")


@contextmanager
def room(plan: Plan, folder: Path) -> Iterator[Room]:
    def mount(place: Path) -> None:
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "onion-dropbox-attack", str(place)], check=True)

    with served(folder, before=mount, server="allow_swap = true\nmin_free_mib = 16\nreturning_reserve_mib = 0") as drop:
        drop.drop.start()
        try:
            yield _furnished(plan, drop)
        finally:
            drop.drop.kill()
            subprocess.run(["umount", "--lazy", str(drop.data_dir)], check=True)


def _furnished(plan: Plan, drop: Served) -> Room:
    ledger = Ledger()
    reporter = Reporter("dr", plan.random("reporter"), drop.drop.visitor, ledger)
    member = drop.world.members["carla"]
    way = ByCommand(drop.drop.config, member.desk, ledger)
    writer = Investigator("dv", member, way, plan.random("writer"), ledger, drop.world.root)
    pending = reporter.prepared(("committee",), [SMALL])
    assert pending is not None
    reporter.send(pending)
    writer.fetch()
    here = Room(drop, SmallDisk(drop.data_dir), ledger, drop.checker(ledger), reporter, writer, pending.case)
    _bring(here, "at the beginning")
    here.look("at the beginning")
    return here


def by_reports(here: Room, what: str) -> None:
    """Let reports take the room until one is refused; then the foreign room is what was in the way, and goes."""
    here.disk.take(24 << 20)
    for _ in range(MOST_REPORTS):
        pending = here.reporter.prepared(("committee",), [LARGE])
        if pending is None or not _sent(here, pending, what):
            break
    else:
        here.wrong.append(f"{what}: nothing was ever refused")
    here.look(what)
    _give_back(here, what)


def stand(here: Room, what: str, take: Callable[[], None]) -> None:
    """Take what there is at once, try everything, start again on it, and give it back."""
    case, bundle = here.writer.write(here.writer.cases()[0]["case"]), here.writer.exported()
    pending = here.reporter.prepared(("committee",), [SMALL])
    take()
    if pending is not None and _sent(here, pending, what):
        here.wrong.append(f"{what}: a report was acknowledged without room for it")
    _come_back(here, what)
    _commands(here, what, bundle)
    here.look(what)
    _start_on_it(here, what)
    _give_back(here, what)
    _bring_this(here, case, bundle, what)


def while_it_fills(here: Room, what: str, moment: float) -> None:
    """Take all room while a report is on its way."""
    pending = here.reporter.prepared(("committee",), [LARGE])
    if pending is None:
        here.wrong.append(f"{what}: no form")
        return
    filling = threading.Timer(moment, here.disk.fill)
    filling.start()
    _sent(here, pending, what)
    filling.join()
    here.look(what)
    _give_back(here, what)


def _sent(here: Room, pending: Pending, what: str) -> bool:
    """Send; tell whether it was acknowledged. Else it must be refused with a page of ours that keeps the text."""
    here.reporter.pending = pending
    complaints = len(here.ledger.wrong)
    try:
        page = pending.visitor.submit(pending.form, pending.values, pending.files)
    except CUT_OFF as error:
        here.refused += 1
        here.wrong.append(f"{what}: no answer ({type(error).__name__})")
        return False
    here.reporter.take(pending, page)
    if pending.sent.acknowledged:
        return True
    here.refused += 1
    here.politely += is_our_page(page) and page.status == 503 and len(here.ledger.wrong) == complaints
    return False


def _come_back(here: Room, what: str) -> None:
    """A reporter who returns to a full disk is still shown what is there."""
    page = None
    with suppress(*CUT_OFF):
        page = here.reporter.looked(here.first)
    if page is None:
        here.wrong.append(f"{what}: a reporter could not come back and read")


def _commands(here: Room, what: str, bundle: Path) -> None:
    """Each command ends well, or with an error in plain words; an import must not have been half done."""
    target = here.drop.world.root / "full-pickup.tar"
    given: dict[str, tuple[str | Path, ...]] = {"export": ("--desk", "committee", target), "import": (bundle,)}
    for name in COMMANDS:
        done = investigators.run("dropbox-server", name, *given.get(name, ()), "--config", here.drop.drop.config)
        here.commands += 1
        said = investigators.says_why(done.err)
        if not (done.code == 0 or (done.code == 1 and (said or name == "check"))):
            here.wrong.append(f"{what}: {name}: exit {done.code}: {done.err.strip()[-300:]}")
        if name == "status" and done.code and "no room" not in done.err:
            here.wrong.append(f"{what}: status does not say how it stands: {done.err.strip()[-300:]}")
    target.unlink(missing_ok=True)


def _start_on_it(here: Room, what: str) -> None:
    """Kill the server and start it on the full disk: it serves, or says in plain words why not."""
    drop, mark = here.drop.drop, here.drop.drop.log.stat().st_size
    drop.kill()
    try:
        drop.start()
    except AssertionError:
        said = drop.log.read_text(encoding="utf-8", errors="replace").encode()[mark:].decode(errors="replace")
        orderly = "error: " in said and "unexpected" not in said and "Traceback" not in said
        here.starts.append(f"refused ({said.strip().splitlines()[-2:]})" if orderly else "broke off")
        if not orderly:
            here.wrong.append(f"{what}: the server does not start, and says {said.strip()[-300:]!r}")
        return
    here.starts.append("serves")
    _come_back(here, f"{what}, started again")


def _give_back(here: Room, what: str) -> None:
    """Make room, and see the service back: without a restart, unless the server refused to start on a full disk."""
    here.disk.empty()
    drop, began = here.drop.drop, time.monotonic()
    if drop.process is None or drop.process.poll() is not None:
        drop.start()
    while here.reporter.waits and time.monotonic() < began + BACK_SECONDS:
        pending = here.reporter.pending
        if pending is not None:
            with suppress(*CUT_OFF):
                here.reporter.send(pending)
        time.sleep(0.05)
    here.back.append(time.monotonic() - began)
    if here.reporter.waits:
        here.wrong.append(f"{what}: there is room again, and a report is still refused")
        here.reporter.pending = None
    here.look(f"{what}, with room again")


def _bring(here: Room, what: str) -> None:
    _bring_this(here, here.writer.write(here.writer.cases()[0]["case"]), here.writer.exported(), what)


def _bring_this(here: Room, case: Case, bundle: Path, what: str) -> None:
    """Bring an answer twice: its reporter is shown each of its replies once."""
    try:
        for _ in range(2):
            here.writer.bring_this(bundle)
    except Refused:
        here.wrong.append(f"{what}: an answer is refused although there is room")
    here.reporter.look(case)


def main() -> None:
    plan, out = unshared.told()
    part = out.with_suffix(".part")
    part.write_text(json.dumps(run_inside(plan).as_json()), encoding="utf-8")
    part.rename(out)


if __name__ == "__main__":
    main()
