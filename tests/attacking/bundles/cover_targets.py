"""What coverage leads through the readers: each takes any bytes as one part of what is then signed anew.

Only our own refusals may come out; what is accepted is judged as every other mutant is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from dropbox.bundle.desk_log import dump_log, load_log
from dropbox.envelope import unpack
from dropbox.errors import DropboxError
from tests.attacking.bundles import bending, envelopes, tar_bundles, tars, zips
from tests.attacking.bundles.samples import Sample
from tests.attacking.bundles.tar_lies import Parts
from tests.attacking.bundles.target import Lie, Target
from tests.envelopes import PLENTY, opened
from tests.zip_forge import forge

SLOW_SECONDS = 2.0
MAX_BYTES = 16_384
Try = Callable[[bytes], None]


def _tried(target: Target, folder: Path, made: Callable[[bytes], bytes]) -> Try:
    """Return what hands a mutant made of any bytes to a reader, and judges what that took."""

    def attempt(data: bytes) -> None:
        whole = made(data)
        begun = time.process_time()
        try:
            accepted = target.read(whole, folder)
        except DropboxError:
            return
        finally:
            if time.process_time() - begun > SLOW_SECONDS:
                raise Lie("it took too long")
        target.judge(whole, accepted)

    return attempt


def _manifest(target: tar_bundles.TarTarget, parts: Parts) -> Callable[[bytes], bytes]:
    def made(data: bytes) -> bytes:
        return tars.assemble(tars.entries_of(parts.members(data, target.signature(data))))

    return made


def _document(target: envelopes.EnvelopeTarget, place: int) -> Callable[[bytes], bytes]:
    """Put any bytes in the place of the header (0) or the index (-3), with hashes and a signature that fit."""
    header = target.headers[0]

    def made(data: bytes) -> bytes:
        parts = target.whole(header, [], Random(1))
        parts[place] = (parts[place][0], data)
        if not place:
            entries = parts[:-3]
            index = target.index(header, entries, tuple(envelopes.FILES[: len(entries) - 2]))
            parts[-3] = (parts[-3][0], bending.dump(index))
        parts[-2] = (parts[-2][0], target.sign(header, parts[-3][1]))
        return forge(zips.archive(parts))

    return made


def _logs(data: bytes) -> None:
    try:
        lines = load_log(data)
    except DropboxError:
        return
    if dump_log(lines) != data:
        raise Lie("a log was accepted in another spelling")


def _directories(data: bytes, body: bytes) -> None:
    try:
        unpack(opened(body + data), PLENTY)
    except DropboxError:
        return
    raise Lie("an envelope with another end was accepted")


def make(name: str, folder: Path) -> tuple[Try, list[bytes]]:
    """Return what to feed, and what to begin with."""
    sample, chances = Sample(Random(1)), Random(2)
    pickups, answered = tar_bundles.Pickups(sample), tar_bundles.answers(sample)
    submissions, writings = envelopes.Submissions(chances), envelopes.Writings(chances)
    if name in {"manifest", "log"}:
        parts = pickups.valid[-1]
        if name == "log":
            return _logs, [dict(parts.rest)["log.txt"]]
        return _tried(pickups, folder, _manifest(pickups, parts)), [
            bending.dump(each.manifest) for each in pickups.valid
        ]
    if name == "answer":
        seeds = [bending.dump(each.manifest) for each in answered.valid]
        return _tried(answered, folder, _manifest(answered, answered.valid[-1])), seeds
    if name == "tar":
        return _tried(pickups, folder, lambda data: data), [
            tars.assemble(tars.entries_of(pickups.signed(pickups.valid[0])))
        ]
    if name == "directory":
        whole = forge(zips.archive(submissions.whole(submissions.headers[0], [], Random(1))))
        at = whole.index(b"PK\1\2")
        right = whole[at:]
        return (lambda data: None if data == right else _directories(data, whole[:at])), [right]
    if name == "account":
        return _tried(writings, folder, _document(writings, 0)), [bending.dump(each) for each in writings.headers]
    seeds = [bending.dump(each) for each in submissions.headers]
    if name == "header":
        return _tried(submissions, folder, _document(submissions, 0)), seeds
    right_parts = submissions.whole(submissions.headers[0], [], Random(1))
    return _tried(submissions, folder, _document(submissions, -3)), [right_parts[-3][1]]


NAMES = ("manifest", "answer", "tar", "directory", "header", "account", "index", "log")


def reader(name: str, folder: Path) -> tuple[Try, list[bytes], int]:
    """Return a reader by its name, what its fuzzing begins with, and how many bytes it is given at most."""
    inside = folder / "inside"
    inside.mkdir()
    return *make(name, inside), MAX_BYTES
