"""The intake with real gpg and a real store: one sealed, committed item, or nothing at all."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dropbox.codename import CodenameKeys
from dropbox.config import Settings, load
from dropbox.envelope import Envelope, attachment_chunks, unpack, verify_submission
from dropbox.errors import (
    BodyTooLarge,
    DiskLow,
    KeyUnavailable,
    NothingSent,
    SealError,
    StoreError,
    TargetUnusable,
    TextTooLong,
    TooManyFiles,
    UploadCutOff,
)
from dropbox.gpg import Gpg
from dropbox.keyring import Keyring
from dropbox.models import CaseId, DeskId, Kind, Mandate, Plaintext
from dropbox.sealed_mandate import open_mandate, seal_mandate
from dropbox.server import intake
from dropbox.server.form import Form, FormLimits, open_form
from dropbox.server.identity import Identity
from dropbox.server.intake import Acknowledged, Draft, Intake
from dropbox.server.store import Store
from tests import factories
from tests.conftest import Members
from tests.visitor import File, multipart

MIB = 1 << 20
DESK, OTHER = DeskId("desk"), DeskId("other")
KEYS = CodenameKeys.from_root(bytes(range(32)))


def form_of(*files: File, max_files: int = 20) -> Form:
    body, kind = multipart([], files)
    return open_form(io.BytesIO(body), kind, FormLimits(max_files=max_files))


@dataclass
class Room:
    """An intake with everything behind it."""

    settings: Settings
    store: Store
    intake: Intake
    members: Members

    def submit(self, text: str = "what happened", *files: File, **changes: Any) -> Acknowledged:
        return self.intake.submit(draft(text, *files, **changes))

    @property
    def files(self) -> list[Path]:
        return sorted((self.settings.server.data_dir / "items").iterdir())

    def envelope(self, sent: Acknowledged, reader: Gpg | None = None) -> Envelope:
        return verify_submission(unpack(self.opener(sent, reader), 1 << 31))

    def opener(self, sent: Acknowledged, reader: Gpg | None = None) -> Callable[[], Any]:
        path = self.settings.server.data_dir / "items" / f"{sent.item}.pgp"
        return lambda: (reader or self.members.gpg).unseal(path)

    def contents(self, sent: Acknowledged) -> list[tuple[str, bytes]]:
        envelope = self.envelope(sent)
        return [
            (part.name, b"".join(attachment_chunks(self.opener(sent), envelope, part)))
            for part in envelope.index.attachments
        ]


def draft(text: str = "what happened", *files: File, **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "keys": KEYS,
        "kind": Kind.REPORT,
        "desks": (DESK,),
        "mandate": Mandate.LISTEN,
        "mandate_changed": False,
        "undo": False,
        "answers": {},
        "language": "nl",
        "nonce": b"nonce",
        "binding": b"visit",
    }
    form = changes.pop("form", None) or form_of(*files)
    return Draft(message=Plaintext(text), form=form, **{**values, **changes})


@pytest.fixture
def room(short_dir: Path, members: Members) -> Iterator[Room]:
    desks = {"desk": [members.anna, members.bram], "other": [members.cora]}
    config = factories.write_config(short_dir, desks, server="min_free_mib = 16")
    factories.publish_keys(members.home, short_dir / "keys", (members.anna, members.bram, members.cora))
    settings = load(config)
    data_dir = settings.server.data_dir
    identity = Identity.load_or_create(data_dir)
    store = Store.open(data_dir, identity, trial=False)
    keyring = Keyring(settings.keys_dir, settings.desks, data_dir / "gnupg")
    yield Room(settings, store, Intake(store, keyring, identity, settings), members)
    store.close()


def test_a_report_with_files_is_sealed_whole_and_signed(room: Room) -> None:
    files = [
        ("leeg.txt", "text/plain", b""),
        ("../../\u202eevil.sh", "x/y", b"#!"),
        ("foto.jpg", "image/jpeg", b"\xff" * 200_000),
    ]
    sent = room.submit("Er is iets gebeurd.", *files, answers={"when": "gisteren"}, mandate=Mandate.ADVISE)
    envelope = room.envelope(sent)
    assert envelope.message == Plaintext("Er is iets gebeurd.")
    assert envelope.header.answers == {"when": "gisteren"}
    assert (envelope.header.kind, envelope.header.mandate, envelope.header.language) == (
        Kind.REPORT,
        Mandate.ADVISE,
        "nl",
    )
    assert (envelope.header.case, envelope.header.item) == (sent.case, sent.item)
    assert envelope.index.recipients == tuple(sorted((room.members.anna, room.members.bram)))
    assert room.contents(sent) == [(name, content) for name, _, content in files]
    assert sent == Acknowledged(sent.item, KEYS.case, resent=False)


def test_the_store_knows_the_sealed_file_as_it_is(room: Room) -> None:
    sent = room.submit("text", ("a", "a/b", bytes(9 * MIB)))
    pickup = room.store.pickup(DESK, date(2030, 1, 1))
    (item,) = pickup.items
    data = room.files[0].read_bytes()
    assert (item.item, item.bytes, item.sha256) == (sent.item, len(data), sha256(data).hexdigest())
    assert room.store.find_case(KEYS.lookup_id) == KEYS.case


@pytest.mark.parametrize(("desks", "readers"), [((DESK, OTHER), 3), ((DESK,), 2)])
def test_one_desks_members_cannot_open_what_went_to_the_other(
    room: Room, desks: tuple[DeskId, ...], readers: int
) -> None:
    sent = room.envelope(room.submit(desks=desks))
    assert sent.header.desks == desks
    assert len(sent.index.recipients) == readers


def test_text_alone_and_a_file_alone_are_enough(room: Room) -> None:
    assert room.submit("text").item
    assert room.contents(room.submit(" \n", ("leeg", "", b""), nonce=b"2")) == [("leeg", b"")]
    assert room.submit("", answers={"when": "now"}, nonce=b"3").item


@pytest.mark.parametrize("kind", [Kind.REPORT, Kind.MESSAGE])
def test_nothing_at_all_is_not_stored(room: Room, kind: Kind) -> None:
    with pytest.raises(NothingSent):
        room.submit(" \r\n", kind=kind)
    assert room.files == []
    assert room.store.find_case(KEYS.lookup_id) is None


def test_a_mandate_and_a_withdrawal_need_no_text(room: Room) -> None:
    room.submit()
    room.submit("", kind=Kind.MANDATE, mandate=Mandate.INVESTIGATE, mandate_changed=True, nonce=b"2")
    state = room.store.case(KEYS.case)
    assert open_mandate(state.sealed_mandate, KEYS.reply_key) is Mandate.INVESTIGATE
    room.submit("", kind=Kind.WITHDRAWAL, nonce=b"3")
    assert room.store.case(KEYS.case).withdrawn_day is not None
    undo = room.submit("", kind=Kind.WITHDRAWAL, undo=True, nonce=b"4")
    assert room.envelope(undo).header.undo
    assert room.store.case(KEYS.case).withdrawn_day is None


def test_a_message_leaves_the_stored_mandate_alone(room: Room) -> None:
    room.submit(mandate=Mandate.ADVISE)
    before = room.store.case(KEYS.case).sealed_mandate
    room.submit(kind=Kind.MESSAGE, mandate=Mandate.ADVISE, nonce=b"2")
    assert room.store.case(KEYS.case).sealed_mandate == before


def test_no_text_only_submission_can_be_told_from_another_by_its_size(room: Room) -> None:
    room.submit("x")
    room.submit("é" * 24_000, nonce=b"2", kind=Kind.MESSAGE)
    room.submit("", kind=Kind.MANDATE, mandate_changed=True, mandate=Mandate.INVESTIGATE, nonce=b"3")
    room.submit("", kind=Kind.WITHDRAWAL, nonce=b"4")
    assert len({path.stat().st_size for path in room.files}) == 1


def test_each_submission_of_a_case_is_chained_to_the_one_before(room: Room) -> None:
    first = room.envelope(room.submit("one"))
    second = room.envelope(room.submit("two", kind=Kind.MESSAGE, nonce=b"2"))
    assert (first.index.number, first.index.previous) == (1, None)
    assert (second.index.number, second.index.previous) == (2, first.index_sha256)


def test_the_same_form_sent_again_is_one_item(room: Room) -> None:
    file = ("a", "text/plain", b"content")
    sent = room.submit("text", file)
    assert room.submit("text", file) == Acknowledged(None, sent.case, resent=True)
    assert [path.stem for path in room.files] == [sent.item]


def test_the_same_form_sent_twice_at_once_is_one_item(room: Room) -> None:
    with ThreadPoolExecutor(4) as pool:
        all_sent = list(pool.map(lambda _: room.submit("text", ("a", "a/b", bytes(100_000))), range(4)))
    assert sum(not sent.resent for sent in all_sent) == 1
    assert len(room.files) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": b"other"},
        {"binding": b"other"},
        {"nonce": b"nonc", "binding": b"evisit"},
        {"answers": {"a": "b"}},
        {"mandate": Mandate.ADVISE},
        {"form": form_of(("a", "text/plain", b"Content"))},
        {"form": form_of(("b", "text/plain", b"content"))},
    ],
)
def test_what_differs_is_kept_as_a_further_submission(room: Room, change: dict[str, Any]) -> None:
    room.submit("text", ("a", "text/plain", b"content"))
    sent = room.submit("text", **{"form": form_of(("a", "text/plain", b"content")), **change})
    assert not sent.resent
    assert room.envelope(sent).index.number == 2


class Breaking(io.BytesIO):
    """A body that is cut off after a number of bytes."""

    def __init__(self, data: bytes, error: Exception) -> None:
        super().__init__(data)
        self._error = error

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise self._error
        return data


@pytest.mark.parametrize("left", [10, 100_000, 3 * MIB])
def test_a_cut_off_upload_is_never_committed(room: Room, left: int) -> None:
    body, kind = multipart([], [("a", "a/b", bytes(4 * MIB))])
    form = open_form(Breaking(body[:-left], UploadCutOff()), kind, FormLimits(max_files=1))
    with pytest.raises(UploadCutOff):
        room.submit("text", form=form)
    assert room.files == []
    assert room.envelope(room.submit("again")).index.number == 1


def test_a_file_too_many_leaves_nothing_behind(room: Room) -> None:
    form = form_of(("a", "a/b", b"1"), ("b", "a/b", b"2"), max_files=1)
    with pytest.raises(TooManyFiles):
        room.submit("text", form=form)
    assert room.files == []


def test_a_text_that_is_too_long_is_refused_before_anything_is_sealed(room: Room) -> None:
    with pytest.raises(TextTooLong):
        room.submit("x" * (48 * 1024 + 1))
    assert room.files == []


def test_a_missing_key_stops_the_whole_submission(room: Room) -> None:
    for path in room.settings.keys_dir.iterdir():
        if room.members.cora in path.name:
            path.unlink()
    with pytest.raises(KeyUnavailable) as refused:
        room.submit(desks=(DESK, OTHER))
    assert refused.value.name == "other"
    assert room.files == []
    assert room.submit().item


def test_a_disk_that_fills_up_ends_the_upload_with_a_page_and_no_file(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([100 * MIB, 50 * MIB, 7 * MIB])
    monkeypatch.setattr(Intake, "_free_bytes", lambda _self: next(free))
    with pytest.raises(DiskLow):
        room.submit("text", ("a", "a/b", bytes(20 * MIB)))
    assert room.files == []


def test_a_write_that_fails_for_want_of_room_is_told_as_such(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.intake._least_free_bytes = 0

    def seal(_gpg: Gpg, source: Any, _recipients: Any, target: Path) -> None:
        target.write_bytes(source.read(65536))
        raise SealError

    monkeypatch.setattr(Gpg, "seal", seal)
    for free, error in ((0, DiskLow), (1 << 40, SealError)):
        monkeypatch.setattr(Intake, "_free_bytes", lambda _self, free=free: free)
        with pytest.raises(error):
            room.submit()
        assert room.files == []


def test_a_disk_on_which_no_file_can_be_made_is_told_as_full(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def seal(*_given: object) -> None:
        raise TargetUnusable

    monkeypatch.setattr(Gpg, "seal", seal)
    with pytest.raises(TargetUnusable):
        room.submit()
    monkeypatch.setattr(intake, "may_make_files", lambda _folder: False)
    with pytest.raises(DiskLow):
        room.submit()


def test_a_commit_that_fails_leaves_no_file_and_a_usable_case(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Store, _submission: object) -> bool:
        raise StoreError

    with monkeypatch.context() as broken:
        broken.setattr(Store, "commit_submission", refuse)
        with pytest.raises(StoreError):
            room.submit()
    assert room.files == []
    assert not room.submit().resent


def test_more_than_an_envelope_can_hold_is_too_large(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dropbox.envelope.records.MAX_TOTAL_BYTES", MIB)
    with pytest.raises(BodyTooLarge):
        room.submit("text", ("a", "a/b", bytes(2 * MIB)))
    assert room.files == []


def test_memory_stays_flat_whatever_the_size(room: Room) -> None:
    class Zeros(io.RawIOBase):
        """A multipart body of 48 MiB that is never whole in memory."""

        head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        left = 48 * MIB

        def read(self, size: int | None = -1, /) -> bytes:
            if self.head:
                head, self.head = self.head, b""
                return head
            count = min(size or 0, max(self.left, 0))
            self.left -= count or 1
            return bytes(count) if count else b"\r\n--b--\r\n" if self.left == -1 else b""

    room.submit()
    form = open_form(Zeros(), "multipart/form-data; boundary=b", FormLimits(max_files=1))
    tracemalloc.start()
    try:
        sent = room.submit("text", form=form, nonce=b"2")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert room.envelope(sent).index.attachments[0].size == 48 * MIB
    assert peak < 4 * MIB


def test_the_stored_mandate_says_nothing_to_anybody_else() -> None:
    sealed = [seal_mandate(mandate, KEYS.reply_public) for mandate in Mandate]
    assert {len(each) for each in sealed} == {49}
    assert [open_mandate(each, KEYS.reply_key) for each in sealed] == list(Mandate)
    stranger = CodenameKeys.from_root(bytes(32))
    for broken in (*sealed, b"", b"x" * 49):
        with pytest.raises(StoreError):
            open_mandate(broken, stranger.reply_key)


def test_a_draft_does_not_show_what_was_written() -> None:
    shown = repr(draft("canary", answers={"q": "canary"})) + repr(Acknowledged(None, CaseId("0" * 32), resent=True))
    assert "canary" not in shown
