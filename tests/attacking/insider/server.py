"""Where the drop itself meets the intruder: answer bundles, keys, receipts, erasures, and what a reporter is shown.

A real drop behind its real pages, with real gpg; receipts and erasures on a bare store, where days go by at will.
"""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from dropbox.bundle import (
    AnswerCase,
    AnswerEntry,
    AnswerManifest,
    LineState,
    Origin,
    Receipt,
    StepKind,
    write_answer,
)
from dropbox.codename import CodenameKeys, stored_lookup
from dropbox.errors import BundleError, BundleItemMismatch, DropboxError
from dropbox.gpg import count_recipients
from dropbox.models import DeskId, Fingerprint, ItemId, SealedKind, VaultId, new_item_id, today
from dropbox.server import check, transfer
from dropbox.server.drop import Drop
from dropbox.server.store import Store
from tests import factories
from tests.attacking.insider.desk import Story
from tests.attacking.insider.rows import CANARY, Row, Seen, Try
from tests.conftest import Members
from tests.seating import change
from tests.site_room import COMMITTEE, CONFIDANT, Site, new_site
from tests.store_room import ANN, BOARD, BOB, DAY, Member, Reporter, bytes_under, everybody, later, open_store, seat

SORRY = "A reply that cannot be trusted"
_KEPT = "kind, day, bytes, sha256, hidden, settled"


@dataclass
class ServerGround:
    """One site for all tries; those that change who sits at a desk get one of their own."""

    members: Members
    stranger: Fingerprint
    stranger_home: Path
    site: Site
    answers: int = 0

    def path(self) -> Path:
        self.answers += 1
        return self.site.folder / f"brought-{self.answers}.tar"


@contextmanager
def server_ground() -> Iterator[ServerGround]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder, "m")
        names = [factories.make_key(home, name) for name in ("anna", "bram", "cora")]
        apart = factories.new_home(folder, "s")
        stranger = factories.make_key(apart, "stranger")
        factories.run_gpg(home, "--import", data=factories.export_secret(apart, stranger))
        members = Members(home, *names)
        with new_site(members) as site:
            yield ServerGround(members, stranger, apart, site)


# --- replies, as their reporter sees them -------------------------------------------------------------------------


def planted_reply(grounds: Any, chance: Random) -> Seen:
    """By whoever can write to the store; the reporter's page must show no word of it, and say so."""
    ground: ServerGround = grounds.server
    site, people = ground.site, ground.members
    codename = site.report(site.browser(), "A true report.")
    if true := chance.random() < 0.5:
        site.reply(codename, "The true reply.")
    ways: list[dict[str, Any]] = [
        {"author": ground.stranger},
        {"author": people.anna, "signer": ground.stranger},
        {"author": people.anna, "signer": people.bram},
        {"author": people.cora},
        {"author": people.cora, "desks": (CONFIDANT, COMMITTEE)},
        {"drop": "d1" * 32},
        {"case": site.keys(site.report(site.browser())).case},
    ]
    way = chance.choice(ways)
    signer = way.pop("signer", None)
    author = way.pop("author", None)
    site.reply(codename, f"{CANARY}: come to the station alone", author=author, signer=signer, **way)
    page = site.sign_in(site.browser(), codename)
    told = page.text
    return Seen(page.status == 200 and SORRY in told, told.count(CANARY), int(true and "The true reply." not in told))


def reply_of_another_case(grounds: Any, chance: Random) -> Seen:
    """A true reply, file and lock, put under another case or once more under its own."""
    site: Site = grounds.server.site
    store = site.drop.store
    codename, other = (site.report(site.browser(), "A true report.") for _ in range(2))
    item = site.reply(codename, f"{CANARY} for somebody else")
    to = site.keys(other).case
    with store._database.write() as connection:
        where = {"old": item, "new": new_item_id(), "case": to}
        for statement in (
            f"insert into items select :new, :case, {_KEPT} from items where item_id = :old",
            "insert into reply_locks select :new, lock from reply_locks where item_id = :old",
            "insert into item_desks select :new, desk_id from item_desks where item_id = :old",
        ):
            connection.exec_driver_sql(statement, where)
    folder = site.drop.settings.server.data_dir / "items"
    (folder / f"{where['new']}.reply").write_bytes((folder / f"{item}.reply").read_bytes())
    page = site.sign_in(site.browser(), other)
    return Seen(page.status == 200 and SORRY in page.text, page.text.count(CANARY))


