"""A report taken down at the table, its answer bundle and a reseal bundle, written once: they must open for ever."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import VerifyKey

from dropbox.bundle import AnswerManifest, Origin, ResealManifest, is_reseal, verify_answer, verify_reseal
from dropbox.canonical import dump, load, sha256_hex
from dropbox.codename import CodenameKeys, Derivation, KdfParameters, parse, stored_lookup
from dropbox.envelope import Envelope, intake_bytes, unpack, verify_intake, verify_submission
from dropbox.errors import BundleError, BundleForeign, BundleSignatureInvalid, EnvelopeError, InvalidValue
from dropbox.gpg import Gpg
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Mandate, SealedKind
from dropbox.sealed_mandate import open_mandate
from dropbox.shown import Shown, open_shown
from tests.bundles import changed, read_members, write_members
from tests.envelopes import PLENTY, opened

VECTORS = Path(__file__).parents[1] / "vectors"
SAMPLES, BUNDLES = VECTORS / "format-1", VECTORS / "bundles"
INTAKE: dict[str, Any] = json.loads((SAMPLES / "intake.json").read_text())
DROP, DESK = INTAKE["envelope"]["drop"], DeskId("advisers")
AUTHOR = Fingerprint(INTAKE["envelope"]["author"])


@pytest.fixture(scope="module")
def keys() -> CodenameKeys:
    return Derivation(KdfParameters(bytes.fromhex(INTAKE["salt"]))).derive(parse(INTAKE["codename"]))


@pytest.fixture
def author(short_dir: Path) -> Gpg:
    gpg = Gpg(short_dir / "g")
    gpg.import_keys((SAMPLES / "intake-author.public.asc").read_bytes())
    return gpg


def report() -> Envelope:
    return verify_submission(unpack(opened((SAMPLES / "intake.zip").read_bytes()), PLENTY))


def test_the_frozen_files_themselves_never_change() -> None:
    paths = (path for folder in (SAMPLES, BUNDLES) for path in folder.iterdir() if path.name in FROZEN)
    assert {path.name: sha256_hex(path.read_bytes()) for path in paths} == FROZEN


FROZEN = {
    "answer-intake.tar": "a620fd1f9394785c1600720b91be1bd1673d03f6a00f6b4ffdafe61a7a9c5c42",
    "intake-case.json": "4a6fc24240bf07fceff0f0b270f85cf0bcab9a5cb074aa687c7b8b6060b157b1",
    "reseal.tar": "8f5fb35faa62ac3bd20ca08f96b0c7e63115f25d4e25063e767f5d9dbf9cac16",
    "intake-author.public.asc": "5546cccefbd77f0492692e9ece19ab17894d3e61f1bc5b07312247a32d73d4f5",
    "intake.json": "4a683dcc829f436c3103c5a08a13ee4d34a7c119f925edd435f757beebe557d6",
    "intake.zip": "718824a247a6b39c6fb199cabe7cb3ff7d88f287851f632e063efbbb3853f4ba",
}


def test_the_frozen_report_opens_and_its_author_vouched_for_it(author: Gpg, keys: CodenameKeys) -> None:
    envelope = report()
    found = verify_intake(envelope, lambda signed, made: author.verify_detached(signed, made, [AUTHOR]))
    assert found.header.as_json() == INTAKE["envelope"]
    assert found.message.reveal() == INTAKE["message"]
    assert (found.header.case, found.index_sha256) == (keys.case, INTAKE["link"])


def test_the_report_opens_as_the_documentation_says(author: Gpg) -> None:
    archive = zipfile.ZipFile(io.BytesIO((SAMPLES / "intake.zip").read_bytes()))
    header = json.loads(archive.read("envelope.json"))
    vouched = {key: header[key] for key in ("case", "day", "desks", "drop", "item", "mandate")}
    signed = b"onion-dropbox intake 1\n" + dump(vouched | {"message": sha256_hex(archive.read("message.txt"))})
    assert author.verify_detached(signed, header["vouched"].encode(), [AUTHOR]) == AUTHOR
    assert signed == intake_bytes(report().header, report().message)


def test_what_a_reporter_sent_passes_for_nothing_that_was_taken_down() -> None:
    sample = verify_submission(unpack(opened((SAMPLES / "submission.zip").read_bytes()), PLENTY))
    with pytest.raises(EnvelopeError):
        verify_intake(sample, lambda _signed, _made: AUTHOR)


def answer(path: Path, author: Gpg) -> AnswerManifest:
    def verify(signed: bytes, made: bytes, named: Fingerprint) -> None:
        author.verify_detached(signed, made, [named])

    with verify_answer(path, DROP, verify) as bundle:
        return bundle.manifest


def test_the_frozen_answer_bundle_opens_its_case(author: Gpg, keys: CodenameKeys) -> None:
    manifest = answer(BUNDLES / "answer-intake.tar", author)
    (case,) = manifest.cases
    assert (case.case, case.lookup, case.link) == (keys.case, stored_lookup(keys.lookup_id), INTAKE["link"])
    assert (case.day, case.desks, case.item) == (date(2026, 11, 22), (DESK,), ItemId("5a" * 16))
    assert open_mandate(case.sealed_mandate, keys.reply_key) is Mandate.LISTEN
    assert open_shown(case.sealed_view, keys.reply_key) == Shown()
    assert [(each.kind, each.member_name) for each in manifest.entries] == [
        (SealedKind.SUBMISSION, f"items/{case.item}.pgp")
    ]


SIGNED = json.loads((SAMPLES / "intake-case.json").read_text())


def test_the_frozen_case_is_signed_as_it_was_and_as_the_documentation_says(author: Gpg, keys: CodenameKeys) -> None:
    manifest = answer(BUNDLES / "answer-intake.tar", author)
    origin = Origin(manifest.drop, manifest.author, manifest.vault)
    signed = manifest.cases[0].signed(keys.case_key, origin)
    assert (signed.signed_bytes(origin).decode(), signed.signature.hex()) == (SIGNED["signed"], SIGNED["signature"])
    said, ours = manifest.as_json(), manifest.cases[0].as_json()
    told = ("case", "day", "desks", "item", "link", "lookup", "sealed_mandate", "sealed_view")
    value = {key: said[key] for key in ("author", "drop", "vault")} | {key: ours[key] for key in told}
    VerifyKey(bytes.fromhex(INTAKE["envelope"]["case_key"])).verify(
        b"onion-dropbox case 1\n" + dump(value), bytes.fromhex(SIGNED["signature"])
    )


def with_signature(path: Path, **changes: object) -> Path:
    """Write the frozen bundle with the case's signature put in, and then these values of the case."""
    members = read_members(BUNDLES / "answer-intake.tar")
    manifest = load(dict(members)["manifest.json"], 1 << 20)
    manifest["cases"][0]["signature"] = b64encode(bytes.fromhex(SIGNED["signature"])).decode()
    manifest["cases"][0].update(changes)
    return write_members(path, changed(members, "manifest.json", dump(manifest)))


