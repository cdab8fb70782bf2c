"""Between the store and the bundles: nothing is lost, doubled, brought back or let in that is not its author's to say.

A real store, real rosters and real PGP signatures; the sealed items themselves are just bytes here.
"""

import io
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dropbox.bundle import (
    AnswerCase,
    AnswerEntry,
    AnswerManifest,
    Called,
    LineState,
    Origin,
    ReadMark,
    Receipt,
    VerifiedPickup,
    verify_pickup,
)
from dropbox.bundle import write_answer as write_answer_bundle
from dropbox.codename import CodenameKeys, stored_lookup
from dropbox.errors import (
    BundleAuthorUnknown,
    BundleError,
    BundleForeign,
    BundleItemMismatch,
    BundleSignatureInvalid,
    InvalidValue,
    StoreBusy,
    StoredItemDamaged,
    StoreError,
    StoreFull,
    TargetExists,
    TargetUnusable,
)
from dropbox.gpg import Gpg
from dropbox.models import (
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    SealedKind,
    VaultId,
    current_members,
    new_item_id,
    parse_vault_id,
    today,
)
from dropbox.server import transfer
from dropbox.server.drop import Drop
from dropbox.server.identity import Identity
from dropbox.server.store import NewSubmission, Store
from dropbox.server.transfer import ImportSummary, importing
from dropbox.settings import Log
from tests import factories
from tests.bundles import changed, hashed, read_members, write_members
from tests.conftest import Members
from tests.seating import put_down

RED, BLUE = DeskId("red"), DeskId("blue")


@dataclass
class Bench:
    """A drop with desk red (anna, bram) and desk blue (cora), and what its members do with it."""

    folder: Path
    items: Path
    members: Members
    drop: Drop
    written: int = 0

    def submit(self, *desks: DeskId, data: bytes = b"sealed", case: CaseId | None = None, number: int = 1) -> "Sent":
        """Store one submission as intake does when gpg has ended well."""
        item, case = new_item_id(), case or CaseId(secrets.token_hex(16))
        self.drop.store.part_path(item).write_bytes(data)
        sub = NewSubmission(
            item=item,
            case=case,
            lookup_id=case.encode(),
            desks=desks or (RED,),
            day=today(),
            bytes=len(data),
            sha256=hashed(data),
            number=number,
            index_sha256=hashed(item.encode()),
            resend_id=secrets.token_bytes(32),
            sealed_mandate=b"m" if number == 1 else None,
        )
        self.drop.store.commit_submission(sub)
        return Sent(item, case, hashed(data), sub)

    def withdraw(self, sent: "Sent", number: int, withdraw: str = "withdraw") -> None:
        notice = replace(sent.sub, item=new_item_id(), number=number, resend_id=secrets.token_bytes(32))
        self.drop.store.part_path(notice.item).write_bytes(b"sealed")
        self.drop.store.commit_submission(
            replace(notice, sealed_mandate=None, withdraw="withdraw" if withdraw == "withdraw" else "undo")
        )

    def export(self, desk: DeskId = RED) -> VerifiedPickup:
        target = self.path()
        transfer.export_desk(self.drop, desk, target)
        return verify_pickup(target, self.drop.identity.drop)

    def exported(self, desk: DeskId = RED) -> set[ItemId]:
        with self.export(desk) as bundle:
            return {entry.item for entry in bundle.manifest.items}

    def path(self) -> Path:
        self.written += 1
        return self.folder / f"bundle-{self.written}.tar"

    def reply(self, case: CaseId, data: bytes = b"body", desk: DeskId = RED) -> AnswerEntry:
        return self._entry(SealedKind.REPLY, case, data, desk, bytes(80))

    def note(self, case: CaseId, data: bytes = b"note", desk: DeskId = RED) -> AnswerEntry:
        return self._entry(SealedKind.NOTE, case, data, desk, None)

    def _entry(self, kind: SealedKind, case: CaseId, data: bytes, desk: DeskId, lock: bytes | None) -> AnswerEntry:
        entry = AnswerEntry(kind, case, new_item_id(), desk, hashed(data), len(data), lock)
        self.source(entry).write_bytes(data)
        return entry

    def table(self, author: Fingerprint, data: bytes = b"sealed") -> "AtTable":
        """Open a case of desk red at the table, signed for this author's vault."""
        keys = CodenameKeys.from_root(secrets.token_bytes(32))
        entry = self._entry(SealedKind.SUBMISSION, keys.case, data, RED, None)
        case = AnswerCase(
            case=keys.case,
            case_key=keys.case_public.hex(),
            reply_key=keys.reply_public.hex(),
            day=today(),
            desks=(RED,),
            item=entry.item,
            link=hashed(b"honest"),
            lookup=stored_lookup(keys.lookup_id),
            sealed_mandate=bytes(49),
            sealed_view=bytes(1064),
        )
        origin = Origin(self.drop.identity.drop, author, vault_of(author))
        return AtTable(keys, case.signed(keys.case_key, origin), entry)

    def source(self, entry: AnswerEntry) -> Path:
        return self.folder / f"{entry.item}-{entry.sha256[:8]}"

    def answer(
        self,
        *entries: AnswerEntry,
        author: Fingerprint | None = None,
        signer: Fingerprint | None = None,
        **changes: object,
    ) -> Path:
        """Write an answer bundle, by anna of desk red unless told otherwise."""
        author = author or self.members.anna
        manifest = AnswerManifest(
            self.drop.identity.drop, author, vault_of(author), RED, 1, None, today(), entries, (), ()
        )
        manifest = replace(manifest, **changes)  # type: ignore[arg-type]
        target = self.path()
        sign = lambda data: self.members.gpg.sign_detached(data, signer or author)  # noqa: E731
        write_answer_bundle(target, manifest, self.source, sign)
        return target

    def take(self, path: Path) -> ImportSummary:
        return transfer.import_answer(self.drop, path)

    def lines(self, path: Path) -> str:
        return "\n".join(str(line) for line in self.take(path).lines)

    def state(self) -> object:
        """Return all that an import could change, in a form that can be compared."""
        with self.drop.store._database.read() as connection:
            rows = {
                name: sorted(map(repr, connection.exec_driver_sql(f"select * from {name}").all()))
                for (name,) in connection.exec_driver_sql("select name from sqlite_master where type = 'table'")
            }
        return rows, {entry.name: entry.read_bytes() for entry in self.items.iterdir()}

    def refuse(self, path: Path, kind: type[BundleError]) -> None:
        before = self.state()
        with pytest.raises(kind):
            self.take(path)
        assert self.state() == before


