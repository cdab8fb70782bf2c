"""Measures the drop against bare gpg and OnionShare in one run, A and B in turn, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from dropbox.models import Fingerprint
from scripts.bench_figures import Figure, Work, figure, machine, notes_in, pairs_of, rows, spread, timed
from scripts.bench_peers import MIB, BareGpg, OnionShare, Upload, prepare_form, prepare_upload, send, send_form
from tests.drop_process import DropProcess
from tests.factories import export_public, make_key, write_config
from tests.visitor import Form, Visitor, multipart

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "benchmarks.md"
UPLOAD_BYTES = 100 * MIB
FOLLOW_UP_TEXT = "x" * 2048
FOLLOW_UPS = 60
LOGINS = 200
SETTINGS = "max_upload_mib = 500\nmin_free_mib = 64"


class Bench:
    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder, self.rounds = folder, rounds
        homes = [folder / f"home{number}" for number in range(3)]
        for home in homes:
            home.mkdir(mode=0o700)
        self.members: list[Fingerprint] = [make_key(home, f"Member {home.name}") for home in homes]
        (folder / "drop").mkdir()
        self.config = write_config(folder / "drop", {"desk": self.members}, server=SETTINGS)
        public = [export_public(home, member) for home, member in zip(homes, self.members, strict=True)]
        for number, key in enumerate(public):
            (self.config.parent / "keys" / f"{number}.asc").write_bytes(key)
        self.payload = folder / "payload"
        with self.payload.open("wb") as file:
            for _ in range(UPLOAD_BYTES // MIB):
                file.write(os.urandom(MIB))
        self.gpg = BareGpg(folder / "gpg", public, self.members)

    def upload_against_gpg(self) -> Figure:
        return self._against_gpg("100 MiB report, its codename's Argon2id included", self._upload)

    def follow_up_against_gpg(self) -> Figure:
        return self._against_gpg("100 MiB sent to a case that is there", self._long_follow_up)

    def upload_against_onionshare(self, at_once: int) -> Figure:
        with DropProcess(self.config) as drop, OnionShare(ROOT / "build/onionshare/bin", self.folder / "peer") as peer:
            ours = [self._upload(drop) for _ in range(at_once)]
            theirs = peer.prepare(self.payload, self.folder / "peer-body")
            pairs = self._pairs(
                lambda: _all_at_once([lambda: peer.send(theirs)] * at_once),
                lambda: _all_at_once([lambda upload=upload: self._send(drop, upload) for upload in ours]),  # type: ignore[misc]
            )
        what = f"{at_once} x 100 MiB at once: speed against OnionShare storing in clear"
        return figure(what, pairs, 1.0)

    def memory(self) -> Figure:
        peaks = {count: [self._peak_kib(count) for _ in range(min(self.rounds, 3))] for count in (1, 8)}
        one, eight = (statistics.median(peaks[count]) / 1024 for count in (1, 8))
        value = f"{eight - one:.0f} MiB more ({one:.0f} at one, {eight:.0f} at eight)"
        return Figure(
            "Server's peak memory, 8 x 100 MiB at once against 1", value, "< 30 MiB more", eight - one < 30, ""
        )

    def follow_ups(self, in_flight: int) -> Figure:
        """Compare as many at once on both sides, each in a case of its own: those of one case wait for each other."""
        small = self.folder / "small"
        small.write_text(FOLLOW_UP_TEXT, encoding="ascii")
        each = FOLLOW_UPS // in_flight
        with DropProcess(self.config) as drop:
            senders = [_signed_in(drop) for _ in range(in_flight)]
            prepared = [iter([_follow_up(*sender) for _ in range(each * (self.rounds + 1))]) for sender in senders]
            pairs = self._pairs(
                lambda: _all_at_once([lambda: _repeat(each, lambda: self.gpg.seal_file(small))] * in_flight),
                lambda: _all_at_once(
                    [lambda mine=mine: _repeat(each, lambda: _accepted(drop, next(mine))) for mine in prepared]  # type: ignore[misc]
                ),
            )
        what = f"2 KB follow-ups a second against bare gpg processes + fsync, {in_flight} in flight"
        return figure(what, pairs, 0.5)

    def logins(self) -> Figure:
        """Time the answers to right and wrong words in random order, each by a new visitor."""
        with DropProcess(self.config) as drop:
            _, codename = _reported(drop)
            wrong = " ".join(reversed(codename.split()))
            times: dict[str, list[float]] = {codename: [], wrong: []}
            order = [codename, wrong] * LOGINS
            SystemRandom().shuffle(order)
            for words in order:
                request = _login(drop, words)
                times[words].append(timed(lambda request=request: send_form(drop.port, request)))  # type: ignore[misc]
        hits, misses = times[codename], times[wrong]
        ratios = [hit / miss for hit, miss in zip(hits, misses, strict=True)]
        ratio = statistics.median(hits) / statistics.median(misses)
        what, met = f"Login: time of a hit against a miss ({LOGINS} of each)", abs(ratio - 1) <= 0.02
        return Figure(what, f"{ratio:.3f}", "0.98 to 1.02", met, spread(ratios))

    def _against_gpg(self, what: str, prepare: Callable[[DropProcess], Upload]) -> Figure:
        with DropProcess(self.config) as drop:
            upload = prepare(drop)
            pairs = self._pairs(lambda: self.gpg.seal_file(self.payload), lambda: self._send(drop, upload))
        return figure(f"{what}, to sealed and committed: speed against bare gpg + fsync", pairs, 0.8)

    def _peak_kib(self, at_once: int) -> float:
        with DropProcess(self.config) as drop:
            uploads = [self._upload(drop) for _ in range(at_once)]
            _all_at_once([lambda upload=upload: self._send(drop, upload) for upload in uploads])  # type: ignore[misc]
            status = Path(f"/proc/{drop.pid}/status").read_text(encoding="ascii").splitlines()
            return float(next(line.split()[1] for line in status if line.startswith("VmHWM:")))

    def _upload(self, drop: DropProcess) -> Upload:
        visitor = drop.visitor()
        form = visitor.get("/report").form("message", "mandate")
        return self._with_payload(visitor, form, {"desk": ["desk"], "mandate": "listen", "message": "Benchmark."})

    def _long_follow_up(self, drop: DropProcess) -> Upload:
        visitor, form = _signed_in(drop)
        return self._with_payload(visitor, form, {"message": "Benchmark."})

    def _with_payload(self, visitor: Visitor, form: Form, values: Mapping[str, str | Sequence[str]]) -> Upload:
        target = self.folder / f"body-{os.urandom(4).hex()}"
        fields = visitor.filled(form, values)
        return prepare_upload(target, form.action, fields, ("files", self.payload), visitor.cookies)

    def _send(self, drop: DropProcess, upload: Upload) -> None:
        """Send a body again and again: a changed boundary would not matter, so each send carries a new first byte."""
        upload.renew()
        status = send(drop.port, upload)
        if status not in (302, 303):
            raise RuntimeError(f"the upload was answered with {status}")

    def _pairs(self, a: Work, b: Work) -> list[tuple[float, float]]:
        return pairs_of(self.rounds, a, b)


def _repeat(times: int, work: Work) -> None:
    for _ in range(times):
        work()


def _all_at_once(work: Sequence[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(each) for each in work]:
            done.result()


def _reported(drop: DropProcess) -> tuple[Visitor, str]:
    visitor = drop.visitor()
    form = visitor.get("/report").form("message", "mandate")
    page = visitor.submit(form, {"desk": ["desk"], "mandate": "listen", "message": "Benchmark."})
    return visitor, page.codename


def _signed_in(drop: DropProcess) -> tuple[Visitor, Form]:
    visitor, codename = _reported(drop)
    page = visitor.submit(visitor.get("/return").form("codename"), {"codename": codename})
    return visitor, page.form("message", "mandate")


def _follow_up(visitor: Visitor, form: Form) -> bytes:
    fields = visitor.filled(form, {"message": f"{os.urandom(8).hex()} {FOLLOW_UP_TEXT}"})
    return prepare_form(form.action, *multipart(fields, []), visitor.cookies)


def _accepted(drop: DropProcess, request: bytes) -> None:
    status = send_form(drop.port, request)
    if status not in (302, 303):
        raise RuntimeError(f"the follow-up was answered with {status}")


def _login(drop: DropProcess, codename: str) -> bytes:
    visitor = drop.visitor()
    form = visitor.get("/return").form("codename")
    body = urllib.parse.urlencode(visitor.filled(form, {"codename": codename})).encode()
    return prepare_form(form.action, body, "application/x-www-form-urlencoded", visitor.cookies)


def _table(figures: Sequence[Figure], rounds: int) -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"""# Benchmarks

