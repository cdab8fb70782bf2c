"""The plaintext hunt: canaries go in as a reporter and an investigator type them, and then every place is searched.

The real server runs under strace. Looked at: each write to a file and each path; the data folder with free pages and
logs; what appeared in temporary folders; the swap; environments and command lines of the server and of each gpg while
they run; and the server's memory some time after the session ended.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import factories
from tests.attacking.hunt import places
from tests.attacking.hunt.needles import Found, Needles, needles
from tests.attacking.hunt.places import Looked
from tests.attacking.hunt.prying import Pried, pry
from tests.attacking.hunt.story import ALLOW, WHERE, Story
from tests.attacking.hunt.watching import Family, WatchedDrop
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan
from tests.journeys.world import Person, World

PROMISE = (
    "Plaintext, codenames and derived keys are never written to a file by the server, stand in no environment and no "
    "command line, and leave its memory with the request and the session that they came with."
)
MOST_IN_MEMORY = 0
DECISION = "0035"
IDLE_MINUTES = 5


@dataclass
class Hunt:
    """What was found where. `memory`: by the moment at which the server's memory was read."""

    canaries: int = 0
    spellings: int = 0
    writes: int = 0
    processes: int = 0
    gpgs: int = 0
    free_pages: int = 0
    written: Looked = field(default_factory=Looked)
    lying: Looked = field(default_factory=Looked)
    temporary: Looked = field(default_factory=Looked)
    shown: Looked = field(default_factory=Looked)
    memory: dict[str, Found] = field(default_factory=dict)
    memory_bytes: int = 0
    known_in_memory: int = 0
    began_anew: int = 0
    notes: list[str] = field(default_factory=list)


def run(plan: Plan) -> Outcome:
    plan.folder.parent.chmod(0o711)  # another user's server runs in it too
    plan.folder.chmod(0o711)
    hunt = Hunt()
    for number in range(plan.times(1, 5)):
        _round(plan, plan.folder / str(number), hunt)
    pried = pry(plan.folder / "p", plan.folder / "0" / "root" / "keys" / "anna.asc")
    return Outcome(PROMISE, tuple(_figures(hunt, pried)), tuple(_findings(hunt)), tuple(_notes(plan, hunt, pried)))


def _round(plan: Plan, folder: Path, hunt: Hunt) -> None:
    folder.mkdir(mode=0o711)
    began = time.time()
    with _world(folder) as world, world.drop:
        drop = world.drop
        assert isinstance(drop, WatchedDrop)
        hunt.began_anew += drop.began_anew
        story = Story(world, folder / "own", plan.times(2, 20))
        with Family(drop.pid) as family:
            story.report()
            story.be_refused()
            story.go_on()
            story.answer()
            story.read()
        wanted = story.needles()
        hunt.canaries, hunt.spellings = len(wanted.kinds), len(wanted.each)
        _look_into_memory(plan, drop, story, wanted, hunt)
        for seen in family.seen.values():
            hunt.shown.at("an environment or command line", seen, wanted)
        hunt.processes += len(family.seen)
        hunt.gpgs += sum(program.startswith("gpg") for program in family.programs)
        _search_files(folder, began, wanted, hunt, plan.folder)
        drop.stop()
        with drop.trace.open(encoding="ascii", errors="replace") as trace:
            written, writes = places.written(trace, wanted)
        _add(hunt.written, written)
        hunt.writes += writes
        drop.trace.unlink()


@contextmanager
def _world(folder: Path) -> Iterator[World]:
    """Give a drop with one desk and one member, watched."""
    root, temporary = folder / "root", folder / "t"
    for each in (root, temporary, folder / "own"):
        each.mkdir()
    home = factories.new_home(folder, "g")
    try:
        anna = Person(home, factories.make_key(home, "anna"))
        tables = {"server": ALLOW, "[question]": WHERE, "sessions": f"idle_minutes = {IDLE_MINUTES}"}
        world = World.make(root, {"anna": anna}, {"anna": "advisers"}, **tables)
        world.drop.server("init")
        world.start_vaults()
        world.drop = WatchedDrop(world.drop.config, folder / "trace", temporary)
        yield world
    finally:
        factories.end_agents(folder)


def _look_into_memory(plan: Plan, drop: WatchedDrop, story: Story, wanted: Needles, hunt: Hunt) -> None:
    if drop.keyhole is None:
        hunt.notes.append("The memory could not be read by this user on this machine: THAT PART WAS NOT RUN.")
        return
    pause = plan.times(5, 60)
    time.sleep(pause)
    _read_memory(drop, wanted, hunt, f"{pause} s after /leave")
    if not plan.long:
        return
    story.read(leave=False)
    wanted = story.needles()
    time.sleep(pause)
    _read_memory(drop, wanted, hunt, f"{pause} s after the last page of a session that is open still")
    time.sleep(IDLE_MINUTES * 60)
    _read_memory(drop, wanted, hunt, f"{pause} s after a session had expired")