def test_the_frozen_bundle_is_not_refused_with_its_cases_signature(tmp_path: Path) -> None:
    with verify_answer(with_signature(tmp_path / "signed.tar"), DROP, lambda *_: None) as bundle:
        assert bundle.manifest.cases[0].signature.hex() == SIGNED["signature"]


@pytest.mark.parametrize("bad", ["", "AAAA", b64encode(bytes(63)).decode(), 5, None])
def test_a_signature_of_another_form_is_refused(tmp_path: Path, bad: object) -> None:
    with pytest.raises(BundleError):
        verify_answer(with_signature(tmp_path / "bent.tar", signature=bad), DROP, lambda *_: None)


def test_a_signature_that_is_not_the_case_keys_refuses_the_bundle(tmp_path: Path) -> None:
    bad = b64encode(bytes(64)).decode()
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(with_signature(tmp_path / "bent.tar", signature=bad), DROP, lambda *_: None)


Bend = Callable[[dict[str, Any]], object]
ODD: dict[str, Bend] = {
    "no cases": lambda m: m.pop("cases"),
    "an empty list": lambda m: m.update(cases=[]),
    "another id": lambda m: m["cases"][0].update(case="0" * 32),
    "other keys": lambda m: m["cases"][0].update(reply_key="1" * 64),
    "another report": lambda m: m["cases"][0].update(item="1" * 32),
    "another desk": lambda m: m["cases"][0].update(desks=["board"]),
    "no desk": lambda m: m["cases"][0].update(desks=[]),
    "desks out of order": lambda m: m["cases"][0].update(desks=["board", "advisers"]),
    "the case twice": lambda m: m["cases"].append(m["cases"][0]),
    "a short box": lambda m: m["cases"][0].update(sealed_view="AAAA"),
    "a long lookup": lambda m: m["cases"][0].update(lookup="a" * 66),
    "a lock": lambda m: m["entries"][0].update(lock="A" * 107 + "="),
    "a key too many": lambda m: m["cases"][0].update(codename="seven words"),
    "a report too many": lambda m: m["entries"].append({**m["entries"][0], "item": "2" * 32}),
}


