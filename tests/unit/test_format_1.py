"""Frozen samples of format 1: they must open for ever, with this program and with gpg and unzip alone."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from dropbox import reply_box, writing
from dropbox.canonical import sha256_hex
from dropbox.envelope import (
    Attachment,
    Envelope,
    Header,
    Packer,
    Work,
    WorkState,
    extract,
    sign_submission,
    unpack,
    verify_place,
    verify_submission,
)
from dropbox.envelope.header import parse_header
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, ItemId, Plaintext, Recipient
from tests import factories
from tests.envelopes import PLENTY, opened

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "vectors" / "format-1"
MAGIC = b"onion-dropbox reply 1\n"


def sample(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((SAMPLES / name).read_text())
    return value


SUBMISSION, REPLY, NOTE = sample("submission.json"), sample("reply.json"), sample("note.json")
NOTE_AUTHOR = Fingerprint(NOTE["envelope"]["author"])
MEMBER = Fingerprint(REPLY["envelope"]["author"])


def header_of(described: dict[str, Any]) -> Header:
    spelled = json.dumps(described["envelope"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return parse_header(spelled.encode() + b"\n")


def packed(described: dict[str, Any]) -> tuple[Packer, bytes]:
    """Pack what a sample says it holds, up to the index."""
    packer = Packer(header_of(described), Plaintext(described["message"]), 65536)
    start = packer.begin()
    for name, media_type, content, times in described["files"]:
        start += packer.start_file(name, media_type) + packer.write(bytes.fromhex(content) * times) + packer.end_file()
    return packer, start


@dataclass(frozen=True)
class Reader:
    """A member with a key made on the spot, and the frozen samples sealed to it: no secret key is kept with them."""

    home: Path
    submission: Path
    reply: Path


@pytest.fixture
def reader(short_dir: Path) -> Reader:
    home = factories.new_home(short_dir)
    recipient = [Recipient(factories.make_key(home))]
    gpg = Gpg(home, agent=True)
    submission, reply = short_dir / "submission.pgp", short_dir / "reply.reply"
    submission.write_bytes(gpg.seal_bytes((SAMPLES / "submission.zip").read_bytes(), recipient))
    reply.write_bytes(relocked(gpg.seal_bytes(bytes.fromhex(REPLY["key"]), recipient)))
    return Reader(home, submission, reply)


def relocked(desk_lock: bytes) -> bytes:
    """Return the frozen reply with another desks' lock: magic, H(K), length, lock, and the body as it stands."""
    with (SAMPLES / "reply.reply").open("rb") as stream:
        frozen = reply_box.read_container(stream)
        body = stream.read()
    return MAGIC + frozen.key_hash + len(desk_lock).to_bytes(4, "big") + desk_lock + body


@contextmanager
def kept(into: dict[str, bytes], attachment: Attachment) -> Iterator[BinaryIO]:
    memory = io.BytesIO()
    yield memory
    into[attachment.name] = memory.getvalue()


def contents(described: dict[str, Any]) -> dict[str, bytes]:
    return {name: bytes.fromhex(content) * times for name, _, content, times in described["files"]}