def a_deleted_reply_once_more(grounds: Any, chance: Random) -> Seen:
    """Its bundle comes again, from whichever member, before or after the drop let the body go."""
    with TemporaryDirectory(dir=grounds.folder) as folder:
        store = open_store(Path(folder) / "data")
        seat(store)
        reporter, ann, bob = Reporter(store), Member(store, ANN), Member(store, BOB)
        reporter.send()
        lock = b"the lock" * 10
        writing = ann.writing(reporter.case, lock=lock)
        ann.answer(writings=[writing])
        store.delete_reply(reporter.case, writing.item)
        for member in chance.sample([ann, bob], 2):
            if chance.random() < 0.7:
                member.receive_all()
        store.retire(later(chance.randrange(60)))
        for _ in range(chance.randrange(1, 4)):
            chance.choice([ann, bob]).answer(writings=[writing])
        gone = store.case(reporter.case).replies == () and lock not in bytes_under(Path(folder))
        store.close()
        return Seen(gone)


# --- answer bundles -----------------------------------------------------------------------------------------------


@dataclass
class Carrier:
    """Writes answer bundles of every kind to a site's drop."""

    ground: ServerGround
    site: Site
    vault: VaultId = field(default_factory=lambda: VaultId(new_item_id()))

    def bundle(self, author: Fingerprint, signer: Fingerprint, codename: str, **odd: Any) -> Path:
        """Write a bundle with a reply in it, whose author signs as it should be or otherwise."""
        data = CANARY.encode() * 20
        item = new_item_id()
        source = self.site.folder / item
        source.write_bytes(data)
        case = self.site.keys(codename).case
        entry = AnswerEntry(SealedKind.REPLY, case, item, CONFIDANT, sha256(data).hexdigest(), len(data), bytes(80))
        manifest = AnswerManifest(
            self.site.drop.store.meta.drop, author, self.vault, CONFIDANT, 1, None, today(), (entry,), (), ()
        )  # fmt: skip
        target = self.ground.path()
        sign = lambda signed: self.ground.members.gpg.sign_detached(signed, signer)  # noqa: E731
        write_answer(target, replace(manifest, **odd), lambda _entry: source, sign)
        return target

    def is_refused(self, path: Path) -> bool:
        """Whether it is refused with nothing changed by it."""
        before = state(self.site.drop.store)
        try:
            transfer.import_answer(self.site.drop, path)
        except BundleError:
            return state(self.site.drop.store) == before
        return False


def state(store: Store) -> dict[str, list[str]]:
    """Return everything in the store that an import could change, in a form that can be compared."""
    with store._database.read() as connection:
        names = connection.exec_driver_sql("select name from sqlite_master where type = 'table'").all()
        return {name: sorted(map(repr, connection.exec_driver_sql(f"select * from {name}"))) for (name,) in names}


def of_another_drop(grounds: Any, chance: Random) -> Seen:
    ground: ServerGround = grounds.server
    codename = ground.site.report(ground.site.browser(), "A true report.")
    carrier, anna = Carrier(ground, ground.site), ground.members.anna
    odd: dict[str, Any] = chance.choice([
        {"drop": chance.randbytes(32).hex()},
        {"author": ground.stranger, "signer": ground.stranger},
        {"signer": ground.stranger},
        {"signer": ground.members.bram},
        {"author": ground.members.cora, "signer": ground.members.cora},
    ])  # fmt: skip
    author, signer = odd.pop("author", anna), odd.pop("signer", anna)
    return Seen(carrier.is_refused(carrier.bundle(author, signer, codename, **odd)))


def a_bundle_bent_on_its_way(grounds: Any, chance: Random) -> Seen:
    ground: ServerGround = grounds.server
    codename = ground.site.report(ground.site.browser(), "A true report.")
    carrier, anna = Carrier(ground, ground.site), ground.members.anna
    path = carrier.bundle(anna, anna, codename)
    data = bytearray(path.read_bytes())
    # the padding of a tar's last record is zeros that the reader counts too
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return Seen(carrier.is_refused(path))


