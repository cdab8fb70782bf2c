"""Who sits at a desk, for tests: rosters put down as they were on a day, and changes proposed and signed for real."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from dropbox.bundle import AnswerManifest, SignedStatement, StatedMember, StatementVote, write_answer
from dropbox.canonical import dump
from dropbox.config import Settings
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, VaultId, today
from dropbox.server import transfer
from dropbox.server.drop import Drop
from dropbox.server.store import Store, rosters, statements


def put_down(
    store: Store,
    keys: Mapping[DeskId, Mapping[Fingerprint, bytes]],
    members: Mapping[DeskId, Sequence[Fingerprint]],
    day: date,
) -> None:
    """Make these the desks' members from that day on, as if a change had been signed; a desk not named has none.

    Only memberships and keys, as a store without statements held them.
    """
    with store._database.write() as connection:
        for desk in sorted(set(rosters.load(connection)) | set(members)):
            rosters.seat(connection, desk, members.get(desk, ()), day)
        for theirs in keys.values():
            rosters.keep_keys(connection, theirs, day)


def forge_first(store: Store, desk: DeskId, members: Collection[Fingerprint]) -> None:
    """Put other members into a desk's first statement, as an intruder in the store can: nobody ever signed that one."""
    first = store.statements.chain(desk)[0].statement
    forged = replace(first, members=tuple(StatedMember(name) for name in sorted(members)))
    with store._database.write() as connection:
        where = "where desk_id = ? and number = 1"
        values = (dump(forged.as_json()), desk)
        connection.exec_driver_sql(f"update roster_statements set statement = ? {where}", values)


def with_members(settings: Settings, desk: DeskId, members: Collection[Fingerprint], **changes: object) -> Settings:
    """Return settings in which a desk lists these members."""
    changed = {"fingerprints": tuple(members), **changes}
    desks = tuple(replace(each, **changed) if each.id == desk else each for each in settings.desks)  # type: ignore[arg-type]
    return replace(settings, desks=desks)


def vote(drop: Drop, desk: DeskId, gpg: Gpg, signer: Fingerprint) -> StatementVote:
    """Sign what is proposed at a desk, as a member's workstation would."""
    proposal = drop.store.statements.proposals()[desk]
    return StatementVote(desk, proposal.sha256, gpg.sign_detached(proposal.signed, signer).decode())


def take(store: Store, desk: DeskId, given: StatementVote, day: date | None = None) -> None:
    """Take in a signature under what is proposed, as an import does once it has verified it."""
    signed = SignedStatement(store.statements.proposals()[desk], given.signature)
    with store._database.write() as connection:
        assert statements.apply(connection, store.meta.drop, signed, day or today())


def open_signed(settings: Settings, gpg: Gpg, signer: Fingerprint) -> Drop:
    """Open a drop with changed settings, and have one member sign every change that they propose."""
    again = Drop.open(settings)
    for desk in again.store.statements.proposals():
        take(again.store, desk, vote(again, desk, gpg, signer))
    return again


def change(
    drop: Drop,
    desk: DeskId,
    members: Mapping[Fingerprint, date | None],
    gpg: Gpg,
    signer: Fingerprint,
    day: date | None = None,
) -> None:
    """Give a desk other members on an open drop: proposed, signed by one of them, and taken in on a day."""
    wanted = {each.id: [StatedMember(name) for name in each.fingerprints] for each in drop.settings.desks}
    wanted[desk] = [StatedMember(name, until) for name, until in members.items()]
    drop.store.statements.propose(wanted, day or today())
    drop.store.statements.keep_keys(drop.keyring.exported(), day or today())
    take(drop.store, desk, vote(drop, desk, gpg, signer), day)


@dataclass
class Courier:
    """Brings answer bundles with signatures to a drop, as members' vaults write them; one vault a member."""

    drop: Drop
    folder: Path
    gpg: Gpg
    sent: dict[Fingerprint, list[str]] = field(default_factory=dict)

    def bundle(self, author: Fingerprint, desk: DeskId, *votes: StatementVote) -> Path:
        """Write the next answer bundle of this author's vault, with nothing in it but these signatures."""
        before = self.sent.setdefault(author, [])
        number = len(before) + 1
        manifest = AnswerManifest(
            drop=self.drop.store.meta.drop,
            author=author,
            vault=VaultId(author[:32].lower()),
            desk=desk,
            sequence=number,
            previous=before[-1] if before else None,
            day=today(),
            entries=(),
            receipts=(),
            read=(),
            votes=votes,
        )
        target = self.folder / f"answer-{author[:8]}-{number}.tar"
        sign = lambda data: self.gpg.sign_detached(data, author)  # noqa: E731
        before.append(write_answer(target, manifest, lambda _entry: target, sign))
        return target

    def take(self, path: Path) -> str:
        """Import a bundle and return what the operator is told."""
        return "\n".join(map(str, transfer.import_answer(self.drop, path).lines))

    def bring(self, author: Fingerprint, desk: DeskId, *votes: StatementVote) -> str:
        return self.take(self.bundle(author, desk, *votes))


def seated(drop: Drop, desk: DeskId) -> frozenset[Fingerprint]:
    """Return to whom items of this desk are sealed now."""
    return drop.seating.seats(today())[desk].members
