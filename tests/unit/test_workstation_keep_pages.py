"""The desk page forgets an erased case: its words, its drafts, and what was looked at, while it runs on."""

import os
from unittest import mock

from dropbox.envelope import Attachment
from dropbox.models import Kind
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.looking import Looking
from dropbox.workstation.drafts import Typed
from dropbox.workstation.finder import Search
from dropbox.workstation.redrawing import Page
from tests.factories_bundles import World
from tests.keeping_room import Room


def test_a_running_desk_page_keeps_nothing_of_an_erased_case(here: World) -> None:
    room = Room(here).begin()
    room.agree()
    forgotten: list[str] = []
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(here.anna.home)}):
        desk = Desk(here.anna.vault)
        desk.forgetters.append(lambda case, items: forgotten.extend([case, *items]))
        with desk.reading() as vault:
            desk.finder.learn_all(vault)
        desk.drafts.keep(vault.casebook.find_case(room.case.id).case, Kind.REPLY, Typed(text="About the evening."))
        assert desk.finder.find(Search(words="avond"), here.drop.day).total == 1
        room.later()
        room.fetch()
        with desk.reading() as vault:
            assert room.case.id not in vault.casebook.cases
        assert desk.finder.find(Search(words="avond"), here.drop.day).total == 0
        assert not desk.finder.knows(room.sent[0].item)
        assert desk.drafts.waiting() == ()
        assert {room.case.id, room.sent[0].item} <= set(forgotten)
        # what SQLite holds in memory, deleted pages and pieces of its index included
        assert b"avond" not in desk.finder._base.serialize()
        desk.finder.close()


def test_no_drawn_page_of_an_erased_item_is_kept_and_of_another_one_it_is() -> None:
    seen = Looking()
    vault, page = mock.Mock(), mock.Mock(spec=Page)
    opened = {item: mock.Mock() for item in ("a" * 32, "b" * 32)}
    for item, each in opened.items():
        each.record.item = item
        each.envelope.index.attachments = (mock.Mock(spec=Attachment),)
    with mock.patch(f"{Looking.__module__}.draw_page", return_value=page) as drawn:
        for each in opened.values():
            seen.draw(vault, each, 1, 1)
        seen.forget(["a" * 32])
        for each in opened.values():
            seen.draw(vault, each, 1, 1)
    assert drawn.call_count == 3