def a_swapped_key_in_an_intake(grounds: Any, chance: Random) -> Seen:
    """A report that was taken down at the table: its case's own key signed the keys that the answer bundle names."""
    ground: ServerGround = grounds.server
    site, anna = ground.site, ground.members.anna
    carrier = Carrier(ground, site)
    keys, other = (CodenameKeys.from_root(chance.randbytes(32)) for _ in range(2))
    data, item = b"sealed at the table", new_item_id()
    (site.folder / item).write_bytes(data)
    entry = AnswerEntry(SealedKind.SUBMISSION, keys.case, item, CONFIDANT, sha256(data).hexdigest(), len(data), None)
    drop = site.drop.store.meta.drop
    made = AnswerCase(
        case=keys.case, case_key=keys.case_public.hex(), reply_key=keys.reply_public.hex(), day=today(),
        desks=(CONFIDANT,), item=item, link="ab" * 32, lookup=stored_lookup(keys.lookup_id),
        sealed_mandate=bytes(49), sealed_view=bytes(1064),
    ).signed(keys.case_key, Origin(drop, anna, carrier.vault))  # fmt: skip
    odd: dict[str, Any] = chance.choice([
        {"reply_key": other.reply_public.hex()}, {"case_key": other.case_public.hex()},
        {"lookup": stored_lookup(other.lookup_id)}, {"sealed_view": bytes(1063) + b"x"},
    ])  # fmt: skip
    swapped = copy.copy(made)
    for name, value in odd.items():
        object.__setattr__(swapped, name, value)  # it checks itself when it is made
    target = ground.path()
    manifest = AnswerManifest(drop, anna, carrier.vault, CONFIDANT, 1, None, today(), (entry,), (), ())
    manifest = replace(manifest, cases=(swapped,))
    sign = lambda signed: ground.members.gpg.sign_detached(signed, anna)  # noqa: E731
    try:
        write_answer(target, manifest, lambda _entry: site.folder / item, sign)
    except DropboxError:
        return Seen(noticed=True)
    return Seen(carrier.is_refused(target))


def of_a_former_member(grounds: Any, chance: Random) -> Seen:
    """Who left signs still, under whatever day; and their last true bundle comes once more and changes nothing."""
    ground: ServerGround = grounds.server
    people = ground.members
    with new_site(people) as site:
        codename = site.report(site.browser(), "A true report.")
        carrier = Carrier(ground, site)
        early = carrier.bundle(people.bram, people.bram, codename, entries=())
        transfer.import_answer(site.drop, early)
        change(site.drop, CONFIDANT, {people.anna: None}, people.gpg, people.anna)
        late = carrier.bundle(
            people.bram, people.bram, codename, sequence=chance.choice([1, 2, 9]),
            day=today() - timedelta(days=chance.choice([0, 1, 400])),
        )  # fmt: skip
        refused = carrier.is_refused(late)
        before = state(site.drop.store)
        with suppress(BundleError):  # refused, or taken for what is known: it must change nothing
            transfer.import_answer(site.drop, early)
        return Seen(refused and state(site.drop.store) == before)


# --- keys ---------------------------------------------------------------------------------------------------------


def _spoil_keys(ground: ServerGround, site: Site, chance: Random) -> None:
    keys, people = site.folder / "keys", ground.members
    stranger = factories.export_public(ground.stranger_home, ground.stranger)
    path = next(each for each in keys.iterdir() if people.anna in each.name or people.anna[-8:] in each.name)
    how = chance.randrange(4)
    if how == 0:
        (keys / chance.choice(["a.asc", "anna (new).asc", "zz"])).write_bytes(stranger)
    elif how == 1:
        path.write_bytes(stranger)
    elif how == 2:
        path.write_bytes(chance.choice([path.read_bytes() + stranger, stranger + path.read_bytes()]))
    else:
        config = site.folder / "config.toml"
        (keys / "a.asc").write_bytes(stranger)
        text = config.read_text()
        wanted = chance.choice([
            f'"{people.anna}", "{people.bram}", "{ground.stranger}"', f'"{ground.stranger}", "{people.bram}"',
        ])  # fmt: skip
        config.write_text(text.replace(f'"{people.anna}", "{people.bram}"', wanted))