@dataclass(frozen=True)
class Sent:
    item: ItemId
    case: CaseId
    sha256: str
    sub: NewSubmission

    def receipt(self, desk: DeskId = RED) -> Receipt:
        return Receipt(self.item, desk, self.sha256)


@dataclass(frozen=True)
class AtTable:
    keys: CodenameKeys
    case: AnswerCase
    entry: AnswerEntry


def vault_of(author: Fingerprint) -> VaultId:
    return parse_vault_id(hashed(author.encode())[:32])


@pytest.fixture(scope="session")
def keys(members: Members) -> dict[Fingerprint, bytes]:
    everybody = (members.anna, members.bram, members.cora)
    return {fingerprint: factories.export_public(members.home, fingerprint) for fingerprint in everybody}


@pytest.fixture
def bench(tmp_path: Path, members: Members, keys: dict[Fingerprint, bytes]) -> Iterator[Bench]:
    """Open store and identity alone: a transfer uses little else of the drop, and they take no gpg to start."""
    identity = Identity.load_or_create(tmp_path / "data")
    store = Store.open(tmp_path / "data", identity, trial=False)
    configured = {RED: [members.anna, members.bram], BLUE: [members.cora]}
    put_down(store, {RED: keys}, configured, today())
    folder = tmp_path / "bundles"
    folder.mkdir()
    desks = (factories.make_desk("red", [members.anna]), factories.make_desk("elsewhere", [members.anna]))
    organisation = SimpleNamespace(name="Example  party\n")
    server = SimpleNamespace(data_dir=tmp_path / "data")
    settings = SimpleNamespace(server=server, organisation=organisation, desks=desks, log=Log())
    drop = cast(Drop, SimpleNamespace(store=store, identity=identity, settings=settings))
    yield Bench(folder, tmp_path / "data" / "items", members, drop)
    store.close()


# --- export -------------------------------------------------------------------------------------------------------


def test_an_export_with_nothing_waiting_is_a_valid_empty_bundle(bench: Bench) -> None:
    target = bench.path()
    summary = transfer.export_desk(bench.drop, RED, target)
    assert (summary.desk, summary.items, summary.last) == (RED, 0, 0)
    assert summary.bytes == target.stat().st_size
    with verify_pickup(target, bench.drop.identity.drop) as bundle:
        assert bundle.manifest.items == ()
        assert current_members(bundle.manifest.rosters[RED]) == tuple(sorted([bench.members.anna, bench.members.bram]))


