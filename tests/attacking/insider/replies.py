"""Replies that are planted or played again, as their reporter meets them on the pages of a real drop."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from dropbox.models import new_item_id, today
from tests.attacking.insider.rows import CANARY, Seen, Try
from tests.attacking.insider.server import ServerGround
from tests.seating import change
from tests.site_room import COMMITTEE, CONFIDANT, Site, new_site
from tests.store_room import ANN, BOB, Member, Reporter, bytes_under, later, open_store, seat

SORRY = "A reply that cannot be trusted"
_KEPT = "kind, day, bytes, sha256, hidden, settled"


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


def by_a_former_member(grounds: Any, chance: Random) -> Seen:
    """Who left a desk signs as if they had not; what they wrote before stays a true reply."""
    ground: ServerGround = grounds.server
    people = ground.members
    with new_site(people) as site:
        codename = site.report(site.browser(), "A true report.")
        true = chance.random() < 0.5
        if true:
            site.reply(codename, "The true reply.", author=people.bram)
        change(site.drop, CONFIDANT, {people.anna: None}, people.gpg, people.anna)
        day = today() + timedelta(days=chance.randrange(1, 90))
        site.reply(codename, f"{CANARY}: I still sit here", author=people.bram, day=day)
        told = site.sign_in(site.browser(), codename).text
        return Seen(SORRY in told, told.count(CANARY), int(true and "The true reply." not in told))


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


PLANTED: dict[str, Try] = {
    "to its reporter": planted_reply,
    "to its reporter, by a former member": by_a_former_member,
}
AGAIN: dict[str, Try] = {
    "to another reporter": reply_of_another_case,
    "after it was deleted": a_deleted_reply_once_more,
}
