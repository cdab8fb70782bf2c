"""What is done while a system call fails, and what must be true of it then, and once nothing fails any more."""

from __future__ import annotations

import resource
import subprocess
from collections import Counter
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.attacking.crash import strace
from tests.attacking.crash.checker import Checker
from tests.attacking.crash.investigators import BySite, Investigator, Refused, says_why
from tests.attacking.crash.ledger import Case, Ledger
from tests.attacking.crash.reporters import CUT_OFF, Pending, Reporter, is_our_page
from tests.attacking.crash.served import Served
from tests.attacking.crash.strace import Failure, GpgInBetween, Seen
from tests.drop_process import BIN
from tests.visitor import File, Page

COMMAND_SECONDS = 120.0
ENDING_SECONDS = 3.0
TRIES_AFTERWARDS = 3
HALF_KIB = 512
FILE: File = ("a.bin", "application/octet-stream", bytes(range(256)) * 400)
OWN_STATUSES = (200, 400, 500, 503)


@dataclass
class Room:
    """A drop to which things are done, with what is known of it, and what came of them."""

    drop: Served
    ledger: Ledger
    checker: Checker
    reporter: Reporter
    writer: Investigator
    site: BySite
    gpg: GpgInBetween
    wrong: list[str] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    refused: int = 0

    @property
    def log(self) -> Path:
        return self.drop.world.root / "strace.log"

    def look(self, what: str) -> None:
        """Hold the folder against the ledger, and note what is wrong once."""
        found = [*self.checker.faults(), *self.ledger.wrong]
        self.ledger.wrong.clear()
        self.wrong += [f"{what}: {each}" for each in found]

    def count(self, seen: Seen) -> bool:
        """Count the calls that failed; tell whether any did."""
        self.failed.update(call for call, _ in seen.calls)
        return bool(seen.calls)

    def restart(self) -> None:
        self.drop.drop.kill()
        self.drop.drop.start()


class Act(Protocol):
    """Something done while a call fails; returns whether the call was made so often."""

    def __call__(self, here: Room, failure: Failure, *, kill: bool) -> bool: ...


def send(here: Room) -> None:
    """Send a report while nothing fails; it must be acknowledged."""
    reporter = here.reporter
    for _ in range(TRIES_AFTERWARDS):
        if reporter.pending is None:
            pending = _prepared(here)
            if pending is None:
                continue
            reporter.pending = pending
        reporter.send(reporter.pending)
        if not reporter.waits:
            return
    here.wrong.append("a report is refused although nothing fails any more")
    reporter.pending = None


def in_report(here: Room, failure: Failure, *, kill: bool) -> bool:
    seen = _report_under(here, strace.attached(here.drop.drop.pid, here.log, failure), f"report, {failure}", kill=kill)
    return seen is not None and here.count(seen)


def in_sealing(here: Room, failure: Failure, *, kill: bool) -> bool:
    """Have the gpg fail that seals a report."""
    seen = _report_under(here, here.gpg.failing(failure), f"sealing, {failure}", kill=kill)
    return seen is not None and here.count(seen)


def in_short_writes(here: Room, most_bytes: int) -> None:
    """Let no file grow beyond so many bytes: what goes over it is written in part, then refused."""
    what = f"files of {most_bytes} bytes at most"
    pid, limit = here.drop.drop.pid, resource.RLIMIT_FSIZE
    pending, before = _prepared(here), resource.prlimit(pid, limit)
    if pending is None:
        here.wrong.append(f"{what}: no form")
        return
    resource.prlimit(pid, limit, (most_bytes, before[1]))
    try:
        refused = not _tried(here, pending, what)
    finally:
        resource.prlimit(pid, limit, before)
    here.failed["short write"] += refused
    _afterwards(here, what, kill=False)


def after_a_failed_commit(here: Room, nth: int) -> None:
    """Have a commit fail, and kill the server while it clears away what was not committed.

    The log has a beginning by then: else it would be that which fails.
    """
    send(here)
    failures = (Failure("fdatasync", "EIO", 1), Failure("unlink", "SIGKILL", nth))
    what = f"report, commit fails, killed at unlink {nth}"
    seen = _report_under(here, strace.attached(here.drop.drop.pid, here.log, *failures), what, kill=True)
    if seen is not None:
        here.count(seen)


def in_bringing(here: Room, failure: Failure, *, kill: bool) -> bool:
    """Have the server fail while it takes in an answer that came through the courier's site."""
    case, bundle = _written(here)
    what = f"answer by the courier's site, {failure}"
    try:
        here.site.home()
        with strace.attached(here.drop.drop.pid, here.log, failure) as seen:
            try:
                here.site.bring(bundle)
            except (*CUT_OFF, Refused):
                here.refused += 1
    except Refused:
        here.wrong.append(f"{what}: no page to bring it on")
        return False
    _look_after(here, what, kill=kill)
    _bring_once_more(here, case, bundle, what)
    return here.count(seen)


