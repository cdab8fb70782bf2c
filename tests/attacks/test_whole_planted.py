"""Somebody with the whole data folder puts items into a case: through the store, numbered, hashed, signed in a bundle.

The workstation keeps each sealed and says so, the reporter's page warns, and neither shows a word of what was planted.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dropbox import config
from dropbox.codename import CodenameKeys, parse
from dropbox.envelope import Header, Packer, sign_submission
from dropbox.gpg import Gpg
from dropbox.models import (
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    Plaintext,
    Recipient,
    SealedKind,
    VaultId,
    new_item_id,
    today,
)
from dropbox.server.drop import Drop
from dropbox.server.store import NewAnswer, NewSubmission, NewWriting
from dropbox.workstation.desk_site import Desk, Door, create_site
from dropbox.writing import write
from tests import factories
from tests.attacks.whole import new_world
from tests.envelopes import FLOOR, Case
from tests.journeys.world import World, come_back, send_report
from tests.seating import forge_first, put_down

DESK = DeskId("advisers")
CANARY = "PLANTED"
TRUE = "The true report."


@dataclass
class Intruder:
    """Holds the data folder with both its keys, and the configuration; not the codename, nor any reader's secret key.

    `keys` are the victim's, of which only the public halves are used.
    """

    world: World
    drop: Drop
    keys: CodenameKeys
    codename: str

    @property
    def readers(self) -> tuple[Fingerprint, ...]:
        return tuple(sorted(self.world.members[name].fingerprint for name in ("anna", "bob")))

    @property
    def true_file(self) -> Path:
        (held,) = [item for item in self.drop.store.pickup(DESK, today()).items if item.case == self.keys.case]
        return held.path

    def plant_submission(self, signer: Case, /, **odd: Any) -> ItemId:
        """Add a submission to the case at its true next place, sealed to its true readers."""
        case = self.keys.case
        with self.drop.store.case_turn(case) as turn:
            values: dict[str, Any] = {
                "drop": self.drop.store.meta.drop,
                "epoch": self.drop.store.meta.epoch,
                "case": case,
                "item": new_item_id(),
                "kind": Kind.MESSAGE,
                "desks": (DESK,),
                "mandate": Mandate.INVESTIGATE,
                "language": "en",
                "day": today(),
                "answers": {},
                "reply_key": self.keys.reply_public.hex(),
                "case_key": self.keys.case_public.hex(),
            }
            header = Header(**(values | odd))
            packer = Packer(header, Plaintext(f"{CANARY} message"), FLOOR)
            parts = [packer.begin(), packer.start_file(f"{CANARY}.txt", "text/plain"), packer.end_file()]
            index = packer.index(turn.number, turn.previous, self.readers)
            parts += packer.finish(index, sign_submission(signer.case_key, index))
            self._commit(case, header.item, turn.number, sha256(index).hexdigest(), b"".join(parts))
        return header.item

    def _commit(self, case: CaseId, item: ItemId, number: int, index_sha256: str, envelope: bytes) -> None:
        gpg, recipients = self.drop.keyring.recipients([DESK])
        sealed = gpg.seal_bytes(envelope, recipients)
        self.drop.store.part_path(item).write_bytes(sealed)
        new = NewSubmission(
            item=item,
            case=case,
            lookup_id=bytes(32),
            desks=(DESK,),
            day=today(),
            bytes=len(sealed),
            sha256=sha256(sealed).hexdigest(),
            number=number,
            index_sha256=index_sha256,
            resend_id=sha256(sealed).digest(),
        )
        assert self.drop.store.commit_submission(new)

    def plant_reply(self, home: Gpg, signer: Fingerprint, author: Fingerprint) -> ItemId:
        """Add a reply that the reporter's key opens, in the name of `author`; the store asks for no signature."""
        item = new_item_id()
        target = self.drop.store.part_path(item)
        header = Header(
            drop=self.drop.store.meta.drop,
            case=self.keys.case,
            item=item,
            kind=Kind.REPLY,
            desks=(DESK,),
            desk=DESK,
            day=today(),
            author=author,
        )
        gpg, recipients = self.drop.keyring.recipients([DESK])
        lock = write(
            target,
            header,
            Plaintext(f"{CANARY} reply: come to the station alone"),
            (),
            sign=lambda data: home.sign_detached(data, signer),
            seal_lock=lambda key: gpg.seal_bytes(key, recipients),
            reply_public=self.keys.reply_public,
        )
        data = target.read_bytes()
        writing = NewWriting(item, self.keys.case, SealedKind.REPLY, DESK, len(data), sha256(data).hexdigest(), lock)
        as_anna = self.world.members["anna"].fingerprint
        answer = NewAnswer(as_anna, VaultId(new_item_id()), DESK, 1, "00" * 32, today(), (writing,))
        self.drop.store.apply_answer(answer)
        return item


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with new_world() as world, world.drop:
        yield world


@pytest.fixture
def intruder(world: World) -> Iterator[Intruder]:
    """A case with a true report, which anna has fetched; then the intruder comes."""
    codename = send_report(world.drop.visitor(), TRUE, [DESK]).codename
    world.fetch("anna")
    with Drop.open(config.load(world.drop.config)) as drop:
        yield Intruder(world, drop, drop.derivation.derive(parse(codename)), codename)