def slipped_key(grounds: Any, chance: Random) -> Seen:
    """Nothing is sealed to it, and whoever looks is told: a refused report, or a row of `check`."""
    ground: ServerGround = grounds.server
    with ExitStack() as held:
        site = held.enter_context(new_site(ground.members))
        items = site.folder / "data" / "items"
        _spoil_keys(ground, site, chance)
        if chance.random() < 0.5:
            try:
                site = site.reopen()
            except DropboxError:
                return Seen(noticed=True)
        browser = site.browser()
        page = browser.submit(
            browser.get("/report").form("message", "mandate"),
            {"desk": [CONFIDANT], "message": "A true report.", "mandate": "listen"},
        )
        stored = list(items.iterdir())
        stolen = [each for each in stored if _opens(ground.stranger_home, each) or count_recipients(each) != 2]
        site = site.reopen() if not stored else site
        told = _check_tells(site.drop, ground.stranger)
        site.drop.close()
        return Seen(not stolen and (told or page.status != 200), lost=0 if stored or page.status != 200 else 1)


def _check_tells(drop: Drop, stranger: Fingerprint) -> bool:
    rooms = tuple(each for each in check._ANYHOW if each.subject != "gpg")
    with mock.patch.object(check, "_ANYHOW", rooms):
        found = check.examine(drop.settings, drop.store, drop.keyring, today())
    bad = [row for row in found if row.verdict is not check.Verdict.OK]
    return any(
        stranger in row.subject + row.finding or "signature" in row.finding or "key" in row.subject for row in bad
    )


def _opens(home: Path, item: Path) -> bool:
    line = ["gpg", "--batch", "--homedir", str(home), "--status-fd", "2", "--decrypt", str(item)]
    return b"DECRYPTION_OKAY" in subprocess.run(line, capture_output=True, check=False, timeout=60).stderr


def a_key_in_a_bundle(story: Story, chance: Random) -> Seen:
    """The drop hands out another key under a member's name."""
    here = story.here
    export = here.drop.public.export_key
    victim = chance.choice([here.anna.key, here.bram.key])
    # a vault reads a member's key once, so it is the new one's that tells
    person = here.cora
    person.ok("init", "--drop-key", here.drop.words)
    with mock.patch.object(
        here.drop.public, "export_key", lambda name: export(here.dirk.key if name == victim else name)
    ):
        bundle = here.drop.pickup()
    result = person.run("import", bundle)
    return Seen(result.code == 1 and not list((person.vault / "items").iterdir()))


def a_stranger_on_the_roster(story: Story, chance: Random) -> Seen:
    from tests.factories_bundles import DESK, joined

    here = story.here
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    seen = story.judge()
    held_up = here.anna.run("export", here.folder / "no.tar").code == 1
    return Seen(seen.noticed and held_up, seen.shown, seen.lost)


# --- one member against the others --------------------------------------------------------------------------------


@contextmanager
def bare_store(grounds: Any) -> Iterator[tuple[Store, Path]]:
    with TemporaryDirectory(dir=grounds.folder) as folder:
        store = open_store(Path(folder) / "data")
        seat(store)
        try:
            yield store, Path(folder)
        finally:
            store.close()


def false_receipts(grounds: Any, chance: Random) -> Seen:
    """One member acknowledges whatever there is, at once and again and again: the others get all of it still."""
    with bare_store(grounds) as (store, _folder):
        liar, honest = chance.sample([Member(store, ANN), Member(store, BOB)], 2)
        reporters = [Reporter(store) for _ in range(chance.randrange(1, 4))]
        items = [reporter.send() for reporter in reporters for _ in range(chance.randrange(1, 3))]
        vaults = [liar, Member(store, liar.fingerprint)]
        liar.answer(items=chance.sample(items, 1))
        for _ in range(chance.randrange(1, 4)):
            chance.choice(vaults).answer(items=items)
        refused = True
        try:
            store.apply_answer(_receipt_as(liar, honest.fingerprint, items[0]))
            refused = False
        except DropboxError:
            pass  # as it must be: nobody acknowledges from another's vault
        for days in sorted(chance.sample(range(1, 4000), 3)):
            store.retire(later(days))
        there = {each.item for each in store.pickup(BOARD, later(4000)).items}
        behind = {each.fingerprint for each in store.behind(later(4000)) if each.desk == BOARD}
        return Seen(refused and behind == {honest.fingerprint}, lost=len(set(items) - there))


