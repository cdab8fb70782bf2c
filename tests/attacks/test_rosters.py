"""Whoever holds the server cannot seat a key of their own: nothing is sealed to it, and every trick says no.

Real drops, real gpg, real answer bundles. What a member's workstation does with all this has tests of its own.
"""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest import mock

import pytest

from dropbox import config
from dropbox.bundle import AnswerManifest, StatementVote
from dropbox.canonical import dump, load
from dropbox.errors import BundleAuthorUnknown, StartRefused
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, today
from dropbox.server import votes
from dropbox.server.drop import Drop
from dropbox.server.store import Store
from tests import factories
from tests.conftest import Members
from tests.drop_process import DropProcess, command
from tests.seating import Courier, change, seated, vote, with_members
from tests.site_room import COMMITTEE, CONFIDANT, Site, new_site

NOT_SIGNED = "not signed by a current member"
OTHER = "another change is proposed now"
_LISTED = re.compile(r'(id = "confidant"[^\[]*\nfingerprints = )\[[^\]]*\](\nleaving = [^\n]*)?')


@dataclass
class Room:
    """A drop with anna and bram at one desk, cora at another, and a stranger's key in nobody's name."""

    site: Site
    homes: dict[Fingerprint, Path]
    stranger: Fingerprint

    @property
    def drop(self) -> Drop:
        return self.site.drop

    @property
    def people(self) -> Members:
        return self.site.members

    @property
    def desk(self) -> set[Fingerprint]:
        return {self.people.anna, self.people.bram}

    def courier(self) -> Courier:
        return Courier(self.drop, self.site.folder, self.people.gpg)

    def edit(self, *listed: Fingerprint, leaving: dict[Fingerprint, date] | None = None) -> None:
        """Let the operator list these at the confidants' desk, and start the server again."""
        path = self.site.folder / "config.toml"
        names = ", ".join(f'"{each}"' for each in listed)
        ends = ", ".join(f"{name} = {day}" for name, day in (leaving or {}).items())
        new = f"[{names}]" + (f"\nleaving = {{ {ends} }}" if ends else "")
        text, count = _LISTED.subn(lambda match: match[1] + new, path.read_text())
        assert count == 1
        path.write_text(text)
        self.start_again()

    def start_again(self) -> None:
        self.site = self.site.reopen()

    def sign(self, signer: Fingerprint, gpg: Gpg | None = None) -> StatementVote:
        return vote(self.drop, CONFIDANT, gpg or Gpg(self.homes[signer], agent=True), signer)

    def readers(self) -> set[Fingerprint]:
        """Send a report through the page, and return whose keys open it."""
        items = self.site.folder / "data" / "items"
        before = set(items.iterdir())
        self.site.report(self.site.browser())
        (item,) = set(items.iterdir()) - before
        return {name for name, home in self.homes.items() if opens(home, item)}


def opens(home: Path, item: Path) -> bool:
    line = ["gpg", "--batch", "--homedir", str(home), "--status-fd", "2", "--decrypt", str(item)]
    return b"DECRYPTION_OKAY" in subprocess.run(line, capture_output=True, check=False).stderr


@pytest.fixture(name="homes", scope="module")
def _homes(members: Members) -> Iterator[dict[Fingerprint, Path]]:
    """A GnuPG home for each member's key alone, as on a workstation of their own; the last one is a stranger's."""
    with factories.short_dir() as folder:
        homes = {}
        for number, name in enumerate((members.anna, members.bram, members.cora)):
            homes[name] = factories.new_home(folder, f"h{number}")
            factories.run_gpg(homes[name], "--import", data=factories.export_secret(members.home, name))
        home = factories.new_home(folder, "hs")
        yield homes | {factories.make_key(home, "stranger"): home}


@pytest.fixture(name="room")
def _room(members: Members, homes: dict[Fingerprint, Path]) -> Iterator[Room]:
    with new_site(members) as site:
        stranger = list(homes)[-1]
        factories.publish_keys(homes[stranger], site.folder / "keys", [stranger])
        room = Room(site, homes, stranger)
        yield room
        room.drop.close()


@contextmanager
def on_day(day: date) -> Iterator[None]:
    """Let it be that day in the rooms of the server that ask for it."""
    rooms = (
        "keyring",
        "server.drop",
        "server.intake",
        "server.transfer.exporting",
        "server.transfer.importing",
        "server.votes",
    )
    with ExitStack() as stack:
        for room in (*rooms, "server.reporter_site.showing", "server.commands.serve"):
            stack.enter_context(mock.patch(f"dropbox.{room}.today", return_value=day))
        yield