def test_the_samples_themselves_never_change() -> None:
    hashes = {path.name: sha256_hex(path.read_bytes()) for path in SAMPLES.glob("*") if path.name != "README.md"}
    assert hashes == {
        "intake-author.public.asc": "5546cccefbd77f0492692e9ece19ab17894d3e61f1bc5b07312247a32d73d4f5",
        "intake-case.json": "4a6fc24240bf07fceff0f0b270f85cf0bcab9a5cb074aa687c7b8b6060b157b1",
        "intake.json": "4a683dcc829f436c3103c5a08a13ee4d34a7c119f925edd435f757beebe557d6",
        "intake.zip": "718824a247a6b39c6fb199cabe7cb3ff7d88f287851f632e063efbbb3853f4ba",
        "note-author.public.asc": "8747aee503511c006ff3f7c0125e10de5afc839264f26d161de5a1b1ef383f80",
        "note.json": "b06f100643014b07b307983a077de9b761cdb49d44f4636e53c89c7538a94a29",
        "note.reply": "8c25898734ac1690a7f9fe2b289534a8cca2ba6f3bbaabd63424843a0e5786db",
        "member.public.asc": "625c5a78f5831bd7c4e9afbc856e546fa48cd8a2d4c66359b2f830153d58a9d1",
        "reply.json": "4679ab6b5e79bd33fbd22f29dcb5e952633672cf7d0620a269b4ced0c384b302",
        "reply.reply": "bafc246ebd19cca59b9cee396bad4ccdc820a8a7f4ff1644268946b54407e132",
        "submission.json": "6062d38ab19c52c534ccda8435928b57ede22df8b826f5ae8abbff22e8c983c2",
        "submission.zip": "2703b32bca6549a3b2b81036ee0ca846ca6d9da17b5a51b605ed78039ef25695",
        "account-author.public.asc": "366bb7c770aee559daaf9348da2f00e7375f0464c1cfe9a0bd7f50d50192b38e",
        "account-parts.json": "b661c9fedc73f471d56437741c95d38038f53c577803c6f923370525ba8f4d89",
        "account.json": "8c585219e2f24c3aeba17833582fd599e8b628e17480dbf879250dce837bb59b",
        "account.reply": "65529abc88ffea11d730146481ca77e3e9aef3886cc6aa94828c162847f7116b",
        "ask.json": "e96f15bdb929fcad0c61dada30c7653520bcaa80b172d8cec0ea9e5a123ade85",
        "ask.reply": "35a4a784d16cd82264f4dc70f2b6549c4930a169ab1ab192535bd2cadc38a344",
        "moved.json": "13f39df2e8adfa59b027cbf87776b52db4bfc055c1e9e90e71488c0af3bcdebb",
        "moved.zip": "c8978970518fc2f3b2b8966f44883895d9996f4fa0f3b200390b917034fa01b5",
    }


def test_the_frozen_submission_opens() -> None:
    data = (SAMPLES / "submission.zip").read_bytes()
    envelope = verify_submission(unpack(opened(data), PLENTY))
    header = header_of(SUBMISSION)
    assert envelope.header == header
    verify_place(envelope, drop=header.drop, case=header.case, item=header.item)
    assert envelope.message.reveal() == SUBMISSION["message"]
    index = envelope.index
    assert (index.number, index.previous) == (SUBMISSION["number"], SUBMISSION["previous"])
    assert list(index.recipients) == SUBMISSION["recipients"]
    found: dict[str, bytes] = {}
    extract(opened(data), envelope, lambda attachment: kept(found, attachment))
    assert found == contents(SUBMISSION)


def test_the_frozen_submission_is_packed_to_the_same_bytes_again() -> None:
    packer, start = packed(SUBMISSION)
    index = packer.index(SUBMISSION["number"], SUBMISSION["previous"], SUBMISSION["recipients"])
    signature = sign_submission(SigningKey(bytes.fromhex(SUBMISSION["case_key_seed"])), index)
    assert start + b"".join(packer.finish(index, signature)) == (SAMPLES / "submission.zip").read_bytes()


def test_the_frozen_submission_opens_sealed_with_this_program(reader: Reader) -> None:
    gpg = Gpg(reader.home, agent=True)
    envelope = verify_submission(unpack(lambda: gpg.unseal(reader.submission), PLENTY))
    assert envelope.message.reveal() == SUBMISSION["message"]


def test_the_frozen_submission_opens_sealed_with_gpg_and_unzip_alone(reader: Reader, tmp_path: Path) -> None:
    plain = factories.run_gpg(reader.home, "--decrypt", str(reader.submission))
    (tmp_path / "item.zip").write_bytes(plain)
    done = subprocess.run(["unzip", "-q", "item.zip", "-d", "item"], cwd=tmp_path, check=True, capture_output=True)
    assert done.stdout + done.stderr == b""
    assert (tmp_path / "item" / "message.txt").read_bytes().decode() == SUBMISSION["message"]
    attachments = sorted((tmp_path / "item" / "attachments").iterdir())
    assert [path.name for path in attachments] == ["0001.bin", "0002.jpg", "0003.txt"]
    assert [path.read_bytes() for path in attachments] == list(contents(SUBMISSION).values())


