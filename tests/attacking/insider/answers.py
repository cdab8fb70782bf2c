"""Answer bundles by whoever may not bring them, as a real drop meets them."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from dropbox.bundle import (
    AnswerCase,
    AnswerEntry,
    AnswerManifest,
    Origin,
    write_answer,
)
from dropbox.codename import CodenameKeys, stored_lookup
from dropbox.errors import BundleError, DropboxError
from dropbox.models import Fingerprint, SealedKind, VaultId, new_item_id, today
from dropbox.server import transfer
from dropbox.server.store import Store
from tests.attacking.insider.rows import CANARY, Row, Seen, Try
from tests.attacking.insider.server import ServerGround
from tests.seating import change
from tests.site_room import CONFIDANT, Site, new_site


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


SWAPPED: dict[str, Try] = {"in an answer bundle": a_swapped_key_in_an_intake}

ROWS = (
    Row("An answer bundle of another drop", {
        "of another drop, author or desk": of_another_drop,
        "bent on its way": a_bundle_bent_on_its_way,
    }),
    Row("An answer bundle of a former member", {"late, or once more": of_a_former_member}),
)  # fmt: skip