Made by `scripts/bench` on {day} ({machine()}).
Client, server and peers share these cores. Each figure is the median of {rounds} rounds in which both sides ran in
turn, after one warm-up; spread is the smallest and largest round. A speed above 1 means faster than the peer. Bare gpg
seals the same file to the same three keys, uncompressed, then fsyncs it. Uploads ran 1 and 8 at once, follow-ups 1 and
4 in flight, always as many on both sides; logins one at a time.

| what | median | spread | aim | met |
|---|---|---|---|---|
{rows(figures)}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", action="append", help="one of the measures; may be repeated")
    parser.add_argument("--no-write", action="store_true", help="print the table only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drop-bench-") as folder:
        bench = Bench(Path(folder), options.rounds)
        measures: dict[str, Callable[[], Figure]] = {
            "gpg": bench.upload_against_gpg,
            "gpgcase": bench.follow_up_against_gpg,
            "onionshare": lambda: bench.upload_against_onionshare(1),
            "onionshare8": lambda: bench.upload_against_onionshare(8),
            "memory": bench.memory,
            "followups": lambda: bench.follow_ups(1),
            "followups4": lambda: bench.follow_ups(4),
            "logins": bench.logins,
        }
        chosen = options.only or list(measures)
        figures = []
        for name in chosen:
            figures.append(measures[name]())
            print(f"{name}: {figures[-1].value} ({figures[-1].spread})", file=sys.stderr, flush=True)
    table = _table(figures, options.rounds)
    print(table)
    if not options.no_write and options.only is None:
        TARGET.write_text(table + notes_in(TARGET), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