def assert_quarantined(intruder: Intruder, planted: ItemId) -> None:
    """Fetch, and look at it on the terminal and on the desk page."""
    world, anna, case = intruder.world, intruder.world.members["anna"], intruder.keys.case
    assert planted in anna.json("import", world.export(DESK))["quarantined"]
    for text in (anna.run("cases"), anna.run("read", case), read_on_the_desk_page(intruder)):
        assert "QUARANTINE" in text
        assert planted[:8] in text
        assert CANARY not in text
    assert [item["text"] for item in anna.json("read", case)["items"]] == [TRUE]
    out = world.root / f"out-{case}"
    anna.run("extract", case, "--to", out)
    assert list(out.iterdir()) == []


def read_on_the_desk_page(intruder: Intruder) -> str:
    anna, door = intruder.world.members["anna"], Door()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(anna.home))
        site = create_site(Desk(anna.vault, door))
        site.config["HOST"] = "127.0.0.1:4711"
        client, base = site.test_client(), "http://127.0.0.1:4711"
        assert client.get(f"/enter/{door.link}", base_url=base).status_code == 303
        return html.unescape(client.get(f"/case/{intruder.keys.case}", base_url=base).text)


def test_a_message_signed_with_another_case_key_is_not_shown(intruder: Intruder) -> None:
    assert_quarantined(intruder, intruder.plant_submission(Case()))


def test_a_message_that_brings_its_own_case_key_is_not_shown(intruder: Intruder) -> None:
    own = Case()
    item = intruder.plant_submission(own, case_key=own.case_public.hex(), reply_key=own.reply_public.hex())
    assert_quarantined(intruder, item)


def test_a_true_message_moved_into_another_case_is_not_shown(intruder: Intruder) -> None:
    own = Case()
    keys = {"case": own.id, "case_key": own.case_public.hex(), "reply_key": own.reply_public.hex()}
    assert_quarantined(intruder, intruder.plant_submission(own, **keys))


def test_a_true_report_under_a_new_id_is_not_shown_twice(intruder: Intruder) -> None:
    item, sealed = new_item_id(), intruder.true_file.read_bytes()
    intruder.drop.store.part_path(item).write_bytes(sealed)
    new = NewSubmission(
        item=item,
        case=intruder.keys.case,
        lookup_id=bytes(32),
        desks=(DESK,),
        day=today(),
        bytes=len(sealed),
        sha256=sha256(sealed).hexdigest(),
        number=2,
        index_sha256="00" * 32,
        resend_id=sha256(item.encode()).digest(),
    )
    assert intruder.drop.store.commit_submission(new)
    assert_quarantined(intruder, item)


@pytest.mark.parametrize("claimed", ["stranger", "anna"])
def test_a_reply_by_a_stranger_is_shown_to_nobody(intruder: Intruder, claimed: str) -> None:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        stranger = factories.make_key(home, "stranger")
        author = intruder.world.members["anna"].fingerprint if claimed == "anna" else stranger
        item = intruder.plant_reply(Gpg(home, agent=True), stranger, author)
    page = come_back(intruder.world.drop.visitor(), intruder.codename)
    assert page.status == 200
    assert "A reply that cannot be trusted" in page.text
    assert CANARY not in page.text
    visitor = intruder.world.drop.visitor()
    come_back(visitor, intruder.codename)
    assert visitor.get(f"/case/reply/{item}/1").status == 404
    assert_quarantined(intruder, item)


def test_a_file_put_in_the_place_of_another_never_leaves_the_server_unnoticed(intruder: Intruder) -> None:
    """The store still knows the true hash; who changes that, too, makes a fork or another item's bytes of it."""
    world, anna = intruder.world, intruder.world.members["anna"]
    path = intruder.true_file
    true = path.read_bytes()
    gpg, _ = intruder.drop.keyring.recipients([DESK])
    path.write_bytes(gpg.seal_bytes(CANARY.encode() * 1000, [Recipient(key) for key in intruder.readers]))
    target = world.root / "no.tar"
    with pytest.raises(AssertionError, match="exit 1"):
        world.drop.server("export", "--desk", DESK, target)
    assert not target.exists()
    path.write_bytes(true)
    anna.run("import", world.export(DESK))
    assert [item["text"] for item in anna.json("read", intruder.keys.case)["items"]] == [TRUE]


def test_a_stranger_slipped_into_the_stored_roster_is_shown_before_anything_is_answered(intruder: Intruder) -> None:
    """Last in this file: the roster stays changed."""
    world, anna = intruder.world, intruder.world.members["anna"]
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        stranger = factories.make_key(home, "stranger")
        configured = {desk.id: (*desk.fingerprints, stranger) for desk in intruder.drop.settings.desks}
        key = {DESK: {stranger: factories.export_public(home, stranger)}}
        put_down(intruder.drop.store, key, configured, date.fromordinal(today().toordinal() - 30))
        intruder.plant_reply(Gpg(home, agent=True), stranger, stranger)
        # without this the next start of the server, or any command, refuses
        for desk, members in configured.items():
            forge_first(intruder.drop.store, desk, members)
    shown = anna.run("import", world.export(DESK))
    assert "ROSTER CHANGED" in shown
    assert f"came: {stranger}" in shown
    anna.run("export", world.root / "a.tar", code=1)
