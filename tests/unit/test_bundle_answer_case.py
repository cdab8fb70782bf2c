"""A case in an answer bundle: its own key says whose bundle may bring it, and all that it says there."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest

from dropbox.bundle import AnswerCase, AnswerManifest, Origin, verify_answer
from dropbox.codename import CodenameKeys, stored_lookup
from dropbox.errors import BundleError, BundleSignatureInvalid, SignatureInvalid
from dropbox.models import DeskId, Fingerprint, ItemId, SealedKind, VaultId, today
from tests.bundles import ALICE, BOB, DESK, answer_manifest, reply_entry, verify_as_signed, write_answer_as

DROP = "d" * 64
HERE = Origin(DROP, ALICE, VaultId("e" * 32))
KEYS, STRANGER = CodenameKeys.from_root(b"k" * 32), CodenameKeys.from_root(b"s" * 32)
CASE = AnswerCase(
    case=KEYS.case,
    case_key=KEYS.case_public.hex(),
    reply_key=KEYS.reply_public.hex(),
    day=today(),
    desks=(DESK,),
    item=ItemId("5a" * 16),
    link="1f" * 32,
    lookup=stored_lookup(KEYS.lookup_id),
    sealed_mandate=bytes(49),
    sealed_view=bytes(1064),
).signed(KEYS.case_key, HERE)

CHANGES: dict[str, Callable[[AnswerCase], AnswerCase]] = {
    "case": lambda case: replace(
        case, case=STRANGER.case, case_key=STRANGER.case_public.hex(), reply_key=STRANGER.reply_public.hex()
    ),
    "day": lambda case: replace(case, day=case.day - timedelta(days=1)),
    "desks": lambda case: replace(case, desks=(DeskId("board"), DESK)),
    "item": lambda case: replace(case, item=ItemId("6b" * 16)),
    "link": lambda case: replace(case, link="2e" * 32),
    "lookup": lambda case: replace(case, lookup=stored_lookup(STRANGER.lookup_id)),
    "sealed_mandate": lambda case: replace(case, sealed_mandate=b"m" * 49),
    "sealed_view": lambda case: replace(case, sealed_view=b"v" * 1064),
    "signature": lambda case: replace(case, signature=b""),
}
ELSEWHERE = {
    "drop": replace(HERE, drop="c" * 64),
    "author": replace(HERE, author=BOB),
    "vault": replace(HERE, vault=VaultId("f" * 32)),
}


def test_the_case_keys_own_signature_is_not_refused() -> None:
    CASE.require_signed(HERE)
    assert AnswerCase.from_json(CASE.as_json()) == CASE


def test_no_value_of_a_case_is_left_out_of_these_tests() -> None:
    assert {field.name for field in fields(AnswerCase)} - {"case_key", "reply_key"} == set(CHANGES)
    assert {field.name for field in fields(Origin)} == set(ELSEWHERE)


@pytest.mark.parametrize("which", sorted(CHANGES))
def test_a_signed_case_is_not_believed_with_another_value(which: str) -> None:
    with pytest.raises(SignatureInvalid):
        CHANGES[which](CASE).require_signed(HERE)


@pytest.mark.parametrize("which", sorted(ELSEWHERE))
def test_a_signed_case_is_not_believed_from_elsewhere(which: str) -> None:
    with pytest.raises(SignatureInvalid):
        CASE.require_signed(ELSEWHERE[which])


def test_a_case_is_not_believed_that_another_key_signed() -> None:
    with pytest.raises(SignatureInvalid):
        CASE.signed(STRANGER.case_key, HERE).require_signed(HERE)


def test_a_case_signature_does_not_pass_for_one_of_another_kind() -> None:
    assert CASE.signed_bytes(HERE).startswith(b"onion-dropbox case 1\n{")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "items"
    path.mkdir()
    return path


def manifest_with(folder: Path, case: AnswerCase, author: Fingerprint = ALICE) -> AnswerManifest:
    entry = reply_entry(folder, b"report", SealedKind.SUBMISSION)
    (folder / entry.item).rename(folder / case.item)
    entry = replace(entry, case=case.case, item=case.item)
    return replace(answer_manifest(DROP, [entry]), author=author, vault=HERE.vault, cases=(case,))


def bundle(folder: Path, case: AnswerCase, author: Fingerprint = ALICE) -> Path:
    target = folder.parent / "answer.tar"
    write_answer_as(author, target, manifest_with(folder, case, author), folder)
    return target


def test_a_bundle_is_not_refused_whose_case_is_signed_for_it(folder: Path) -> None:
    with verify_answer(bundle(folder, CASE), DROP, verify_as_signed) as answer:
        assert answer.manifest.cases == (CASE,)


def test_a_bundle_from_before_there_were_signatures_still_opens(folder: Path) -> None:
    older = replace(CASE, signature=b"")
    assert "signature" not in older.as_json()
    with verify_answer(bundle(folder, older), DROP, verify_as_signed) as answer:
        assert answer.manifest.cases == (older,)


def test_a_colleagues_case_does_not_come_in_anothers_bundle(folder: Path) -> None:
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(bundle(folder, CASE, BOB), DROP, verify_as_signed)


@pytest.mark.parametrize("which", sorted(CHANGES.keys() - {"signature"}))
def test_a_bundle_does_not_open_with_a_case_that_was_changed(folder: Path, which: str) -> None:
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(bundle(folder, CHANGES[which](CASE)), DROP, verify_as_signed)


def test_a_case_is_not_looked_at_before_its_bundles_own_signature_is_good(folder: Path) -> None:
    def refuse(_data: bytes, _signature: bytes, _author: Fingerprint) -> None:
        raise BundleError

    with pytest.raises(BundleError) as refusal:
        verify_answer(bundle(folder, CHANGES["link"](CASE)), DROP, refuse)
    assert not isinstance(refusal.value, BundleSignatureInvalid)
