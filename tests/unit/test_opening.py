"""Opening a stored reply: nothing is believed that a member of its desk did not sign, on the day it came in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from dropbox.codename import CodenameKeys
from dropbox.envelope import Envelope
from dropbox.errors import EnvelopeError, ItemUnknown, ReplyBoxError, SignatureInvalid
from dropbox.models import ItemId, Kind, Membership, members_on, today
from dropbox.server.opening import HOME
from dropbox.server.store import CaseState, StoredReply
from tests import factories
from tests.conftest import Members
from tests.seating import put_down
from tests.site_room import COMMITTEE, CONFIDANT, Site, new_site


@dataclass
class Opened:
    """A site with one case; opens its replies as the page would."""

    site: Site
    codename: str

    @property
    def keys(self) -> CodenameKeys:
        return self.site.keys(self.codename)

    @property
    def state(self) -> CaseState:
        return self.site.drop.store.case(self.keys.case)

    def stored(self, item: ItemId) -> StoredReply:
        return next(reply for reply in self.state.replies if reply.item == item)

    def open(self, item: ItemId) -> Envelope:
        return self.site.drop.opener.open(self.keys, self.state, self.stored(item))

    def reply(self, text: str = "hello", **changes: Any) -> ItemId:
        return self.site.reply(self.codename, text, **changes)


@pytest.fixture(scope="module")
def opened(members: Members) -> Iterator[Opened]:
    with new_site(members) as site:
        yield Opened(site, site.report(site.browser()))


def test_a_reply_by_a_member_opens(opened: Opened) -> None:
    envelope = opened.open(opened.reply("hello ü", files={"a.txt": b"abc"}))
    assert envelope.message.reveal() == "hello ü"
    assert (envelope.header.desk, envelope.header.author) == (CONFIDANT, opened.site.members.anna)
    assert [part.name for part in envelope.index.attachments] == ["a.txt"]


def test_a_reply_signed_by_a_member_of_another_desk_is_refused(opened: Opened) -> None:
    cora = opened.site.members.cora
    with pytest.raises(SignatureInvalid):
        opened.open(opened.reply(author=cora, signer=cora))


def test_a_reply_that_names_another_author_than_its_signer_is_refused(opened: Opened) -> None:
    with pytest.raises(SignatureInvalid):
        opened.open(opened.reply(author=opened.site.members.anna, signer=opened.site.members.bram))


def test_a_member_may_not_write_in_the_name_of_the_case_s_other_desk(members: Members) -> None:
    with new_site(members) as site:
        case = Opened(site, site.report(site.browser(), desks=["confidant", "committee"]))
        item = case.reply(author=members.anna, desk=COMMITTEE)
        with pytest.raises(SignatureInvalid):
            case.open(item)


def test_a_reply_by_a_stranger_s_key_is_refused(opened: Opened, short_dir: Any) -> None:
    home = factories.new_home(short_dir)
    stranger = factories.make_key(home, "mallory")
    factories.run_gpg(opened.site.members.home, "--import", data=factories.export_secret(home, stranger))
    try:
        with pytest.raises(SignatureInvalid):
            opened.open(opened.reply(author=stranger))
    finally:
        factories.run_gpg(opened.site.members.home, "--yes", "--delete-secret-and-public-key", stranger)


@pytest.mark.parametrize(
    "changes",
    [{"drop": "ab" * 32}, {"case": "ab" * 16}, {"item": ItemId("cd" * 16)}],
    ids=["drop", "case", "item"],
)
def test_a_genuine_reply_in_another_place_is_refused(opened: Opened, changes: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        opened.open(opened.reply(**changes))


def test_a_note_in_a_reply_s_place_is_refused(opened: Opened) -> None:
    item = opened.reply()
    stored = opened.stored(item)
    envelope = opened.open(item)
    object.__setattr__(envelope.header, "kind", Kind.NOTE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dropbox.server.opening.open_writing", lambda *_: envelope)
        with pytest.raises(EnvelopeError):
            opened.site.drop.opener.open(opened.keys, opened.state, stored)


def test_a_lock_or_body_of_another_reply_is_refused(opened: Opened) -> None:
    first, second = opened.stored(opened.reply("one")), opened.stored(opened.reply("two"))
    for mixed in (
        StoredReply(first.item, first.day, first.path, second.lock, first.sha256),
        StoredReply(first.item, first.day, first.path, bytes(80), first.sha256),
    ):
        with pytest.raises(ReplyBoxError):
            opened.site.drop.opener.open(opened.keys, opened.state, mixed)
    swapped = StoredReply(first.item, first.day, second.path, second.lock, second.sha256)
    with pytest.raises(EnvelopeError):
        opened.site.drop.opener.open(opened.keys, opened.state, swapped)


def test_another_reporter_cannot_open_it(opened: Opened) -> None:
    stored = opened.stored(opened.reply())
    other = opened.site.keys(opened.site.report(opened.site.browser()))
    with pytest.raises(ReplyBoxError):
        opened.site.drop.opener.open(other, opened.state, stored)


@pytest.mark.parametrize("number", [-1, 0, 2, 10**9])
def test_an_attachment_that_is_not_there_is_unknown(opened: Opened, number: int) -> None:
    stored = opened.stored(opened.reply(files={"a.txt": b"abc"}))
    opener = opened.site.drop.opener
    attachment, chunks = opener.attachment(opened.keys, opened.state, stored, 1)
    assert (attachment.name, b"".join(chunks)) == ("a.txt", b"abc")
    with pytest.raises(ItemUnknown):
        opener.attachment(opened.keys, opened.state, stored, number)


def test_somebody_who_left_the_desk_later_is_still_believed_and_not_from_then_on(members: Members) -> None:
    with new_site(members) as site:
        case = Opened(site, site.report(site.browser()))
        item = case.reply("while a member")
        configured = {desk.id: desk.fingerprints for desk in site.drop.settings.desks}
        without = configured | {CONFIDANT: (members.bram,)}
        put_down(site.drop.store, {}, without, today() + timedelta(days=1))
        assert case.open(item).message.reveal() == "while a member"
        stored = case.stored(item)
        late = StoredReply(stored.item, today() + timedelta(days=5), stored.path, stored.lock, stored.sha256)
        with pytest.raises(SignatureInvalid):
            site.drop.opener.open(case.keys, case.state, late)


def test_the_home_holds_public_keys_only(opened: Opened) -> None:
    opened.open(opened.reply())
    home = opened.site.folder / "data" / HOME
    assert home.stat().st_mode & 0o077 == 0
    assert not [path for path in home.rglob("*") if path.is_file() and "private" in str(path)]
    assert not list(home.glob("S.*")), "no agent"


def test_a_roster_counts_first_and_last_day(members: Members) -> None:
    day = today()
    roster = (Membership(members.anna, day, day), Membership(members.bram, day + timedelta(days=1)))
    assert members_on(roster, day) == {members.anna}
    assert members_on(roster, day + timedelta(days=1)) == {members.bram}
    assert members_on(roster, day - timedelta(days=1)) == frozenset()