def later(days: int) -> date:
    return today() + timedelta(days=days)


# --- a key of the operator's own ----------------------------------------------------------------------------------


def test_nothing_is_sealed_to_a_key_that_only_the_configuration_names(room: Room) -> None:
    room.edit(*room.desk, room.stranger)
    assert room.readers() == room.desk
    assert room.stranger not in {entry.fingerprint for entry in room.drop.store.roster(CONFIDANT)}
    assert all(room.stranger not in keys for keys in room.drop.keyring.members().values())
    page = room.site.browser().get("/keys")
    assert room.stranger[-4:] not in page.text
    room.edit(room.stranger)
    assert room.readers() == room.desk


def test_a_stranger_cannot_bring_a_signature_at_all(room: Room) -> None:
    room.edit(*room.desk, room.stranger)
    courier = Courier(room.drop, room.site.folder, Gpg(room.homes[room.stranger], agent=True))
    with pytest.raises(BundleAuthorUnknown):
        courier.bring(room.stranger, CONFIDANT, room.sign(room.stranger))
    assert seated(room.drop, CONFIDANT) == room.desk


def by_the_stranger(room: Room) -> tuple[Fingerprint, StatementVote]:
    return room.people.anna, room.sign(room.stranger)


def by_another_desk(room: Room) -> tuple[Fingerprint, StatementVote]:
    return room.people.cora, room.sign(room.people.cora)


def by_a_colleague_of_the_author(room: Room) -> tuple[Fingerprint, StatementVote]:
    return room.people.anna, room.sign(room.people.bram)


def under_other_words(room: Room) -> tuple[Fingerprint, StatementVote]:
    made, anna = room.sign(room.people.anna), room.people.anna
    signature = Gpg(room.homes[anna], agent=True).sign_detached(b"onion-dropbox answer 1\n", anna)
    return anna, StatementVote(CONFIDANT, made.sha256, signature.decode())


def twice(room: Room) -> tuple[Fingerprint, StatementVote]:
    made = room.sign(room.people.anna)
    return room.people.anna, StatementVote(CONFIDANT, made.sha256, made.signature * 2)


@pytest.mark.parametrize(
    "forge", [by_the_stranger, by_another_desk, by_a_colleague_of_the_author, under_other_words, twice]
)
def test_a_signature_that_is_not_the_bringing_members_own_seats_nobody(
    room: Room, forge: Callable[[Room], tuple[Fingerprint, StatementVote]]
) -> None:
    room.edit(*room.desk, room.stranger)
    author, made = forge(room)
    desk = COMMITTEE if author == room.people.cora else CONFIDANT
    assert NOT_SIGNED in room.courier().bring(author, desk, made)
    assert seated(room.drop, CONFIDANT) == room.desk
    assert len(room.drop.store.statements.chain(CONFIDANT)) == 1


def test_who_has_left_signs_for_nobody(room: Room) -> None:
    room.edit(room.people.anna)
    room.courier().bring(room.people.anna, CONFIDANT, room.sign(room.people.anna))
    assert seated(room.drop, CONFIDANT) == {room.people.anna}
    room.edit(room.people.anna, room.people.bram)
    made = room.sign(room.people.bram)
    with pytest.raises(BundleAuthorUnknown):
        room.courier().bring(room.people.bram, CONFIDANT, made)
    assert NOT_SIGNED in Courier(room.drop, room.site.folder, room.people.gpg, {room.people.anna: ["0" * 64]}).bring(
        room.people.anna, CONFIDANT, made
    )
    assert seated(room.drop, CONFIDANT) == {room.people.anna}