@pytest.mark.parametrize("how", sorted(ODD))
def test_an_odd_case_is_refused_whole(tmp_path: Path, how: str) -> None:
    members = read_members(BUNDLES / "answer-intake.tar")
    manifest = load(dict(members)["manifest.json"], 1 << 20)
    ODD[how](manifest)
    bent = [(name, dump(manifest) if name == "manifest.json" else data) for name, data in members]
    with pytest.raises(BundleError):
        verify_answer(write_members(tmp_path / "bent.tar", bent), DROP, lambda *_: None)


def reseal(path: Path, author: Gpg, drop: str = DROP, desk: DeskId = DESK) -> ResealManifest:
    def verify(signed: bytes, made: bytes, named: Fingerprint) -> None:
        author.verify_detached(signed, made, [named])

    with verify_reseal(path, drop, desk, verify) as bundle:
        return bundle.manifest


def test_the_frozen_reseal_bundle_opens(author: Gpg) -> None:
    assert is_reseal(BUNDLES / "reseal.tar")
    manifest = reseal(BUNDLES / "reseal.tar", author)
    assert (manifest.author, manifest.to, manifest.day) == (AUTHOR, "D1" * 20, date(2026, 11, 22))
    assert [(item.kind, item.item, item.original) for item in manifest.items] == [
        (SealedKind.SUBMISSION, "b1" * 16, "1" * 64),
        (SealedKind.REPLY, "b2" * 16, "2" * 64),
        (SealedKind.NOTE, "b3" * 16, "3" * 64),
    ]
    assert {item.case for item in manifest.items} == {CaseId("c" * 32)}


def test_a_reseal_bundle_of_another_drop_desk_or_hand_is_refused(author: Gpg, tmp_path: Path) -> None:
    for drop, desk in (("0" * 64, DESK), (DROP, DeskId("board"))):
        with pytest.raises(BundleForeign):
            reseal(BUNDLES / "reseal.tar", author, drop, desk)
    members = read_members(BUNDLES / "reseal.tar")
    bent = [(name, data.replace(b"2026-11-22", b"2026-11-23")) for name, data in members]
    with pytest.raises(BundleSignatureInvalid):
        reseal(write_members(tmp_path / "bent.tar", bent), author)


@pytest.mark.parametrize("name", ["answer.tar", "pickup.tar", "answer-intake.tar"])
def test_another_bundle_is_no_reseal_bundle(name: str) -> None:
    assert not is_reseal(BUNDLES / name)


def test_one_file_of_the_drop_does_not_stand_for_two_items(author: Gpg) -> None:
    manifest = reseal(BUNDLES / "reseal.tar", author)
    first, second, third = manifest.items
    twice = replace(manifest, items=(first, replace(second, original=first.original), third))
    with pytest.raises(InvalidValue):
        ResealManifest.from_json(twice.as_json())
