"""A drop in memory for the workstation's tests: real packers, real gpg, real bundles; no server, no store.

It keeps the rules of the design by itself, so that the workstation is tested against the paper, and lets a test break
each of them. Investigators have a GnuPG home each, as on machines of their own.
"""

import copy
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest import mock

from nacl.signing import SigningKey

from dropbox.bundle import (
    FIRST_HEAD,
    AnswerManifest,
    EpochStart,
    LineState,
    LogLine,
    PickupItem,
    PickupManifest,
    RosterStatement,
    SignedStatement,
    Succession,
    head_after,
    verify_answer,
    write_pickup,
)
from dropbox.canonical import sha256_hex
from dropbox.codename import KdfParameters, fingerprint_words
from dropbox.envelope import Header, Packer, sign_submission
from dropbox.gpg import Gpg
from dropbox.models import (
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    Membership,
    Plaintext,
    Recipient,
    Roster,
    SealedKind,
    VaultId,
    current_members,
    new_item_id,
    today,
)
from dropbox.workstation.main import main
from dropbox.writing import write
from tests import factories
from tests.envelopes import FLOOR, Case, File

DESK = DeskId("integrity")
OTHER_DESK = DeskId("bureau")
People = dict[str, tuple[Path, Fingerprint]]
LONG_AGO = date(2020, 1, 1)


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Investigator:
    """One person's machine: a GnuPG home with one secret key, and a vault."""

    name: str
    home: Path
    key: Fingerprint
    vault: Path

    def run(self, command: str, *arguments: str | Path, stdin: bytes = b"", columns: int = 80) -> Result:
        """Run a command as the console script does, in this process, with no terminal."""
        out, err = io.StringIO(), io.StringIO()
        environment = {"GNUPGHOME": str(self.home), "COLUMNS": str(columns), "LC_ALL": "C.UTF-8"}
        with (
            mock.patch.dict(os.environ, environment),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code = main([command, *map(str, arguments), "--vault", str(self.vault)])
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Result(code, out.getvalue(), err.getvalue())

    def ok(self, command: str, *arguments: str | Path, stdin: bytes = b"") -> Any:
        """Run a command that must succeed and return its JSON."""
        result = self.run(command, *arguments, "--json", stdin=stdin)
        assert result.code == 0, result.err
        return result.json

    def refused(self, command: str, *arguments: str | Path, stdin: bytes = b"") -> str:
        """Run a command that must fail in an orderly way and return its `error:` line."""
        result = self.run(command, *arguments, stdin=stdin)
        assert result.code == 1, result.out
        lines = result.err.splitlines()
        assert lines[0].startswith("error: ")
        assert all(line.startswith("hint: ") for line in lines[1:])
        return lines[0]


@dataclass(frozen=True)
class Held:
    """An item on the simulated drop."""

    item: ItemId
    case: Case
    kind: SealedKind
    day: date
    data: bytes
    desks: tuple[DeskId, ...]


@dataclass
class DeskLog:
    numbers: list[ItemId] = field(default_factory=list)
    gone: dict[ItemId, LineState] = field(default_factory=dict)
    confirmed: dict[VaultId, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup:
    """The simulated drop as it was on a day."""

    day: date
    epoch: str
    epochs: tuple[EpochStart, ...]
    items: dict[ItemId, Held]
    logs: dict[DeskId, DeskLog]
    chains: dict[str, list[str]]


def head_of(epoch: str, lines: Sequence[LogLine]) -> str:
    return head_after(FIRST_HEAD, epoch, lines).hex()


class SimulatedDrop:
    """What the server knows and does, as far as bundles show it."""

    def __init__(self, folder: Path, public: Gpg, rosters: dict[DeskId, Roster], *, trial: bool = False) -> None:
        self.folder = folder
        self.public = public
        self.rosters = rosters
        self.trial = trial
        self.signing_key = SigningKey.generate()
        self.epoch = secrets.token_hex(16)
        self.day = today()
        self.items: dict[ItemId, Held] = {}
        self.logs = {desk: DeskLog() for desk in rosters}
        self.chains: dict[str, list[str]] = {}
        self.answers: list[AnswerManifest] = []
        self.drop = bytes(self.signing_key.verify_key).hex()
        self.successions: tuple[Succession, ...] = ()
        self.epochs: tuple[EpochStart, ...] = ()
        self.statements: dict[DeskId, tuple[SignedStatement, ...]] = {}
        self.proposal: RosterStatement | None = None
        self._bundles = 0

    def succeed(self, *, lost: bool = False) -> SigningKey:
        """Give the drop another signing key, and return the old one."""
        old, self.signing_key = self.signing_key, SigningKey.generate()
        keys = (bytes(old.verify_key).hex(), bytes(self.signing_key.verify_key).hex())
        made = Succession(self.drop, len(self.successions) + 1, self.day, *keys)
        self.successions += (made if lost else made.signed_by(old),)
        return old

    def back_up(self) -> Backup:
        """Return everything that a backup of this moment brings back."""
        return Backup(self.day, self.epoch, self.epochs, *copy.deepcopy((self.items, self.logs, self.chains)))

    def restore(self, backup: Backup, signer: SigningKey | None = None) -> None:
        """Go on from a backup, under a new epoch; another signer's statement is a forged one."""
        kept = copy.deepcopy(backup)
        self.items, self.logs, self.chains = kept.items, kept.logs, kept.chains
        logs = {desk: (len(lines := self._lines(desk)), head_of(backup.epoch, lines)) for desk in self.logs}
        number, epoch = len(backup.epochs) + 1, secrets.token_hex(16)
        made = EpochStart(self.drop, number, self.day, backup.day, epoch, backup.epoch, logs)
        self.epoch, self.epochs = epoch, (*backup.epochs, made.signed_by(signer or self.signing_key))

    @property
    def words(self) -> str:
        digest = blake2b(bytes(self.signing_key.verify_key), digest_size=32, person=b"drop1-dropkey").digest()
        return fingerprint_words(digest)

    def recipients(self, desks: Sequence[DeskId]) -> list[Fingerprint]:
        return sorted({key for desk in desks for key in current_members(self.rosters[desk])})

    def send(
        self,
        case: Case,
        text: str = "Something happened.",
        files: Sequence[File] = (),
        /,
        *,
        kind: Kind | None = None,
        mandate: Mandate = Mandate.ADVISE,
        desks: Sequence[DeskId] = (DESK,),
        **odd: Any,
    ) -> Held:
        """Take a submission in, as the drop does. `odd` bends header, index or seal for the tests of attacks."""
        chain = self.chains.setdefault(case.id, [])
        recipients = odd.pop("recipients", self.recipients(desks))
        sealed_to = odd.pop("sealed_to", recipients)
        number = odd.pop("number", len(chain) + 1)
        previous = odd.pop("previous", chain[-1] if chain else None)
        signer = odd.pop("signer", case.case_key)
        header = self._header(case, kind or (Kind.MESSAGE if chain else Kind.REPORT), mandate, tuple(desks), odd)
        packer = Packer(header, Plaintext(text), FLOOR)
        parts = [packer.begin()]
        for name, media_type, content in files:
            parts += [packer.start_file(name, media_type), packer.write(content), packer.end_file()]
        index = packer.index(number, previous, recipients)
        parts += packer.finish(index, sign_submission(signer, index))
        chain.append(sha256_hex(index))
        sealed = self.public.seal_bytes(b"".join(parts), [Recipient(key) for key in sealed_to])
        item = odd.get("stored_as", header.item)
        return self.hold(Held(item, case, SealedKind.SUBMISSION, self.day, sealed, tuple(desks)))

    def _header(
        self, case: Case, kind: Kind, mandate: Mandate, desks: tuple[DeskId, ...], odd: dict[str, Any]
    ) -> Header:
        values: dict[str, Any] = {
            "drop": self.drop,
            "epoch": self.epoch,
            "case": case.id,
            "item": new_item_id(),
            "kind": kind,
            "desks": desks,
            "mandate": mandate,
            "language": "en",
            "day": self.day,
            "answers": {},
            "reply_key": case.reply_public.hex(),
            "case_key": case.case_public.hex(),
        }
        return Header(**(values | {key: value for key, value in odd.items() if key != "stored_as"}))

    def hold(self, held: Held) -> Held:
        self.items[held.item] = held
        (self.folder / held.item).write_bytes(held.data)
        return held

    def let_go(self, held: Held, state: LineState = LineState.RECEIVED) -> None:
        for desk in held.desks:
            self._number(desk)
            self.logs[desk].gone[held.item] = state

    def pickup(self, desk: DeskId = DESK, bend: Callable[[PickupManifest], PickupManifest] | None = None) -> Path:
        """Write the desk's bundle of this moment and return its path."""
        self._number(desk)
        log = self.logs[desk]
        here = [self.items[item] for item in log.numbers if item not in log.gone]
        lines = self._lines(desk)
        together = {other for held in here for other in held.desks} | {desk}
        rosters = {other: self.rosters[other] for other in sorted(together)}
        items = [self._entry(held, log.numbers.index(held.item) + 1) for held in here]
        secrets.SystemRandom().shuffle(items)
        manifest = PickupManifest(
            drop=self.drop,
            trial=self.trial,
            desk=desk,
            epoch=self.epoch,
            day=self.day,
            kdf=KdfParameters(bytes(16)),
            rosters=rosters,
            first=1,
            last=len(lines),
            before=FIRST_HEAD,
            after=head_after(FIRST_HEAD, self.epoch, lines),
            items=tuple(items),
            confirmed=dict(log.confirmed),
            statements={other: chain for other, chain in self.statements.items() if other in rosters},
            proposal=self.proposal if desk == DESK else None,
            successions=self.successions,
            epochs=self.epochs,
        )
        named = {m.fingerprint for roster in rosters.values() for m in roster}
        named |= {m.fingerprint for m in manifest.proposal.members} if manifest.proposal else set()
        keys = {fingerprint: self.public.export_key(fingerprint) for fingerprint in named}
        self._bundles += 1
        target = self.folder / f"pickup-{self._bundles}.tar"
        path_of = lambda item: self.folder / item.item  # noqa: E731
        write_pickup(target, bend(manifest) if bend else manifest, lines, keys, path_of, self.signing_key)
        return target

    def _lines(self, desk: DeskId) -> list[LogLine]:
        log = self.logs[desk]
        return [
            LogLine(n, sha256_hex(self.items[item].data), log.gone.get(item, LineState.HERE))
            for n, item in enumerate(log.numbers, start=1)
        ]

    def _number(self, desk: DeskId) -> None:
        log = self.logs[desk]
        fresh = [held.item for held in self.items.values() if desk in held.desks and held.item not in log.numbers]
        log.numbers += fresh

    @staticmethod
    def _entry(held: Held, n: int) -> PickupItem:
        digest = sha256_hex(held.data)
        return PickupItem(held.item, held.case.id, n, held.kind, held.day, len(held.data), digest)

    def take(self, path: Path, case: Case) -> AnswerManifest:
        """Import an answer bundle whose replies and notes are all of one case."""

        def verify(data: bytes, signature: bytes, author: Fingerprint) -> None:
            assert self.public.verify_detached(data, signature, [author]) == author

        with verify_answer(path, self.drop, verify) as answer:
            manifest = answer.manifest
            opened = {new.item: new for new in manifest.cases}
            for entry in sorted(manifest.entries, key=lambda entry: entry.item not in opened):
                stream = io.BytesIO()
                answer.copy_item(entry.item, stream)
                if entry.item in self.items:
                    continue
                if entry.item in opened:
                    new = opened[entry.item]
                    assert new.signature, "the drop opens no case that its own key did not sign"
                    self.chains[new.case] = [new.link]
                    day, desks = min(new.day, self.day), new.desks
                else:
                    first = next(held for held in self.items.values() if held.case.id == entry.case)
                    day, desks = self.day, first.desks if entry.kind is SealedKind.REPLY else (entry.desk,)
                self.hold(Held(entry.item, case, entry.kind, day, stream.getvalue(), desks))
        confirmed = self.logs[manifest.desk].confirmed
        confirmed[manifest.vault] = tuple(sorted({*confirmed.get(manifest.vault, ()), manifest.sequence}))
        self.answers.append(manifest)
        return manifest


@dataclass(frozen=True)
class World:
    """A drop with two desks, and the investigators: anna and bram at one, cora at the other, dirk at none yet."""

    folder: Path
    drop: SimulatedDrop
    anna: Investigator
    bram: Investigator
    cora: Investigator
    dirk: Investigator

    def start(self, *people: Investigator) -> None:
        """Give each a vault that expects this drop's key."""
        for person in people or (self.anna,):
            person.ok("init", "--drop-key", self.drop.words)

    def text(self, content: str = "We have read it.") -> Path:
        path = self.folder / f"text-{secrets.token_hex(4)}"
        path.write_text(content, encoding="utf-8")
        return path

    def next_day(self) -> None:
        self.drop.day += timedelta(days=1)


@contextmanager
def people() -> Iterator[People]:
    """Make four GnuPG homes with a key each, once for all tests."""
    with factories.short_dir() as folder:
        homes = {name: folder / name for name in ("anna", "bram", "cora", "dirk")}
        yield {name: (home, factories.make_key(home, name)) for name, home in homes.items()}


@contextmanager
def world(made: People, *, trial: bool = False) -> Iterator[World]:
    """Give these people empty vaults and a drop of their own."""
    with factories.short_dir() as folder:
        public = Gpg(folder / "public")
        for home, key in made.values():
            public.import_keys(factories.export_public(home, key))
        each = {name: Investigator(name, *made[name], folder / f"vault-{name}") for name in made}
        rosters: dict[DeskId, Roster] = {
            DESK: _roster(each["anna"], each["bram"]),
            OTHER_DESK: _roster(each["cora"]),
        }
        store = folder / "drop"
        store.mkdir()
        yield World(folder, SimulatedDrop(store, public, rosters, trial=trial), **each)


def _roster(*members: Investigator) -> Roster:
    return tuple(Membership(key, LONG_AGO) for key in sorted(member.key for member in members))


def joined(roster: Roster, key: Fingerprint, day: date) -> Roster:
    return (*roster, Membership(key, day))


def left(roster: Roster, key: Fingerprint, day: date) -> Roster:
    return tuple(replace(m, last_day=day) if m.fingerprint == key else m for m in roster)


def write_as(
    drop: SimulatedDrop,
    author: Investigator,
    case: Case,
    kind: Kind = Kind.REPLY,
    /,
    *,
    text: str = "A colleague writes.",
    sealed_to: Sequence[Fingerprint] | None = None,
    stored_kind: SealedKind | None = None,
    stored_as: ItemId | None = None,
    **header: Any,
) -> Held:
    """Let somebody write a reply or note straight onto the drop, as a colleague or an intruder would."""
    desks = (DESK,)
    values: dict[str, Any] = {
        "drop": drop.drop,
        "case": case.id,
        "item": new_item_id(),
        "kind": kind,
        "desks": desks,
        "desk": DESK,
        "day": drop.day,
        "author": author.key,
    }
    made = Header(**(values | header))
    target = drop.folder / f"{made.item}.writing"
    own = Gpg(author.home, agent=True)
    recipients = [Recipient(key) for key in sealed_to or drop.recipients(desks)]
    write(
        target,
        made,
        Plaintext(text),
        (),
        sign=lambda data: own.sign_detached(data, author.key),
        seal_lock=lambda key: drop.public.seal_bytes(key, recipients),
        reply_public=case.reply_public if made.kind is Kind.REPLY else None,
    )
    stored = stored_kind or SealedKind(made.kind.value)
    return drop.hold(Held(stored_as or made.item, case, stored, drop.day, target.read_bytes(), desks))