def test_who_leaves_after_a_day_that_is_over_signs_for_nobody(room: Room) -> None:
    anna, bram = room.people.anna, room.people.bram
    change(room.drop, CONFIDANT, {anna: None, bram: later(3)}, room.people.gpg, anna)
    room.edit(anna, bram, room.stranger, leaving={bram: later(3)})
    made, bundles = room.sign(bram), room.courier()
    with on_day(later(4)), pytest.raises(BundleAuthorUnknown):
        bundles.bring(bram, CONFIDANT, made)
    assert room.stranger not in seated(room.drop, CONFIDANT)


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_key_that_has_ended_signs_for_nobody(members: Members, end: str) -> None:
    """The thief of an old key has it, and sets their clock back to when it was good."""
    made_at = datetime.now(UTC) - timedelta(days=6)
    with factories.short_dir() as folder, new_site(members) as site:
        home = factories.new_home(folder)
        old = factories.make_key(home, "old", at=made_at, expires="3d" if end == "expired" else "0")
        factories.publish_keys(home, site.folder / "keys", [old])
        change(site.drop, CONFIDANT, {members.anna: None, old: None}, members.gpg, members.anna)
        wanted = {members.anna: None, old: None, members.cora: None}
        with mock.patch("tests.seating.take"):  # it is proposed, and nobody has signed it
            change(site.drop, CONFIDANT, wanted, members.gpg, members.anna)
        clock = ("--faked-system-time", (made_at + timedelta(days=1)).strftime("%Y%m%dT%H%M%S!"))
        proposal = site.drop.store.statements.proposals()[CONFIDANT]
        signed = factories.run_gpg(home, *clock, "-u", old, "--armor", "--detach-sign", data=proposal.signed)
        if end == "revoked":
            factories.revoke_key(home, old)
            factories.publish_keys(home, site.folder / "keys", [old])
            site.drop.store.statements.keep_keys(site.drop.keyring.exported(), today())
        weighed = _weighed(site.drop, old, StatementVote(CONFIDANT, proposal.sha256, signed.decode()))
        assert NOT_SIGNED in weighed
        assert members.cora not in seated(site.drop, CONFIDANT)


def test_a_key_that_has_expired_since_the_proposal_signs_for_nobody(members: Members) -> None:
    """It was good on the day of the proposal, and its thief's clock stands still on that day."""
    made_at = datetime.now(UTC) - timedelta(days=8)
    with factories.short_dir() as folder, ExitStack() as open_drop:
        home = factories.new_home(folder)
        old = factories.make_key(home, "old", at=made_at, expires="5d")
        factories.publish_keys(members.home, folder / "keys", [members.cora])
        factories.publish_keys(home, folder / "keys", [old])
        with on_day(later(-6)):
            settings = config.load(factories.write_config(folder, {"confidant": [old]}))
            Drop.open(settings).close()
            drop = open_drop.enter_context(Drop.open(with_members(settings, CONFIDANT, [old, members.cora])))
        proposal = drop.store.statements.proposals()[CONFIDANT]
        clock = ("--faked-system-time", (made_at + timedelta(days=3)).strftime("%Y%m%dT%H%M%S!"))
        signed = factories.run_gpg(home, *clock, "-u", old, "--armor", "--detach-sign", data=proposal.signed)
        assert drop.seating.verify(proposal.signed, signed, [old], proposal.day) == old
        assert NOT_SIGNED in _weighed(drop, old, StatementVote(CONFIDANT, proposal.sha256, signed.decode()))


def _weighed(drop: Drop, author: Fingerprint, made: StatementVote) -> str:
    """Weigh a signature as an import does; the bundle itself would be refused for its own signature."""
    manifest = cast(AnswerManifest, SimpleNamespace(votes=(made,), author=author))
    weighed = votes.weigh(drop.store, drop.seating, drop.keyring, manifest)
    return "\n".join(str(line) for line in votes.told(weighed, [True for each in weighed if each.signed]))


# --- which change is signed ---------------------------------------------------------------------------------------


def test_a_signature_counts_for_exactly_what_was_signed_and_once(room: Room) -> None:
    room.edit(*room.desk, room.people.cora)
    first = room.sign(room.people.anna)
    room.edit(*room.desk, room.stranger)
    assert OTHER in room.courier().bring(room.people.anna, CONFIDANT, first)
    assert seated(room.drop, CONFIDANT) == room.desk
    room.edit(*room.desk, room.people.cora)
    bundle = room.courier().bundle(room.people.bram, CONFIDANT, room.sign(room.people.bram))
    told = room.courier().take(bundle)
    assert f"the members of desk confidant are now …{min(*room.desk, room.people.cora)[-16:]}" in told
    assert seated(room.drop, CONFIDANT) == {*room.desk, room.people.cora}
    state = room.drop.store.statements.chains()
    assert "known already" in room.courier().take(bundle)
    assert room.drop.store.statements.chains() == state


def test_an_old_signature_does_not_bring_back_who_left(room: Room) -> None:
    anna, bram, cora = room.people.anna, room.people.bram, room.people.cora
    room.edit(anna, bram, cora)
    old = room.sign(anna)
    courier = Courier(room.drop, room.site.folder, room.people.gpg)
    courier.bring(anna, CONFIDANT, old)
    room.edit(anna, bram)
    courier.drop = room.drop
    courier.bring(anna, CONFIDANT, room.sign(anna))
    room.edit(anna, bram, cora)
    courier.drop = room.drop
    assert "known already" in courier.bring(anna, CONFIDANT, old)
    assert seated(room.drop, CONFIDANT) == {anna, bram}


