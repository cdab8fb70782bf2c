"""The attack on bundles calls a reader with a check taken out, and one that writes elsewhere, eats memory or dies."""

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dropbox.bundle import pickup, tar
from dropbox.envelope import verify
from dropbox.errors import InvalidValue
from tests.attacking.bundles import (
    MAKERS,
    cover_figures,
    cover_targets,
    envelopes,
    kept,
    measuring,
    pool,
    small,
    tar_bundles,
    tars,
    zips,
)
from tests.attacking.bundles.measuring import Cage, Ended, attempt
from tests.attacking.bundles.samples import Sample
from tests.attacking.bundles.target import Lie, Target
from tests.attacking.bundles.whole import Done, WholeTally, differences, forked, tree
from tests.attacking.led import Led
from tests.zip_forge import forge

unpacking = import_module("dropbox.envelope.unpack")  # the room exports a function of this name
SEED = 2
ENOUGH = 700


@pytest.fixture
def cage(tmp_path: Path) -> Cage:
    return Cage(tmp_path / "cage")


def findings(target: Target, cage: Cage, count: int = ENOUGH) -> Iterator[Ended]:
    """Give what mutants break, one after the other."""
    return (ended for number in range(count) if (ended := attempt(target, SEED, number, cage)).finding)


def first(target: Target, cage: Cage) -> str:
    """Return the first thing that is found."""
    found = next(findings(target, cage), None)
    assert found is not None, "nothing was found"
    assert f"seed {SEED}, {target.name} {found.number}" in found.recipe
    return found.finding


def pickups() -> tar_bundles.Pickups:
    return tar_bundles.Pickups(Sample(Random(1)))


def submissions() -> envelopes.Submissions:
    return envelopes.Submissions(Random(1))


# --- the machine itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(MAKERS)))
def test_no_reader_as_it_is_is_called_broken(place: int, cage: Cage) -> None:
    target = MAKERS[place][0](Random(f"{SEED}"))
    assert not [ended.finding for ended in findings(target, cage, 12)]


def test_a_seed_does_not_draw_other_mutants_the_next_time() -> None:
    for place in range(len(MAKERS)):
        one, two = (MAKERS[place][0](Random("same")) for _ in range(2))
        if isinstance(one, envelopes.Containers):
            continue  # libsodium draws a stream's first bytes by itself
        for number in range(8):
            assert one.mutant(Random(number), []) == two.mutant(Random(number), [])


def test_what_nobody_bent_is_not_refused(cage: Cage) -> None:
    sample = Sample(Random(3))
    makers = (tar_bundles.Pickups, tar_bundles.answers, tar_bundles.reseals, tar_bundles.handovers)
    for target in (make(sample) for make in makers):
        for parts in target.valid:
            data = tars.assemble(tars.entries_of(target.signed(parts)))
            target.judge(data, target.read(data, cage.inside))
    for made in (envelopes.Submissions(Random(1)), envelopes.Writings(Random(1))):
        for header in made.headers:
            data = forge(zips.archive(made.whole(header, [], Random(1))))
            made.judge(data, made.read(data, cage.inside))


def test_tasks_leave_no_mutant_out() -> None:
    tasks = pool.spread([3, 1], 1000)
    assert [sum(task.last - task.first for task in tasks if task.target == target) for target in (0, 1)] == [750, 250]


# --- checks taken out ---------------------------------------------------------------------------------------------


def _unhashed(self: Any, name: str, size_bytes: int, digest: str) -> tar.Member:
    self._header(name, 1 << 40)
    member = tar.Member(self._offset, size_bytes, digest)
    self._skip(size_bytes)
    return member


def _unnamed(self: Any, name: str, max_bytes: int) -> int:
    block = b"".join(self._chunks(self._offset, 512))
    self._offset += 512
    return int(block[124:135] or b"0", 8)


class Alike(bytes):
    """Bytes that are like any others."""

    __hash__ = bytes.__hash__

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False


TAKEN_OUT: dict[str, tuple[Callable[[], Target], object, str, object]] = {
    "an item's hash": (pickups, tar.TarReader, "check", _unhashed),
    "a member's name and header": (pickups, tar.TarReader, "_header", _unnamed),
    "what stands behind a tar": (pickups, tar.TarReader, "finish", lambda _self: None),
    "the drop's signature": (pickups, pickup, "_is_signed_by", lambda *_: True),
    "the log": (pickups, pickup, "check_log", lambda *_: None),
    "the one spelling of a manifest": (pickups, pickup, "dump", lambda value: Alike(b"")),
    "the order of an envelope": (submissions, unpacking, "_check_order", lambda _paths: None),
    "the records of a ZIP": (submissions, unpacking.StrictStream, "expect",
                             lambda self, wanted: self.exactly(len(wanted))),
    "a case's signature": (submissions, verify, "_verify_ed25519", lambda *_: None),
    "the index": (lambda: envelopes.Writings(Random(1)), unpacking, "_bare", lambda _part: ""),
    "a container's key": (lambda: envelopes.Containers(Random(1)), envelopes, "open_writing",
                          lambda path, key, check, size: _unverified(path, key, size)),
    "a canary's text": (lambda: small.Canaries(Random(1)), small, "find_canary", lambda text, *_: _Any(text)),
}  # fmt: skip


class _Any:
    def __init__(self, text: str) -> None:
        self.token = (text.partition("token ")[2].partition("\n")[0] + "0" * 64)[:64]


def _unverified(path: Path, key: bytes, size: int) -> Any:
    from dropbox.writing import _body

    return unpacking.unpack(_body(path, key), size).for_verification()[0]