def test_an_export_names_the_organisation_and_every_desk_that_could_get_a_case(bench: Bench) -> None:
    bench.exported(RED)
    target = bench.path()
    transfer.export_desk(bench.drop, RED, target)
    with verify_pickup(target, bench.drop.identity.drop) as bundle:
        assert bundle.manifest.called == Called(
            "Example party", {RED: {"en": "Red"}, DeskId("elsewhere"): {"en": "Elsewhere"}}
        )


def test_an_export_holds_the_desks_items_and_no_other_desks(bench: Bench) -> None:
    red, blue, both = bench.submit(RED), bench.submit(BLUE), bench.submit(RED, BLUE)
    assert bench.exported(RED) == {red.item, both.item}
    assert bench.exported(BLUE) == {blue.item, both.item}


def test_an_exported_item_is_what_was_stored(bench: Bench) -> None:
    sent = bench.submit(data=b"sealed bytes")
    with bench.export() as bundle:
        copy = io.BytesIO()
        bundle.copy_item(sent.item, copy)
        entry = bundle.manifest.items[0]
    assert copy.getvalue() == b"sealed bytes"
    assert (entry.case, entry.kind, entry.day, entry.n) == (sent.case, SealedKind.SUBMISSION, today(), 1)


def test_an_export_carries_meta_rosters_and_keys_of_every_desk_addressed_together(bench: Bench) -> None:
    bench.submit(RED, BLUE)
    with bench.export() as bundle:
        manifest = bundle.manifest
        assert (manifest.drop, manifest.epoch) == (bench.drop.store.meta.drop, bench.drop.store.meta.epoch)
        assert manifest.kdf == bench.drop.store.meta.kdf
        assert set(manifest.rosters) == {RED, BLUE}
        assert set(bundle.keys) == {bench.members.anna, bench.members.bram, bench.members.cora}
        gpg = Gpg(bench.folder / "home")
        assert gpg.import_keys(bundle.keys[bench.members.cora]) == (bench.members.cora,)


def test_a_desk_alone_does_not_get_other_desks_rosters(bench: Bench) -> None:
    bench.submit(RED)
    bench.submit(BLUE)
    with bench.export() as bundle:
        assert set(bundle.manifest.rosters) == {RED}


def test_neither_numbers_nor_the_bundle_keep_the_order_of_arrival(bench: Bench) -> None:
    sent = [bench.submit().item for _ in range(12)]
    with bench.export() as bundle:
        numbered = [entry.item for entry in sorted(bundle.manifest.items, key=lambda entry: entry.n)]
        placed = [entry.item for entry in bundle.manifest.items]
    assert sorted(numbered) == sorted(placed) == sorted(sent)
    assert len({tuple(sent), tuple(numbered), tuple(placed)}) == 3


def test_numbers_stay_with_their_items_from_bundle_to_bundle(bench: Bench) -> None:
    bench.submit()
    bench.submit()
    with bench.export() as first:
        before = {entry.item: entry.n for entry in first.manifest.items}
    bench.submit()
    with bench.export() as second:
        after = {entry.item: entry.n for entry in second.manifest.items}
        assert second.log[:2] == first.log
    assert {item: after[item] for item in before} == before
    assert max(after.values()) == 3


def test_an_item_leaves_the_bundle_only_with_every_members_receipt(bench: Bench) -> None:
    sent = bench.submit()
    bench.take(bench.answer(receipts=(sent.receipt(),)))
    assert bench.exported() == {sent.item}
    bench.take(bench.answer(author=bench.members.bram, receipts=(sent.receipt(),)))
    with bench.export() as bundle:
        assert bundle.manifest.items == ()
        assert [line.state for line in bundle.log] == [LineState.RECEIVED]


def test_a_withdrawn_item_is_in_no_bundle_and_its_number_says_so(bench: Bench) -> None:
    sent = bench.submit()
    assert bench.exported() == {sent.item}
    bench.withdraw(sent, 2)
    with bench.export() as bundle:
        assert sent.item not in {entry.item for entry in bundle.manifest.items}
        assert bundle.log[0].state is LineState.WITHDRAWN


def test_an_export_never_overwrites_and_does_not_count_as_a_fetch(bench: Bench) -> None:
    sent = bench.submit()
    target = bench.path()
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists):
        transfer.export_desk(bench.drop, RED, target)
    with pytest.raises(TargetUnusable):
        transfer.export_desk(bench.drop, RED, bench.folder / "nowhere" / "x.tar")
    assert target.read_bytes() == b"precious"
    assert bench.drop.store.case(sent.case).fetched == {RED: None}
    bench.export().close()
    assert bench.drop.store.case(sent.case).fetched == {RED: today()}