@pytest.mark.parametrize("harm", ["missing", "expired"])
def test_no_signature_seats_a_key_that_nothing_can_be_sealed_to(room: Room, short_dir: Path, harm: str) -> None:
    """Else the desk would take no report from then on."""
    new, home = room.people.cora, factories.new_home(short_dir)
    if harm == "expired":
        new = factories.make_key(home, "new", at=datetime.now(UTC) - timedelta(days=5), expires="1d")
        factories.publish_keys(home, room.site.folder / "keys", [new])
    room.edit(*room.desk, new)
    if harm == "missing":
        (room.site.folder / "keys" / f"{new}.asc").unlink()
    told = room.courier().bring(room.people.anna, CONFIDANT, room.sign(room.people.anna))
    assert f"key of …{new[-16:]}" in told
    assert room.readers() == room.desk


# --- a hand in the database ---------------------------------------------------------------------------------------


def rewrite(store: Store, number: int, old: Fingerprint, new: Fingerprint) -> None:
    """Put another key into a stored statement, as canonical as before."""
    with store._database.write() as connection:
        where = f"where desk_id = 'confidant' and number = {number}"
        row = connection.exec_driver_sql(f"select statement from roster_statements {where}").one()
        value = load(row.statement, 1 << 20)
        for member in value["members"]:
            member["fingerprint"] = new if member["fingerprint"] == old else member["fingerprint"]
        value["members"].sort(key=lambda member: str(member["fingerprint"]))
        connection.exec_driver_sql(f"update roster_statements set statement = ? {where}", (dump(value),))


def change_once(room: Room) -> None:
    wanted = dict.fromkeys((*room.desk, room.people.cora))
    change(room.drop, CONFIDANT, wanted, room.people.gpg, room.people.anna)


def sql(store: Store, statement: str) -> None:
    with store._database.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda room: rewrite(room.drop.store, 2, room.people.cora, room.stranger),
        lambda room: rewrite(room.drop.store, 1, room.people.bram, room.stranger),
        lambda room: sql(room.drop.store, "update roster_statements set signature = null where number = 2"),
        lambda room: sql(room.drop.store, "delete from roster_statements where number = 1 and desk_id = 'confidant'"),
        lambda room: sql(
            room.drop.store,
            f"insert into memberships values ('confidant', '{room.stranger}', '{today()}', null)",
        ),
    ],
    ids=["the newest", "an older one", "no signature", "no first one", "a membership"],
)
def test_a_roster_that_was_changed_in_the_store_stops_the_desk_and_the_next_start(
    room: Room, tamper: Callable[[Room], None]
) -> None:
    change_once(room)
    assert room.readers() == {*room.desk, room.people.cora}
    tamper(room)
    items = room.site.folder / "data" / "items"
    before, browser = set(items.iterdir()), room.site.browser()
    form = browser.get("/report").form("message", "mandate")
    page = browser.submit(form, {"desk": ["confidant"], "message": "x", "mandate": "listen"})
    # a membership alone seats nobody, and the report is taken
    new = set(items.iterdir()) - before
    assert (page.status, len(new)) in {(503, 0), (200, 1)}
    assert not any(opens(room.homes[room.stranger], each) for each in new)
    room.drop.close()
    with pytest.raises(StartRefused):
        Drop.open(room.drop.settings)
    with pytest.raises(StartRefused):
        Drop.open(room.drop.settings, beside_server=True)


# --- a key follows another ----------------------------------------------------------------------------------------


def test_items_of_before_during_and_after_the_overlap_open_with_just_the_right_keys(room: Room) -> None:
    anna, bram, cora = room.people.anna, room.people.bram, room.people.cora
    assert room.readers() == {anna, bram}
    room.edit(anna, bram, cora, leaving={bram: later(30)})
    assert room.readers() == {anna, bram}
    room.courier().bring(anna, CONFIDANT, room.sign(anna))
    for day, readers in ((0, {anna, bram, cora}), (30, {anna, bram, cora}), (31, {anna, cora})):
        with on_day(later(day)):
            assert room.readers() == readers
    room.drop.store.retire(later(31))
    entries = {entry.fingerprint: entry for entry in room.drop.store.roster(CONFIDANT)}
    assert (entries[bram].last_day, entries[anna].last_day) == (later(30), None)
    assert entries[cora].first_day == today()


def test_who_is_retired_opens_nothing_from_then_on(room: Room) -> None:
    room.edit(room.people.anna)
    assert room.readers() == room.desk
    room.courier().bring(room.people.bram, CONFIDANT, room.sign(room.people.bram))
    assert room.readers() == {room.people.anna}