def _read_memory(drop: WatchedDrop, wanted: Needles, hunt: Hunt, moment: str) -> None:
    assert drop.keyhole is not None
    known = needles({"known": "Desk advisers"}, {})  # what must be there, or the search says nothing
    found, read = drop.keyhole.search(Needles((*wanted.each, *known.each), wanted.words))
    hunt.known_in_memory += sum(times for (kind, _), times in found.items() if kind == "known")
    hunt.memory_bytes += read
    found = Counter({key: times for key, times in found.items() if key[0] != "known"})
    hunt.memory[moment] = hunt.memory.get(moment, Counter()) + found


def _search_files(folder: Path, began: float, wanted: Needles, hunt: Hunt, own: Path) -> None:
    _add(hunt.lying, places.folders(wanted, folder / "root", folder / "t", apart=[folder / "root" / "vault-anna"]))
    hunt.free_pages += places.free_pages(folder / "root" / "data")
    temporary, whole = places.temporary(wanted, began, own)
    _add(hunt.temporary, temporary)
    swapped, why = places.swap(wanted)
    if swapped is not None:
        _add(hunt.lying, swapped)
    left_out = "More changed in the folders for temporary files meanwhile than was read: the rest belongs to others."
    hunt.notes += [note for note in (why, "" if whole else left_out) if note and note not in hunt.notes]


def _add(to: Looked, more: Looked) -> None:
    to.found += more.found
    to.where += more.where
    to.files += more.files
    to.size += more.size


def _figures(hunt: Hunt, pried: Pried) -> Iterator[Figure]:
    yield count("canaries: texts, names, files, codename, keys, sessions", hunt.canaries)
    yield count("spellings of them that were looked for", hunt.spellings)
    yield at_least("writes to files that the tracer saw", hunt.writes, 20)
    yield count("bytes written to files, and paths", hunt.written.size)
    yield none_of("canaries in what was written to files, and in paths", hunt.written.times)
    yield at_least("files of the drop searched, its temporary folder and log among them", hunt.lying.files, 10)
    yield count("bytes of them", hunt.lying.size)
    yield count("pages of its databases that hold nothing any more", hunt.free_pages)
    yield none_of("canaries in files of the drop", hunt.lying.times)
    yield count("files elsewhere that changed meanwhile, in folders for temporary files", hunt.temporary.files)
    yield none_of("canaries in those", hunt.temporary.times)
    yield at_least("gpg processes seen while they ran", hunt.gpgs, 1)
    yield none_of("canaries in environments and command lines", hunt.shown.times)
    yield from _memory_figures(hunt)
    yield none_of("ways for another process of the same user to look into the server", len(pried.ways))
    if pried.ways_of_others is not None:
        yield none_of("ways for another user's process", len(pried.ways_of_others))
    yield at_least("ways into a process that shuts nothing off", len(pried.ordinary), 2)
    yield none_of("core dumps after kill -ABRT", pried.cores)


def _memory_figures(hunt: Hunt) -> Iterator[Figure]:
    yield at_least("servers that began anew with memory that overwrites itself", hunt.began_anew, 1)
    yield at_least("moments at which the memory was read", len(hunt.memory), 1)
    if not hunt.memory:
        return
    yield count("memory read", hunt.memory_bytes / (1 << 20), "MiB")
    yield at_least("a desk's name in it, which must be there", hunt.known_in_memory, 1)
    for moment, found in hunt.memory.items():
        by_kind: Counter[str] = Counter()
        for (kind, _), times in found.items():
            by_kind[kind.rstrip(" 0123456789")] += times
        for kind in ("codename", "reply", "session key"):
            yield at_most(f"{kind} in memory {moment}", by_kind.pop(kind, 0), MOST_IN_MEMORY)
        keys = sum(by_kind.pop(kind, 0) for kind in ("root", "lookup id", "reply key", "case key"))
        yield at_most(f"derived keys in memory {moment}", keys, MOST_IN_MEMORY)
        yield at_most(f"any other canary in memory {moment}", by_kind.total(), MOST_IN_MEMORY)


def _findings(hunt: Hunt) -> Iterator[Finding]:
    for what, looked in (("written", hunt.written), ("lying", hunt.lying), ("temporary", hunt.temporary)):
        yield from (Finding(f"a canary was found ({what})", place) for place in looked.where[:20])
    yield from (Finding("a canary was found", place) for place in hunt.shown.where[:20])
    for moment, found in hunt.memory.items():
        for (kind, spelling), times in sorted(found.items()):
            yield Finding(f"{kind} stood {times} times in memory {moment}", spelling)


def _notes(plan: Plan, hunt: Hunt, pried: Pried) -> Iterator[str]:
    yield from hunt.notes
    if not plan.long:
        yield "The memory was read 5 s after /leave; the long form waits a minute, and for a session to expire as well."
    if pried.ways_of_others is None:
        yield "Another user's process was not tried: that takes root."
    yield f"The bound for what is left in memory is that of decision {DECISION}."