@pytest.mark.parametrize("harm", ["gone", "altered", "cut"])
def test_a_damaged_stored_item_is_named_and_nothing_is_exported(bench: Bench, harm: str) -> None:
    bench.submit()
    sent = bench.submit()
    stored = bench.items / f"{sent.item}.pgp"
    if harm == "gone":
        stored.unlink()
    else:
        stored.write_bytes(b"SEALED" if harm == "altered" else b"seal")
    target = bench.path()
    with pytest.raises(StoredItemDamaged, match=sent.item):
        transfer.export_desk(bench.drop, RED, target)
    assert list(bench.folder.iterdir()) == []


def test_exports_and_imports_do_not_overlap(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, answer = bench.drop.store.transfer_lock, bench.answer()
    monkeypatch.setattr(bench.drop.store, "transfer_lock", lambda: lock(0.05))
    with lock():
        with pytest.raises(StoreBusy):
            bench.export()
        with pytest.raises(StoreBusy):
            bench.take(answer)
    bench.export().close()
    bench.take(answer)


# --- import -------------------------------------------------------------------------------------------------------


def test_a_reply_reaches_its_reporter_and_every_desk_of_the_case(bench: Bench) -> None:
    sent = bench.submit(RED, BLUE)
    entry = replace(bench.reply(sent.case), lock=b"L" * 80)
    assert f"{entry.item}: reply stored" in bench.lines(bench.answer(entry))
    state = bench.drop.store.case(sent.case)
    assert state.answered
    assert [(reply.item, reply.lock, reply.path.read_bytes()) for reply in state.replies] == [
        (entry.item, b"L" * 80, b"body")
    ]
    assert entry.item in bench.exported(RED)
    assert entry.item in bench.exported(BLUE)


def test_a_note_reaches_its_own_desk_and_not_the_reporter(bench: Bench) -> None:
    sent = bench.submit(RED, BLUE)
    entry = bench.note(sent.case)
    assert f"{entry.item}: note stored" in bench.lines(bench.answer(entry))
    state = bench.drop.store.case(sent.case)
    assert state.replies == ()
    assert not state.answered
    assert entry.item in bench.exported(RED)
    assert entry.item not in bench.exported(BLUE)


def test_the_lock_for_the_reporter_is_in_no_pickup_bundle(bench: Bench) -> None:
    sent = bench.submit()
    entry = replace(bench.reply(sent.case), lock=b"LOCKLOCK" * 10)
    bench.take(bench.answer(entry))
    target = bench.path()
    transfer.export_desk(bench.drop, RED, target)
    assert b"LOCKLOCK" not in target.read_bytes()


def test_receipts_and_read_marks_show_on_the_case(bench: Bench) -> None:
    sent = bench.submit()
    assert not bench.drop.store.case(sent.case).picked_up
    told = bench.lines(bench.answer(receipts=(sent.receipt(),), read=(ReadMark(sent.item, RED),)))
    assert "receipts: 1 new" in told
    assert "read marks: 1 new" in told
    state = bench.drop.store.case(sent.case)
    assert state.picked_up
    assert state.read


def test_an_imported_answer_is_confirmed_to_its_desk(bench: Bench) -> None:
    bench.take(bench.answer())
    bench.take(bench.answer(sequence=2))
    with bench.export() as bundle:
        assert bundle.manifest.confirmed == {vault_of(bench.members.anna): (1, 2)}
    with bench.export(BLUE) as bundle:
        assert bundle.manifest.confirmed == {}


def test_the_same_answer_again_changes_nothing(bench: Bench) -> None:
    sent = bench.submit()
    path = bench.answer(
        bench.reply(sent.case),
        bench.note(sent.case),
        receipts=(sent.receipt(),),
        read=(ReadMark(sent.item, RED),),
    )
    bench.take(path)
    before = bench.state()
    told = bench.lines(path)
    assert bench.state() == before
    assert "imported before" in told
    assert told.count("known already") == 4


def test_a_later_answer_that_repeats_everything_doubles_nothing(bench: Bench) -> None:
    """A vault sends again what no pickup bundle has confirmed."""
    sent = bench.submit()
    entry, later = bench.reply(sent.case), bench.reply(sent.case, b"later")
    bench.take(bench.answer(entry, receipts=(sent.receipt(),)))
    told = bench.lines(bench.answer(entry, later, sequence=2, receipts=(sent.receipt(),)))
    assert f"{entry.item}: reply known already" in told
    assert f"{later.item}: reply stored" in told
    assert len(bench.drop.store.case(sent.case).replies) == 2


def test_a_gap_in_a_vaults_sequence_is_told_and_not_refused(bench: Bench) -> None:
    told = bench.lines(bench.answer(sequence=3, previous="1" * 64))
    assert "warning: the bundle before this one has not been imported" in told
    assert "warning" not in bench.lines(bench.answer())


def test_a_bundle_that_follows_its_predecessor_gives_no_warning(bench: Bench) -> None:
    first = bench.answer()
    bench.take(first)
    digest = hashed(dict(read_members(first))["manifest.json"])
    assert "warning" not in bench.lines(bench.answer(sequence=2, previous=digest))
    assert "warning" in bench.lines(bench.answer(sequence=3, previous=digest))


def test_another_bundle_with_a_number_that_came_before_is_told(bench: Bench) -> None:
    """A vault restored from a backup counts again from there."""
    sent = bench.submit()
    bench.take(bench.answer())
    told = bench.lines(bench.answer(bench.reply(sent.case)))
    assert "another bundle with this number" in told
    assert "reply stored" in told


def test_an_answer_for_a_case_that_is_not_here_is_skipped_and_confirmed(bench: Bench) -> None:
    entry = bench.reply(CaseId("d" * 32))
    assert f"{entry.item}: reply skipped" in bench.lines(bench.answer(entry))
    with bench.export() as bundle:
        assert bundle.manifest.confirmed == {vault_of(bench.members.anna): (1,)}
    assert list(bench.items.iterdir()) == []


def test_an_answer_for_a_withdrawn_case_is_skipped(bench: Bench) -> None:
    sent = bench.submit()
    bench.withdraw(sent, 2)
    entry = bench.reply(sent.case)
    assert f"{entry.item}: reply skipped" in bench.lines(bench.answer(entry))
    assert bench.drop.store.case(sent.case).replies == ()


def test_one_skipped_entry_does_not_hold_up_the_others(bench: Bench) -> None:
    sent = bench.submit()
    good = bench.reply(sent.case)
    told = bench.lines(bench.answer(bench.reply(CaseId("d" * 32)), good))
    assert f"{good.item}: reply stored" in told


def test_a_reply_that_its_reporter_deleted_is_not_brought_back(bench: Bench) -> None:
    sent = bench.submit()
    entry = bench.reply(sent.case)
    path = bench.answer(entry)
    bench.take(path)
    bench.drop.store.delete_reply(sent.case, entry.item)
    bench.take(path)
    bench.take(bench.answer(entry, sequence=2))
    assert bench.drop.store.case(sent.case).replies == ()


def test_a_receipt_with_another_hash_counts_for_nothing(bench: Bench) -> None:
    sent, good = bench.submit(), bench.submit()
    wrong = replace(sent.receipt(), sha256="0" * 64)
    told = bench.lines(bench.answer(receipts=(wrong, good.receipt())))
    assert "receipts: 1 new" in told
    assert f"{sent.item}: warning: receipt skipped" in told
    assert not bench.drop.store.case(sent.case).picked_up
    assert bench.drop.store.case(good.case).picked_up


def test_a_receipt_for_an_unknown_item_is_skipped(bench: Bench) -> None:
    told = bench.lines(bench.answer(receipts=(Receipt(new_item_id(), RED, "0" * 64),)))
    assert "receipts: 1 skipped" in told


# --- what is refused whole ----------------------------------------------------------------------------------------


def test_a_signature_by_another_member_is_refused(bench: Bench) -> None:
    sent = bench.submit()
    path = bench.answer(bench.reply(sent.case), signer=bench.members.bram)
    bench.refuse(path, BundleSignatureInvalid)


@pytest.mark.parametrize("signature", [b"", b"not a signature", b"\0" * 64])
def test_no_signature_at_all_is_refused(bench: Bench, signature: bytes) -> None:
    path = bench.answer()
    write_members(path, changed(read_members(path), "manifest.sig", signature))
    bench.refuse(path, BundleSignatureInvalid)


def test_two_signatures_are_refused(bench: Bench) -> None:
    path = bench.answer()
    members = read_members(path)
    write_members(path, changed(members, "manifest.sig", dict(members)["manifest.sig"] * 2))
    bench.refuse(path, BundleSignatureInvalid)


def test_an_author_who_is_on_no_roster_is_refused(bench: Bench, key_home: Path) -> None:
    stranger = factories.make_key(key_home, "stranger")
    gpg = Gpg(key_home, agent=True)
    manifest = AnswerManifest(bench.drop.identity.drop, stranger, vault_of(stranger), RED, 1, None, today(), (), (), ())
    path = bench.path()
    write_answer_bundle(path, manifest, bench.source, lambda data: gpg.sign_detached(data, stranger))
    bench.refuse(path, BundleAuthorUnknown)


def test_an_author_who_left_every_desk_is_refused_before_gpg_sees_the_bundle(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bench.answer()
    configured = {RED: [bench.members.bram], BLUE: [bench.members.cora]}
    put_down(bench.drop.store, {}, configured, today() + timedelta(days=1))
    monkeypatch.setattr(importing, "Gpg", lambda _: pytest.fail("gpg was started"))
    bench.refuse(path, BundleAuthorUnknown)


def test_an_author_who_went_to_another_desk_no_longer_speaks_for_the_old_one(bench: Bench) -> None:
    sent = bench.submit()
    path = bench.answer(bench.reply(sent.case))
    configured = {RED: [bench.members.bram], BLUE: [bench.members.cora, bench.members.anna]}
    put_down(bench.drop.store, {}, configured, today() + timedelta(days=1))
    bench.refuse(path, BundleAuthorUnknown)


def test_a_part_for_a_desk_that_is_not_the_authors_is_refused(bench: Bench) -> None:
    sent = bench.submit(RED, BLUE)
    for path in (
        bench.answer(bench.reply(sent.case, desk=BLUE)),
        bench.answer(receipts=(sent.receipt(BLUE),)),
        bench.answer(read=(ReadMark(sent.item, BLUE),)),
        bench.answer(desk=BLUE),
    ):
        bench.refuse(path, BundleAuthorUnknown)


def test_a_writing_in_a_case_of_another_desk_is_refused(bench: Bench) -> None:
    sent = bench.submit(BLUE)
    bench.refuse(bench.answer(bench.reply(sent.case)), BundleForeign)


def test_a_receipt_or_read_mark_for_an_item_of_another_desk_is_refused(bench: Bench) -> None:
    """No honest vault holds such an item, so there is nobody whose work would be held up."""
    sent = bench.submit(BLUE)
    bench.refuse(bench.answer(receipts=(sent.receipt(),)), BundleItemMismatch)
    bench.refuse(bench.answer(read=(ReadMark(sent.item, RED),)), BundleItemMismatch)


def test_an_answer_for_another_drop_is_refused(bench: Bench) -> None:
    bench.refuse(bench.answer(drop="d" * 64), BundleForeign)


def test_another_members_vault_cannot_be_spoken_for(bench: Bench) -> None:
    """Else one member could have another's unsent replies confirmed, and they would never be sent."""
    bench.take(bench.answer())
    bench.refuse(bench.answer(author=bench.members.bram, vault=vault_of(bench.members.anna)), BundleForeign)


@pytest.mark.parametrize("author", ["anna", "bram"])
def test_an_entry_with_a_known_id_and_other_bytes_is_refused(bench: Bench, author: str) -> None:
    sent = bench.submit()
    entry = bench.reply(sent.case)
    bench.take(bench.answer(entry))
    other = replace(entry, sha256=hashed(b"evil"), bytes=4)
    bench.source(other).write_bytes(b"evil")
    path = bench.answer(other, sequence=2, author=getattr(bench.members, author))
    bench.refuse(path, BundleItemMismatch)
    assert bench.drop.store.case(sent.case).replies[0].path.read_bytes() == b"body"


def test_an_entry_with_a_submissions_id_cannot_replace_it(bench: Bench) -> None:
    sent = bench.submit()
    for data in (b"evil", b"sealed"):
        entry = AnswerEntry(SealedKind.NOTE, sent.case, sent.item, RED, hashed(data), len(data))
        bench.source(entry).write_bytes(data)
        bench.refuse(bench.answer(entry), BundleItemMismatch)


def test_a_known_reply_is_not_moved_to_another_case_nor_given_another_lock(bench: Bench) -> None:
    mine, other = bench.submit(), bench.submit()
    entry = bench.reply(mine.case)
    bench.take(bench.answer(entry))
    bench.refuse(bench.answer(replace(entry, case=other.case), sequence=2), BundleItemMismatch)
    bench.take(bench.answer(replace(entry, lock=b"x" * 80), sequence=3, author=bench.members.bram))
    assert bench.drop.store.case(mine.case).replies[0].lock == bytes(80)


def test_a_bundle_with_one_bad_item_stores_none_of_the_good_ones(bench: Bench) -> None:
    sent = bench.submit()
    entries = [bench.reply(sent.case, b"good"), bench.reply(sent.case, b"evil")]
    path = bench.answer(*entries, receipts=(sent.receipt(),))
    write_members(path, changed(read_members(path), entries[1].member_name, b"EVIL"))
    bench.refuse(path, BundleItemMismatch)


# --- cases that were opened at the table --------------------------------------------------------------------------


def taken_over(bench: Bench, honest: AtTable, **changes: object) -> Path:
    """Write what a colleague makes of a case that they saw in a bundle: a report of their own in its place."""
    own = bench.table(bench.members.bram, b"their own")
    stolen = replace(honest.case, item=own.case.item, link=hashed(b"theirs"), sealed_view=b"v" * 1064)
    stolen = replace(stolen, **changes)  # type: ignore[arg-type]
    entry = replace(own.entry, case=stolen.case, item=stolen.item)
    bench.source(own.entry).replace(bench.source(entry))
    return bench.answer(entry, author=bench.members.bram, cases=(stolen,))


def require_honest(bench: Bench, honest: AtTable) -> None:
    """Take in the author's own bundle, and see that their case is there as they opened it."""
    assert f"{honest.entry.item}: report of a case opened at the desk stored" in bench.lines(
        bench.answer(honest.entry, cases=(honest.case,))
    )
    assert bench.drop.store.find_case(honest.keys.lookup_id) == honest.case.case
    with bench.drop.store.case_turn(honest.case.case) as turn:
        assert (turn.number, turn.previous) == (2, honest.case.link)
    assert bench.drop.store.case(honest.case.case).sealed_view == honest.case.sealed_view


def test_a_colleague_who_saw_the_bundle_first_does_not_take_over_its_case(bench: Bench) -> None:
    honest = bench.table(bench.members.anna)
    bench.refuse(taken_over(bench, honest), BundleSignatureInvalid)
    untouched = bench.answer(honest.entry, author=bench.members.bram, cases=(honest.case,))
    bench.refuse(untouched, BundleSignatureInvalid)
    require_honest(bench, honest)


def test_a_colleague_does_not_take_over_a_case_by_leaving_its_signature_out(bench: Bench) -> None:
    honest = bench.table(bench.members.anna)
    assert "not signed with its own key" in bench.lines(taken_over(bench, honest, signature=b""))
    assert bench.drop.store.counts().cases == 0
    require_honest(bench, honest)


def test_a_colleague_does_not_take_over_a_case_with_a_key_of_their_own(bench: Bench) -> None:
    """The id is the hash of both keys: with another key it is another case, whose codename nobody was given."""
    honest, own = bench.table(bench.members.anna), bench.table(bench.members.bram)
    bench.take(bench.answer(own.entry, author=bench.members.bram, cases=(own.case,)))
    with pytest.raises(InvalidValue):
        replace(own.case, case=honest.case.case)
    require_honest(bench, honest)


@pytest.mark.parametrize("what", ["lookup", "item"])
def test_what_a_colleague_put_in_a_cases_place_does_not_hold_up_its_authors_work(bench: Bench, what: str) -> None:
    sent, honest, other = bench.submit(), bench.table(bench.members.anna), bench.table(bench.members.anna)
    own = bench.table(bench.members.bram, b"their own")
    entry = own.entry if what == "lookup" else replace(own.entry, item=honest.case.item)
    bench.source(own.entry).replace(bench.source(entry))
    case = replace(own.case, item=entry.item, lookup=honest.case.lookup if what == "lookup" else own.case.lookup)
    origin = Origin(bench.drop.identity.drop, bench.members.bram, vault_of(bench.members.bram))
    case = case.signed(own.keys.case_key, origin)
    bench.take(bench.answer(entry, author=bench.members.bram, cases=(case,)))
    reply, late = bench.reply(sent.case), bench.reply(honest.case.case)
    lines = bench.lines(
        bench.answer(
            reply, honest.entry, late, other.entry, cases=(honest.case, other.case),
            receipts=(Receipt(honest.entry.item, RED, honest.entry.sha256), sent.receipt()),
            read=(ReadMark(honest.entry.item, RED), ReadMark(sent.item, RED)),
        )
    )  # fmt: skip
    assert f"{honest.entry.item}: report of a case opened at the desk skipped, warning: another case" in lines
    assert f"{late.item}: reply skipped, warning: another case" in lines
    assert f"{reply.item}: reply stored" in lines
    assert f"{other.entry.item}: report of a case opened at the desk stored" in lines
    assert bench.drop.store.find_case(other.keys.lookup_id) == other.case.case
    with bench.export() as bundle:
        assert bundle.manifest.confirmed[vault_of(bench.members.anna)] == (1,)


def test_a_case_that_comes_again_changes_nothing(bench: Bench) -> None:
    honest = bench.table(bench.members.anna)
    require_honest(bench, honest)
    before = bench.state()
    assert "known already" in bench.lines(bench.answer(honest.entry, cases=(honest.case,)))
    assert bench.state() == before


# --- failures on the way ------------------------------------------------------------------------------------------


def test_a_full_disk_changes_nothing_and_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = bench.submit()
    path = bench.answer(bench.reply(sent.case), bench.reply(sent.case, b"second"))
    before = bench.state()
    monkeypatch.setattr(os, "fsync", lambda _: Path("/dev/full").write_bytes(b"x"))
    with pytest.raises(StoreFull):
        bench.take(path)
    monkeypatch.undo()
    assert bench.state() == before
    assert "reply stored" in bench.lines(path)


def test_a_failing_store_leaves_no_part_files(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = bench.submit()
    path = bench.answer(bench.reply(sent.case))
    before = bench.state()

    def fail(*_: object) -> None:
        raise StoreError

    monkeypatch.setattr(bench.drop.store, "apply_answer", fail)
    with pytest.raises(StoreError):
        bench.take(path)
    monkeypatch.undo()
    assert bench.state() == before


@pytest.mark.parametrize("suffix", [".part", ".reply"])
def test_what_a_killed_import_left_does_not_stop_the_next_one(bench: Bench, suffix: str) -> None:
    """A kill between a file's writing or naming and its row's commit leaves a file without a row."""
    sent = bench.submit()
    entry = bench.reply(sent.case)
    (bench.items / f"{entry.item}{suffix}").write_bytes(b"half")
    assert "reply stored" in bench.lines(bench.answer(entry))
    assert bench.drop.store.case(sent.case).replies[0].path.read_bytes() == b"body"


KILLED = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from dropbox.server import transfer
from dropbox.server.identity import Identity
from dropbox.server.store import Store
from dropbox.server.store.blobs import Blobs

data, bundle, point = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = Store.open(data, Identity.load_or_create(data), trial=False)
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
apply = store.apply_answer
if point == "before the store is asked":
    store.apply_answer = die
if point == "before the commit":
    Blobs.sync = die
if point == "after the commit":
    store.apply_answer = lambda answer: die(apply(answer))
transfer.import_answer(SimpleNamespace(store=store), bundle)
"""


@pytest.mark.parametrize("point", ["before the store is asked", "before the commit", "after the commit"])
def test_a_killed_import_is_done_again_without_loss_or_doubling(bench: Bench, point: str) -> None:
    sent = bench.submit()
    entry = bench.reply(sent.case)
    path = bench.answer(entry, receipts=(sent.receipt(),))
    command = [sys.executable, "-c", KILLED, str(bench.items.parent), str(path), point]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    arrived = bool(bench.drop.store.case(sent.case).replies)
    assert arrived is (point == "after the commit")
    bench.take(path)
    state = bench.drop.store.case(sent.case)
    assert [reply.path.read_bytes() for reply in state.replies] == [b"body"]
    assert state.picked_up
    assert sorted(file.name for file in bench.items.iterdir()) == sorted([f"{sent.item}.pgp", f"{entry.item}.reply"])


def test_a_part_file_is_on_disk_before_its_row_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = bench.submit()
    synced: list[str] = []
    fsync, apply = os.fsync, bench.drop.store.apply_answer

    def note_sync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def note_apply(answer: object) -> object:
        synced.append("commit")
        return apply(answer)  # type: ignore[arg-type]

    entry = bench.reply(sent.case)
    path = bench.answer(entry)
    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(bench.drop.store, "apply_answer", note_apply)
    bench.take(path)
    assert synced.index(f"{entry.item}.part") < synced.index("commit")


def test_reports_arrive_while_bundles_come_and_go(bench: Bench) -> None:
    first = bench.submit()
    sent: list[ItemId] = []

    def arrive() -> None:
        sent.extend(bench.submit().item for _ in range(10))

    thread = threading.Thread(target=arrive)
    thread.start()
    for number in range(1, 4):
        bench.take(bench.answer(sequence=number, receipts=(first.receipt(),)))
        bench.export().close()
    thread.join()
    assert bench.exported() == {first.item, *sent}


def test_what_is_told_is_one_line_each_and_holds_no_secret(bench: Bench) -> None:
    sent = bench.submit()
    entry = replace(bench.reply(sent.case), lock=b"LOCKLOCK" * 10)
    summary = bench.take(bench.answer(entry, receipts=(sent.receipt(),)))
    assert summary.vault == vault_of(bench.members.anna)
    assert summary.sequence == 1
    for line in summary.lines:
        assert "\n" not in str(line)
        assert bench.members.anna not in str(line)
        assert str(bench.folder) not in str(line)


def test_an_import_on_a_later_day_counts_from_that_day(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = bench.submit()
    later = today() + timedelta(days=9)
    path = bench.answer(bench.reply(sent.case))
    monkeypatch.setattr(importing, "today", lambda: later)
    bench.take(path)
    assert bench.drop.store.case(sent.case).replies[0].day == later
    assert isinstance(later, date)
