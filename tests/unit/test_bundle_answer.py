"""The answer bundle: signed by its author over every byte that counts, and read strictly."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropbox.bundle import AnswerEntry, AnswerManifest, ReadMark, Receipt, verify_answer, write_answer
from dropbox.bundle.answer import SIGNED_LINE
from dropbox.canonical import dump
from dropbox.errors import (
    BundleAuthorUnknown,
    BundleError,
    BundleForeign,
    BundleItemMismatch,
    BundleSignatureInvalid,
    InvalidValue,
    SealError,
    SignatureInvalid,
    TargetExists,
)
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, SealedKind, VaultId, new_item_id
from tests.bundles import (
    ALICE,
    BOB,
    DESK,
    answer_manifest,
    changed,
    hashed,
    read_members,
    reply_entry,
    sign_as,
    verify_as_signed,
    write_answer_as,
    write_members,
)

DROP = "d" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "items"
    path.mkdir()
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "answer.tar"


def full_manifest(folder: Path) -> AnswerManifest:
    entries = [reply_entry(folder, b"reply" * 99), reply_entry(folder, b"note", SealedKind.NOTE)]
    return replace(
        answer_manifest(DROP, entries),
        sequence=7,
        previous="1" * 64,
        receipts=(Receipt(new_item_id(), DESK, "2" * 64), Receipt(new_item_id(), DeskId("board"), "3" * 64)),
        read=(ReadMark(new_item_id(), DESK),),
    )


def test_what_was_put_in_comes_out(folder: Path, target: Path) -> None:
    manifest = full_manifest(folder)
    digest = write_answer_as(ALICE, target, manifest, folder)
    with verify_answer(target, DROP, verify_as_signed) as bundle:
        assert bundle.manifest == manifest
        assert bundle.manifest_sha256 == digest == hashed(dict(read_members(target))["manifest.json"])
        for entry in manifest.entries:
            copy = io.BytesIO()
            bundle.copy_item(entry.item, copy)
            assert copy.getvalue() == (folder / entry.item).read_bytes()


def test_an_empty_answer_is_valid(folder: Path, target: Path) -> None:
    write_answer_as(ALICE, target, answer_manifest(DROP), folder)
    with verify_answer(target, DROP, verify_as_signed) as bundle:
        assert bundle.manifest == answer_manifest(DROP)


def test_the_reporters_lock_lies_in_the_signed_manifest_and_not_in_the_item(folder: Path, target: Path) -> None:
    entry = replace(reply_entry(folder, b"body"), lock=b"L" * 80)
    write_answer_as(ALICE, target, answer_manifest(DROP, [entry]), folder)
    members = dict(read_members(target))
    assert json.loads(members["manifest.json"])["entries"][0]["lock"] == base64.b64encode(b"L" * 80).decode()
    assert members[f"items/{entry.item}.reply"] == b"body"


def test_what_is_signed_begins_with_its_purpose(folder: Path, target: Path) -> None:
    seen: list[bytes] = []

    def sign(data: bytes) -> bytes:
        seen.append(data)
        return b"signature"

    write_answer(target, answer_manifest(DROP), lambda entry: folder / entry.item, sign)
    members = dict(read_members(target))
    assert seen == [b"onion-dropbox answer 1\n" + members["manifest.json"]]
    assert members["manifest.sig"] == b"signature"


def test_a_bundle_is_never_written_over_another_file(folder: Path, target: Path) -> None:
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists):
        write_answer_as(ALICE, target, answer_manifest(DROP), folder)
    assert target.read_bytes() == b"precious"


def test_a_signer_that_fails_leaves_no_file(folder: Path, target: Path) -> None:
    def fail(_: bytes) -> bytes:
        raise SealError

    with pytest.raises(SealError):
        write_answer(target, answer_manifest(DROP), lambda entry: folder / entry.item, fail)
    assert not target.exists()


def test_a_damaged_item_leaves_no_file(folder: Path, target: Path) -> None:
    entry = reply_entry(folder, b"reply")
    (folder / entry.item).write_bytes(b"reples")
    with pytest.raises(BundleItemMismatch):
        write_answer_as(ALICE, target, answer_manifest(DROP, [entry]), folder)
    assert list(target.parent.iterdir()) == [folder]


def test_another_author_than_the_manifest_names_is_refused(folder: Path, target: Path) -> None:
    write_answer_as(BOB, target, answer_manifest(DROP), folder)
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(target, DROP, verify_as_signed)


def test_the_verifiers_own_refusal_comes_through(folder: Path, target: Path) -> None:
    def unknown(_data: bytes, _signature: bytes, _author: Fingerprint) -> None:
        raise BundleAuthorUnknown

    write_answer_as(ALICE, target, answer_manifest(DROP), folder)
    with pytest.raises(BundleAuthorUnknown):
        verify_answer(target, DROP, unknown)


def test_a_bundle_for_another_drop_is_refused_before_gpg_is_asked(folder: Path, target: Path) -> None:
    def never(_data: bytes, _signature: bytes, _author: Fingerprint) -> None:
        raise AssertionError

    write_answer_as(ALICE, target, answer_manifest(DROP), folder)
    with pytest.raises(BundleForeign):
        verify_answer(target, "e" * 64, never)


def test_nothing_is_given_out_before_the_signature_is_good(folder: Path, target: Path) -> None:
    """The verifier runs before the first item is read: a bundle with a bad item and a bad signature is a bad one."""

    def refuse(_data: bytes, _signature: bytes, _author: Fingerprint) -> None:
        raise SignatureInvalid

    entry = reply_entry(folder, b"reply")
    write_answer_as(ALICE, target, answer_manifest(DROP, [entry]), folder)
    write_members(target, changed(read_members(target), entry.member_name, b"evil!"))
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(target, DROP, refuse)


WRONG: dict[str, Any] = {
    "type": ["pickup", None],
    "author": ["a1" * 20, "A1 " * 20, "A1" * 19, None],
    "vault": ["", "E" * 32, None],
    "desk": ["", "../x", None],
    "sequence": [0, -1, True, "7", 7.5, None],
    "previous": ["", "1" * 63, 1],
    "day": ["", None],
    "entries": [None, {}, [None], [{}], ["x"]],
    "receipts": [None, {}, [{}], [{"item": "0" * 32, "desk": "integrity"}]],
    "read": [None, {}, [{}], [{"item": "0" * 32, "desk": "integrity", "sha256": "0" * 64}]],
}
ENTRY_WRONG: dict[str, Any] = {
    "kind": ["submission", "report", "note", None],
    "case": ["", None],
    "item": ["", None],
    "desk": ["..", None],
    "file": ["items/x.reply", "../x", "", None],
    "sha256": ["", None],
    "bytes": [0, -1, None, (40 << 20) + 1],
    "lock": ["", "A" * 108, None, 5, base64.b64encode(bytes(79)).decode(), base64.b64encode(bytes(80)).decode() + "\n"],
    "extra": [1],
}


def refuse_signed(folder: Path, target: Path, change: Callable[[dict[str, Any]], object]) -> None:
    write_answer_as(ALICE, target, full_manifest(folder), folder)
    members = read_members(target)
    manifest = json.loads(dict(members)["manifest.json"])
    change(manifest)
    data = dump(manifest)
    signature = sign_as(ALICE)(SIGNED_LINE + data)
    write_members(target, changed(changed(members, "manifest.json", data), "manifest.sig", signature))
    with pytest.raises(BundleError) as refusal:
        verify_answer(target, DROP, verify_as_signed)
    assert not isinstance(refusal.value, BundleSignatureInvalid)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_manifest_with_a_wrong_value_is_refused_although_it_is_signed(
    folder: Path, target: Path, key: str, value: object
) -> None:
    refuse_signed(folder, target, lambda manifest: manifest.update({key: value}))


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in ENTRY_WRONG.items() for value in values])
def test_an_entry_with_a_wrong_value_is_refused_although_it_is_signed(
    folder: Path, target: Path, key: str, value: object
) -> None:
    refuse_signed(folder, target, lambda manifest: manifest["entries"][0].update({key: value}))


def test_a_note_with_a_lock_for_the_reporter_is_refused(folder: Path, target: Path) -> None:
    """A note is for the desk alone; a lock would make it the reporter's too."""
    lock = base64.b64encode(bytes(80)).decode()
    refuse_signed(folder, target, lambda manifest: manifest["entries"][1].update(lock=lock))
    with pytest.raises(InvalidValue):
        AnswerEntry(SealedKind.NOTE, CaseId("c" * 32), ItemId("1" * 32), DESK, "0" * 64, 1, bytes(80))