def _receipt_as(vault: Member, author: Fingerprint, item: ItemId) -> Any:
    from dropbox.server.store import NewAnswer

    digest = vault.store.has_item(item) or ""
    return NewAnswer(
        author, vault.vault, BOARD, vault.sequence + 1, "ab" * 32, DAY, (), (Receipt(item, BOARD, digest),), (),
    )  # fmt: skip


def wrong_receipts(grounds: Any, chance: Random) -> Seen:
    """Receipts for other bytes, or in another desk's name: refused, or told as strange and not counted."""
    with bare_store(grounds) as (store, _folder):
        items = [Reporter(store).send() for _ in range(2)]
        ann = Member(store, ANN)
        odd = chance.choice(["hash", "desk"])
        new = _receipt_as(ann, ANN, items[0])
        desk = DeskId("bureau") if odd == "desk" else BOARD
        digest = chance.randbytes(32).hex() if odd == "hash" else new.receipts[0].sha256
        try:
            store.apply_answer(replace(new, receipts=(Receipt(items[0], desk, digest),)))
        except (BundleError, BundleItemMismatch):
            there = {each.item for each in store.pickup(BOARD, DAY).items}
            return Seen(noticed=True, lost=len(set(items) - there))
        return Seen(noticed=False)


def erasure_alone(grounds: Any, chance: Random) -> Seen:
    """One member proposes and seconds, from as many vaults as they like; years go by."""
    with bare_store(grounds) as (store, _folder):
        reporter = Reporter(store)
        items = [reporter.send() for _ in range(chance.randrange(1, 4))]
        members = [each for each in everybody(store) if each.desk == BOARD]
        for member in members[: chance.randrange(2)]:
            member.answer(items=items)
        name = chance.choice(members).fingerprint
        vaults = [Member(store, name) for _ in range(3)]
        proposal = vaults[0].step(reporter.case, StepKind.PROPOSE, later(1), number=len(items))
        for _ in range(chance.randrange(1, 4)):
            chance.choice(vaults).step(reporter.case, StepKind.SECOND, later(2), about=[proposal])
        store.retire(later(chance.choice([14, 20, 200, 4000])))
        kept = sum(store.has_item(each) is not None for each in items)
        return Seen(kept == len(items), lost=len(items) - kept)


def erased_by_the_drop(story: Story, chance: Random) -> Seen:
    """The drop says that it erased what no two members agreed to erase; a vault keeps its own and says so."""
    story.fetch()
    case = chance.choice(story.cases)
    for held in story.sent:
        if held.case.id == case.id:
            story.here.drop.let_go(held, LineState.ERASED)
    return story.judge()


def _on_desk(deed: Callable[[Story, Random], Seen]) -> Try:
    return lambda grounds, chance: deed(grounds.desk.again(chance), chance)


SHOWN_REPLIES: dict[str, Try] = {"to its reporter": planted_reply}
SHOWN_AGAIN: dict[str, Try] = {
    "to another reporter": reply_of_another_case,
    "after it was deleted": a_deleted_reply_once_more,
}
SWAPPED: dict[str, Try] = {"in an answer bundle": a_swapped_key_in_an_intake}

ROWS = (
    Row("An answer bundle of another drop", {
        "of another drop, author or desk": of_another_drop,
        "bent on its way": a_bundle_bent_on_its_way,
    }),
    Row("An answer bundle of a former member", {"late, or once more": of_a_former_member}),
    Row("A key slipped into `keys/`", {
        "on the server": slipped_key,
        "in a bundle": _on_desk(a_key_in_a_bundle),
        "on the roster": _on_desk(a_stranger_on_the_roster),
    }),
    Row("One member's false receipts", {"for everything": false_receipts, "for what is not so": wrong_receipts}),
    Row("One member's erasure", {"alone": erasure_alone, "by the drop": _on_desk(erased_by_the_drop)}),
)  # fmt: skip