def verify(
    signed: bytes, signature: bytes, home: Path, key: str = "member.public.asc", by: Fingerprint = MEMBER
) -> Fingerprint:
    gpg = Gpg(home)
    gpg.import_keys((SAMPLES / key).read_bytes())
    return gpg.verify_detached(signed, signature, [by])


def test_the_frozen_reply_opens_for_its_reporter(short_dir: Path) -> None:
    path = SAMPLES / "reply.reply"
    key = reply_box.unlock(b64decode(REPLY["lock"]), PrivateKey(bytes.fromhex(REPLY["reply_key_secret"])))
    assert key == bytes.fromhex(REPLY["key"])
    envelope = writing.open_writing(path, key, lambda signed, signature: verify(signed, signature, short_dir / "h"))
    assert envelope.header == header_of(REPLY)
    assert envelope.message.reveal() == REPLY["message"]
    found: dict[str, bytes] = {}
    writing.extract_writing(path, key, envelope, lambda attachment: kept(found, attachment))
    assert found == contents(REPLY)


def test_the_frozen_reply_opens_for_its_desks(reader: Reader) -> None:
    with reader.reply.open("rb") as stream:
        desk_lock = reply_box.read_container(stream).desk_lock
    assert Gpg(reader.home, agent=True).unseal_bytes(desk_lock, 1024) == bytes.fromhex(REPLY["key"])


def test_the_frozen_reply_is_packed_to_the_same_bytes_again() -> None:
    with reply_box.open_body(SAMPLES / "reply.reply", bytes.fromhex(REPLY["key"])) as body:
        frozen = body.read()
    signature = zipfile.ZipFile(io.BytesIO(frozen)).read("index.asc")
    packer, start = packed(REPLY)
    assert start + b"".join(packer.finish(packer.index(), signature)) == frozen
    assert unpack(lambda: nullcontext(io.BytesIO(frozen)), PLENTY)


def open_note(home: Path) -> Envelope:
    def verified(signed: bytes, signature: bytes) -> Fingerprint:
        return verify(signed, signature, home, "note-author.public.asc", NOTE_AUTHOR)

    return writing.open_writing(SAMPLES / "note.reply", bytes.fromhex(NOTE["key"]), verified)


def test_the_frozen_note_that_arranges_work_opens(short_dir: Path) -> None:
    envelope = open_note(short_dir / "h")
    assert envelope.header == header_of(NOTE)
    assert envelope.header.knows == (ItemId("10" * 16), ItemId("20" * 16))
    assert envelope.header.work == Work(NOTE_AUTHOR, WorkState.WAITING, ("café, spoed", "日本"), ("nieuw",))
    assert envelope.message.reveal() == NOTE["message"]


def test_the_frozen_note_is_packed_to_the_same_bytes_again() -> None:
    with reply_box.open_body(SAMPLES / "note.reply", bytes.fromhex(NOTE["key"])) as body:
        frozen = body.read()
    signature = zipfile.ZipFile(io.BytesIO(frozen)).read("index.asc")
    packer, start = packed(NOTE)
    assert start + b"".join(packer.finish(packer.index(), signature)) == frozen


def test_the_frozen_reply_from_before_notes_arranged_work_says_nothing_of_what_its_author_knew() -> None:
    assert header_of(REPLY).knows is None
    assert header_of(REPLY).work is None


def test_what_the_documentation_says_opens_a_reply(reader: Reader, tmp_path: Path) -> None:
    section = (ROOT / "docs" / "formats.md").read_text().partition("\n## Reply and note\n")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        found[1],
        str(reader.reply),
        str(tmp_path / "reply.zip"),
    ]
    environment = os.environ | {"GNUPGHOME": str(reader.home)}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    archive = zipfile.ZipFile(tmp_path / "reply.zip")
    assert archive.read("message.txt").decode() == REPLY["message"]
    signed = b"onion-dropbox reply 1\n" + archive.read("index.json")
    assert verify(signed, archive.read("index.asc"), reader.home.parent / "public") == MEMBER