@pytest.mark.parametrize("check", TAKEN_OUT)
def test_a_reader_with_a_check_taken_out_is_found(check: str, cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    make, room, name, other = TAKEN_OUT[check]
    target = make()
    monkeypatch.setattr(room, name, other)
    assert first(target, cage)


def test_a_backup_that_is_written_elsewhere_is_found(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    from dropbox.server.backup import reading

    whole = reading._write
    monkeypatch.setattr(reading, "_write", lambda folder, file, copy: whole(folder.parent.parent, file, copy))
    assert "got out of its folder" in first(kept.Backups(Random(1)), cage)


# --- readers that do harm -----------------------------------------------------------------------------------------


class Harmful:
    """A reader that refuses what is not good, and does something else besides."""

    name = "harmful"

    def __init__(self, harm: Callable[[Path], object]) -> None:
        self._harm = harm
        self.held: list[object] = []

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        how.append("nothing")
        return chances.randbytes(8)

    def read(self, _data: bytes, folder: Path) -> None:
        self.held.append(self._harm(folder))
        raise InvalidValue

    def judge(self, _data: bytes, _accepted: object) -> None:
        raise Lie("never")


def _busy(_folder: Path) -> None:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass


HARM: dict[str, tuple[Callable[[Path], object], str]] = {
    "writes above its folder": (lambda folder: (folder.parent / "planted").write_text("x"), "got out"),
    "writes over a file above": (lambda folder: (folder.parent.parent / "canary").write_text("x"), "got out"),
    "takes a file above away": (lambda folder: (folder.parent / "items" / "canary").unlink(), "got out"),
    "eats memory": (lambda _folder: sum(bytearray(b"x" * (220 << 20))[:1]), "MiB"),
    "is slow": (_busy, "it took"),
    "never ends": (lambda _folder: time.sleep(5), "did not end"),
    "breaks off": (lambda _folder: os.environ["NO_SUCH_THING"], "KeyError"),
    "leaves a file open": (lambda folder: (folder / "x").open("w"), "a file open"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_reader_that_does_harm_is_found(harm: str, cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(measuring, "STUCK_SECONDS", 0.3 if harm == "never ends" else 30)
    do, words = HARM[harm]
    target = Harmful(do)
    found = next(findings(target, cage, 1)).finding
    for each in target.held:
        if isinstance(each, io.IOBase):
            each.close()
    assert words in found


def test_a_reader_that_kills_its_process_is_found_and_the_others_go_on(tmp_path: Path) -> None:
    def die(_folder: Path) -> None:
        os._exit(7)

    makers: list[pool.Make] = [lambda _chances: Harmful(die), lambda _chances: Harmful(lambda _folder: None)]
    tally = pool.run(makers, pool.spread([1, 1], 40), SEED, tmp_path, 2)
    assert tally.refused == 20
    assert ["process died" in ended.finding for ended in tally.found] == [True]


# --- whole imports ------------------------------------------------------------------------------------------------


def test_a_command_that_ends_strangely_is_found() -> None:
    right, refused = Done(0, "{}", "", 1, 1), Done(1, "", "error: no\nhint: go\n", 1, 1)
    assert not right.strange
    assert not refused.strange
    for done in (
        Done(1, "", "error: unexpected KeyError\n", 1, 1),
        Done(1, "", "error: the system refused: no room\n", 1, 1),
        Done(1, "", "Something failed.\n", 1, 1),
        Done(-9, "", "", 1, 1),
        Done(0, "", "Traceback (most recent call last):\n", 1, 1),
    ):
        assert done.strange
        tally = WholeTally()
        tally.add(done, 1, [], "how")
        assert tally.broken == 1


def test_a_whole_import_that_takes_too_much_is_found() -> None:
    tally = WholeTally()
    tally.add(Done(0, "", "", 3.5, 1), 1, [], "slow")
    tally.add(Done(0, "", "", 1, 300), 1, [], "large")
    tally.add(Done(0, "", "", 1, 1), 1, [], "right")
    assert (tally.imports, tally.broken, [how for _, how in tally.found]) == (3, 2, ["slow", "large"])


def test_a_forked_command_is_measured_and_a_dead_one_is_told() -> None:
    def large() -> tuple[int, str, str]:
        return len(bytearray(b"x" * (80 << 20))) >> 40, "out", ""

    done = forked(large)
    assert (done.code, done.out) == (0, "out")
    assert done.mib > 70
    assert forked(lambda: os._exit(3)).strange


def test_a_changed_tree_is_found(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault/a").write_text("a")
    before = tree(tmp_path)
    assert not differences(before, tree(tmp_path))
    (tmp_path / "vault/b").symlink_to("/etc")
    linked = tree(tmp_path)
    (tmp_path / "vault/a").write_text("b")
    written = tree(tmp_path)
    (tmp_path / "folder").mkdir()
    assert differences(before, linked)
    assert differences(linked, written)
    assert differences(written, tree(tmp_path))


def test_coverage_is_led_into_readers_that_are_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cover_targets.NAMES:
        attempt_one, seeds = cover_targets.make(name, tmp_path)
        for data in islice(seeds, 3):
            attempt_one(data)
            attempt_one(data[:-3])
    monkeypatch.setattr(pickup, "dump", lambda _value: Alike(b""))
    monkeypatch.setattr(pickup, "load", lambda data, _most: json.loads(data))
    attempt_one, seeds = cover_targets.make("manifest", tmp_path)
    with pytest.raises(Lie):
        attempt_one(seeds[-1].replace(b":", b": ", 1))


def test_fuzzing_that_no_coverage_led_does_not_pass() -> None:
    blind, led = (cover_figures([Led("manifest", 5_000, places)]) for places in (0, 300))
    assert not all(figure.holds for figure in blind)
    assert all(figure.holds for figure in led)
