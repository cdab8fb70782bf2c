"""Frozen samples of a case's account: a note with all its parts, an ask, the yes to it, and a case handed over."""

import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from dropbox import reply_box, writing
from dropbox.bundle import HandOverManifest, KeepRule, KeepStep, verify_handover
from dropbox.canonical import sha256_hex
from dropbox.envelope import Ask, AskKind, Envelope, Moved, consents_in, sign_submission, unpack, verify_submission
from dropbox.envelope.account import Account, LogAct, Outcome, Subject, line_hash
from dropbox.envelope.ask import parse_ask
from dropbox.envelope.header import parse_header
from dropbox.errors import BundleError, BundleForeign
from dropbox.gpg import Gpg
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId
from tests.envelopes import PLENTY, opened
from tests.unit.test_format_1 import SAMPLES, SUBMISSION, header_of, packed, sample, verify

HANDOVER = SAMPLES.parent / "bundles" / "handover.tar"
ACCOUNT, ASK, MOVED, PARTS = (sample(f"{name}.json") for name in ("account", "ask", "moved", "account-parts"))
KEY = "account-author.public.asc"
AUTHOR = Fingerprint(ACCOUNT["envelope"]["author"])
DROP, CASE = SUBMISSION["envelope"]["drop"], CaseId(SUBMISSION["envelope"]["case"])
BUREAU = DeskId("outside-bureau")
Check = Callable[[bytes, bytes, Fingerprint], None]


def open_sample(name: str, key: bytes, home: Path) -> Envelope:
    return writing.open_writing(
        SAMPLES / f"{name}.reply", key, lambda signed, signature: verify(signed, signature, home, KEY, AUTHOR)
    )


def test_the_frozen_note_opens_with_every_part_of_its_account(short_dir: Path) -> None:
    envelope = open_sample("account", bytes.fromhex(ACCOUNT["key"]), short_dir / "h")
    assert envelope.header == header_of(ACCOUNT)
    account = envelope.header.account
    assert account is not None
    assert all(getattr(account, name) is not None for name in Account.__dataclass_fields__)
    assert account.log is not None
    lines = account.log.lines
    before = [None, *lines[:-1]]
    assert [line.previous for line in lines] == [line_hash(CASE, account.log.vault, line) for line in before]


def test_the_frozen_ask_opens_for_its_reporter_and_has_the_id_it_had(short_dir: Path) -> None:
    key = reply_box.unlock(b64decode(ASK["lock"]), PrivateKey(bytes.fromhex(MOVED["reply_key_secret"])))
    header = open_sample("ask", key, short_dir / "h").header
    assert header == header_of(ASK)
    assert header.ask is not None
    assert (header.ask.kind, header.ask.desk) == (AskKind.HAND_OVER, BUREAU)
    assert header.ask.id_in(header.drop, header.case, header.item) == ASK["ask_id"]


def test_the_frozen_yes_moves_its_case() -> None:
    envelope = verify_submission(unpack(opened((SAMPLES / "moved.zip").read_bytes()), PLENTY))
    assert envelope.header == header_of(MOVED)
    assert envelope.header.moved == Moved(ASK["ask_id"], DeskId("adviser"), BUREAU)
    (consent,) = consents_in(envelope.header.answers)
    assert (consent.ask, consent.agreed) == (ASK["ask_id"], True)
    before = zipfile.ZipFile(SAMPLES / "submission.zip").read("index.json")
    assert (envelope.index.number, envelope.index.previous) == (3, sha256_hex(before))


@pytest.mark.parametrize("name", ["account", "ask"])
def test_a_frozen_writing_is_packed_to_the_same_bytes_again(name: str) -> None:
    described = sample(f"{name}.json")
    with reply_box.open_body(SAMPLES / f"{name}.reply", bytes.fromhex(described["key"])) as body:
        frozen = body.read()
    packer, start = packed(described)
    signature = zipfile.ZipFile(io.BytesIO(frozen)).read("index.asc")
    assert start + b"".join(packer.finish(packer.index(), signature)) == frozen
    assert unpack(lambda: nullcontext(io.BytesIO(frozen)), PLENTY)