def test_a_desk_of_one_replaces_its_own_key(room: Room) -> None:
    anna, cora = room.people.anna, room.people.cora
    change(room.drop, CONFIDANT, {anna: None}, room.people.gpg, anna)
    room.edit(anna, cora, leaving={anna: today()})
    room.courier().bring(anna, CONFIDANT, room.sign(anna))
    assert room.readers() == {anna, cora}
    with on_day(later(1)):
        assert room.readers() == {cora}
        room.edit(cora)
        assert room.drop.store.statements.proposals() == {}


def test_two_changes_asked_for_in_a_row_are_signed_as_one_or_one_after_the_other(room: Room) -> None:
    anna, bram, cora = room.people.anna, room.people.bram, room.people.cora
    room.edit(anna, bram, cora)
    room.edit(anna, cora)
    room.courier().bring(bram, CONFIDANT, room.sign(bram))
    assert room.readers() == {anna, cora}
    room.edit(cora)
    room.courier().bring(anna, CONFIDANT, room.sign(anna))
    assert room.readers() == {cora}
    assert len(room.drop.store.statements.chain(CONFIDANT)) == 3


def test_a_signature_that_comes_weeks_later_counts_from_the_day_it_comes(room: Room) -> None:
    """What was sealed meanwhile was sealed to the old roster, and a workstation holds it to that."""
    room.edit(room.people.anna)
    made = room.sign(room.people.anna)
    with on_day(later(20)):
        room.courier().bring(room.people.anna, CONFIDANT, made)
    (entry,) = [each for each in room.drop.store.roster(CONFIDANT) if each.fingerprint == room.people.bram]
    assert entry.last_day == later(20)
    assert room.drop.store.statements.chain(CONFIDANT)[-1].statement.day == today()


# --- while the server runs ----------------------------------------------------------------------------------------


def test_a_running_server_seals_to_a_new_member_from_the_import_on(
    members: Members, homes: dict[Fingerprint, Path], short_dir: Path
) -> None:
    factories.publish_keys(members.home, short_dir / "keys", [members.anna])
    path = factories.write_config(short_dir, {"confidant": [members.anna]}, server="allow_swap = true")
    new = short_dir / "cora.asc"
    new.write_bytes(factories.export_public(members.home, members.cora))
    items = short_dir / "data" / "items"
    with DropProcess(path) as running:
        send(running)
        before = set(items.iterdir())
        command("dropbox-server", "keys", "add", new, "--desk", "confidant", "--config", path)
        send(running)
        (waiting,) = set(items.iterdir()) - before
        with Drop.open(config.load(path), beside_server=True) as drop:
            courier = Courier(drop, short_dir, members.gpg)
            answer = courier.bundle(members.anna, CONFIDANT, vote(drop, CONFIDANT, members.gpg, members.anna))
        running.server("import", answer)
        before = set(items.iterdir())
        send(running)
        (sealed,) = set(items.iterdir()) - before
    assert [opens(homes[members.cora], each) for each in (waiting, sealed)] == [False, True]
    assert opens(homes[members.anna], sealed)


def send(running: DropProcess) -> None:
    visitor = running.visitor()
    form = visitor.get("/report").form("message", "mandate")
    page = visitor.submit(form, {"desk": ["confidant"], "mandate": "listen", "message": "x"})
    assert page.status == 200


# --- what anybody can keep ----------------------------------------------------------------------------------------


def test_who_keeps_the_file_finds_by_hand_who_signed(room: Room, tmp_path: Path) -> None:
    """With the very commands that the page shows."""
    change_once(room)
    browser = room.site.browser()
    page = browser.get("/keys")
    block = re.search(r'id="check-confidant"[^>]*><code>(.*?)</code>', page.body.decode(), re.DOTALL)
    assert block is not None
    (tmp_path / "confidant.json").write_bytes(browser.get("/keys/confidant.json").body)
    home = factories.new_home(tmp_path)
    script = f"export GNUPGHOME={home}\n{html.unescape(block[1])}"
    done = subprocess.run(["bash", "-e"], input=script, cwd=tmp_path, capture_output=True, text=True, check=True)
    newest = room.drop.store.statements.chain(CONFIDANT)[-1].statement
    assert done.stdout.split()[0] == newest.sha256
    assert newest.sha256 in page.text
    assert "Good signature" in done.stderr
    assert room.people.anna in done.stderr.replace(" ", "")


def test_there_is_no_such_file_of_a_desk_that_is_none(room: Room) -> None:
    for name in ("nobody", "..%2fconfig", room.people.anna):
        assert room.site.browser().get(f"/keys/{name}.json").status == 404