def in_import(here: Room, failure: Failure, *, kill: bool) -> bool:  # the server is not what fails
    """Have the operator's import fail."""
    case, bundle = _written(here)
    what = f"import by command, {failure}"
    seen = _command_under(here, what, failure, "import", str(bundle))
    here.look(what)
    _bring_once_more(here, case, bundle, what)
    return here.count(seen)


def in_export(here: Room, failure: Failure, *, kill: bool) -> bool:  # the server is not what fails
    """Have the operator's export fail: nothing is left under the bundle's name, and the next one is whole."""
    send(here)
    target = here.drop.world.root / "pickup.tar"
    what = f"export by command, {failure}"
    seen = _command_under(here, what, failure, "export", "--desk", here.writer.member.desk, str(target))
    target.unlink(missing_ok=True)
    try:
        here.writer.fetch()
    except Refused:
        here.wrong.append(f"{what}: the next export failed too")
    here.look(what)
    return here.count(seen)


def _command_under(here: Room, what: str, failure: Failure, name: str, *arguments: str) -> Seen:
    command = [str(BIN / "dropbox-server"), name, *arguments, "--config", str(here.drop.drop.config)]
    seen, code, err = strace.started(here.log, [failure], command, COMMAND_SECONDS)
    here.refused += bool(code)
    orderly = code == 0 or (code == 1 and says_why(err))
    if not orderly and failure.error != "SIGKILL" and failure.call != "write":  # its own words are written too
        here.wrong.append(f"{what}: exit {code}: {err.strip()[-300:]}")
    return seen


def _report_under(here: Room, failing: AbstractContextManager[Seen], what: str, *, kill: bool) -> Seen | None:
    pending = _prepared(here)
    if pending is None:
        here.wrong.append(f"{what}: no form")
        return None
    with failing as seen:
        _tried(here, pending, what)
    _afterwards(here, what, kill=kill)
    return seen


def _prepared(here: Room) -> Pending | None:
    """Return a report that only has to be sent."""
    return here.reporter.prepared(("committee",), [FILE])


def _tried(here: Room, pending: Pending, what: str) -> bool:
    """Send a report; tell whether it was acknowledged. An answer must be a page of ours."""
    here.reporter.pending = pending
    page: Page | None = None
    try:
        page = pending.visitor.submit(pending.form, pending.values, pending.files)
    except CUT_OFF as error:
        if not _is_ending(here):
            here.wrong.append(f"{what}: no answer ({type(error).__name__}), though the server is up")
        return False
    here.statuses[page.status] += 1
    if page.status not in OWN_STATUSES or not is_our_page(page):
        here.wrong.append(f"{what}: {page.status} without a page of ours")
        return False
    with suppress(*CUT_OFF):  # who presses once more may meet the fault then
        here.reporter.take(pending, page)
    here.refused += not pending.sent.acknowledged
    return pending.sent.acknowledged


def _afterwards(here: Room, what: str, *, kill: bool) -> None:
    """Nothing fails any more: hold the folder against the ledger, send again what was refused, and once more."""
    _look_after(here, what, kill=kill)
    if here.reporter.pending is not None:
        send(here)
        here.look(f"{what}, sent again")


def _look_after(here: Room, what: str, *, kill: bool) -> None:
    if kill or not _is_up(here):
        here.restart()
    here.look(what)


def _is_ending(here: Room) -> bool:
    """Tell whether the server was killed; whoever traces it hears of that first."""
    process = here.drop.drop.process
    try:
        return process is None or process.wait(ENDING_SECONDS) is not None
    except subprocess.TimeoutExpired:
        return False


def _is_up(here: Room) -> bool:
    process = here.drop.drop.process
    return process is not None and process.poll() is None


def _written(here: Room) -> tuple[Case, Path]:
    """Write a reply to a case in the writer's vault, and export it."""
    case = here.writer.write(here.writer.cases()[0]["case"])
    return case, here.writer.exported()


def _bring_once_more(here: Room, case: Case, bundle: Path, what: str) -> None:
    """Bring an answer while nothing fails, twice: its reporter is shown each of its replies once."""
    try:
        for _ in range(2):
            here.writer.bring_this(bundle)
    except Refused:
        here.wrong.append(f"{what}: the answer is refused although nothing fails any more")
        return
    here.reporter.look(case)
    here.look(f"{what}, brought again")