def test_the_frozen_yes_is_packed_to_the_same_bytes_again() -> None:
    packer, start = packed(MOVED)
    index = packer.index(MOVED["number"], MOVED["previous"], MOVED["recipients"])
    signature = sign_submission(SigningKey(bytes.fromhex(MOVED["case_key_seed"])), index)
    assert start + b"".join(packer.finish(index, signature)) == (SAMPLES / "moved.zip").read_bytes()


@pytest.mark.parametrize("header", PARTS["headers"])
def test_no_part_of_an_account_is_refused_or_written_otherwise(header: str) -> None:
    read = parse_header(header.encode())
    assert read.account is not None
    assert read.as_bytes().decode() == header


def test_no_word_that_a_frozen_account_uses_was_taken_away() -> None:
    assert set(PARTS["acts"]) <= {act.value for act in LogAct}
    accounts = [parse_header(header.encode()).account for header in PARTS["headers"]]
    classified = [account.classified for account in accounts if account is not None and account.classified is not None]
    assert {each.subject for each in classified} == {*Subject, None}
    assert {each.outcome for each in classified} == {*Outcome, None}


@pytest.mark.parametrize("frozen", PARTS["asks"])
def test_no_ask_has_another_id_than_it_had(frozen: dict[str, Any]) -> None:
    ask: Ask = parse_ask(frozen["ask"])
    assert ask.as_json() == frozen["ask"]
    assert ask.id_in(DROP, CASE, ItemId(ASK["envelope"]["item"])) == frozen["id"]


def test_what_the_drop_and_a_vault_tell_each_other_of_keeping_is_written_as_it_was() -> None:
    assert [KeepStep.from_json(step).as_json() for step in PARTS["steps"]] == PARTS["steps"]
    assert KeepRule.from_json(PARTS["rule"]).as_json() == PARTS["rule"]


# --- the hand-over bundle -----------------------------------------------------------------------------------------


@pytest.fixture
def signed_by_author(short_dir: Path) -> Check:
    gpg = Gpg(short_dir / "g")
    gpg.import_keys((SAMPLES / KEY).read_bytes())

    def check(signed: bytes, signature: bytes, named: Fingerprint) -> None:
        assert gpg.verify_detached(signed, signature, [named]) == AUTHOR

    return check


def test_the_frozen_hand_over_bundle_never_changes() -> None:
    frozen = "1678cb94056c506d2e36adddb54da90d46c43a23e25c85dfdb0ac8f367037835"
    assert sha256_hex(HANDOVER.read_bytes()) == frozen


def test_the_frozen_hand_over_bundle_opens_for_its_desk(signed_by_author: Check) -> None:
    with verify_handover(HANDOVER, DROP, BUREAU, signed_by_author) as bundle:
        manifest = bundle.manifest
        assert HandOverManifest.from_json(json.loads(json.dumps(manifest.as_json()))) == manifest
        assert (manifest.case, manifest.author, manifest.consent) == (CASE, AUTHOR, ItemId(MOVED["envelope"]["item"]))
        stream = io.BytesIO()
        bundle.copy_item(manifest.items[2].item, stream)
        assert stream.getvalue() == b"sealed item 3\n" * 150


def test_the_frozen_hand_over_bundle_does_not_open_for_another_desk(signed_by_author: Check) -> None:
    with pytest.raises(BundleForeign), verify_handover(HANDOVER, DROP, DeskId("adviser"), signed_by_author):
        pass


def test_a_hand_over_bundle_of_which_a_byte_changed_does_not_open(signed_by_author: Check, tmp_path: Path) -> None:
    bent = tmp_path / "bent.tar"
    bent.write_bytes(HANDOVER.read_bytes().replace(b"sealed item 3", b"sealed item 4", 1))
    with pytest.raises(BundleError), verify_handover(bent, DROP, BUREAU, signed_by_author):
        pass