def test_a_submission_is_no_answer(folder: Path, target: Path) -> None:
    refuse_signed(folder, target, lambda manifest: manifest["entries"][1].update(kind="submission"))


@pytest.mark.parametrize("part", ["entries", "receipts", "read"])
def test_one_thing_named_twice_is_refused(folder: Path, target: Path, part: str) -> None:
    refuse_signed(folder, target, lambda manifest: manifest[part].append(manifest[part][0]))


def test_one_item_received_for_two_desks_is_no_repetition(folder: Path, target: Path) -> None:
    item = new_item_id()
    receipts = (Receipt(item, DESK, "2" * 64), Receipt(item, DeskId("board"), "2" * 64))
    write_answer_as(ALICE, target, replace(answer_manifest(DROP), receipts=receipts), folder)
    verify_answer(target, DROP, verify_as_signed).close()


def test_the_writer_refuses_a_manifest_that_it_could_not_read(folder: Path, target: Path) -> None:
    entry = reply_entry(folder, b"reply")
    for manifest in (
        answer_manifest(DROP, [entry, entry]),
        replace(answer_manifest(DROP), sequence=0),
        replace(answer_manifest(DROP), vault=VaultId("x")),
    ):
        with pytest.raises(BundleError):
            write_answer_as(ALICE, target, manifest, folder)
    assert not target.exists()
