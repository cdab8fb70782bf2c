"""Hostile envelopes: whatever is not byte for byte what our own writer makes is refused before anything is believed."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError

from dropbox import canonical
from dropbox.envelope import (
    MAX_ATTACHMENTS,
    MAX_TEXT_BYTES,
    Envelope,
    Packer,
    sign_submission,
    signed_bytes,
    unpack,
    verify_submission,
    verify_writing,
)
from dropbox.envelope.records import MAX_DIRECTORY_BYTES
from dropbox.errors import EnvelopeError, SignatureInvalid, UnsealError
from dropbox.models import Fingerprint, Kind, Plaintext, Recipient
from tests.conftest import Members
from tests.envelopes import (
    AUTHOR,
    FLOOR,
    PLENTY,
    READERS,
    Case,
    opened,
    pack,
    submission_header,
    writing_header,
)
from tests.zip_forge import Archive, Attack, Forged, forge

CASE = Case()
FILES = [("a.txt", "text/plain", b"one"), ("b.pdf", "application/pdf", b"two"), ("c", "", b"")]
PLAIN = pack(CASE, "Something happened.", FILES)
FIRST, SECOND = b"attachments/0001.txt", b"attachments/0002.pdf"


def archive() -> Archive:
    """Return the sample's entries, its padding still to be made."""
    source = zipfile.ZipFile(io.BytesIO(PLAIN))
    names = [name for name in source.namelist() if name != "padding"]
    return Archive([*(Forged(name.encode(), source.read(name)) for name in names), Forged(b"padding", b"")])


def resigned(change: Callable[[dict[str, Any]], object], files: Callable[[Archive], object] | None = None) -> bytes:
    """Return the sample with a changed index.json, signed by the case itself."""
    forged = archive()
    index = json.loads(forged.entry(b"index.json").data)
    change(index)
    forged.entry(b"index.json").data = canonical.dump(index)
    forged.entry(b"index.sig").data = sign_submission(CASE.case_key, canonical.dump(index))
    if files is not None:
        files(forged)
    return forge(forged)


def refused(data: bytes) -> None:
    with pytest.raises((EnvelopeError, SignatureInvalid)):
        verify_submission(unpack(opened(data), PLENTY))


def test_the_forge_makes_what_the_drop_makes_when_it_changes_nothing() -> None:
    assert forge(archive()) == PLAIN
    assert resigned(lambda _index: None) == PLAIN
    assert verify_submission(unpack(opened(PLAIN), PLENTY))


def on(path: bytes, /, **changes: Any) -> Attack:
    def attack(forged: Archive) -> None:
        entry = forged.entry(path)
        for key, value in changes.items():
            setattr(entry, key, value)

    return attack


def whole(**changes: Any) -> Attack:
    def attack(forged: Archive) -> None:
        for key, value in changes.items():
            setattr(forged, key, value)

    return attack


def with_entries(change: Callable[[list[Forged]], object]) -> Attack:
    return lambda forged: change(forged.entries)


def swapped(entries: list[Forged], one: int, other: int) -> None:
    entries[one], entries[other] = entries[other], entries[one]


def deflated(forged: Archive) -> None:
    entry = forged.entry(FIRST)
    squeezer = zlib.compressobj(wbits=-15)
    plain, entry.data = entry.data, squeezer.compress(entry.data) + squeezer.flush()
    sizes = {"crc": zlib.crc32(plain), "csize": len(entry.data), "size": len(plain), "method": 8}
    entry.local, entry.central = {"method": 8}, sizes
    entry.descriptor = struct.pack("<4s3L", b"PK\7\x08", zlib.crc32(plain), len(entry.data), len(plain))


def descriptor(crc: int, stored: int, size: int, signature: bytes = b"PK\7\x08") -> bytes:
    return struct.pack(f"<{len(signature)}s3L", signature, crc, stored, size)


ONE = zlib.crc32(b"one")
ZIP64 = struct.pack("<HHQQ", 1, 16, 3, 3)
ATTACKS: dict[str, Attack] = {
    "prefix": whole(prefix=b"#!/bin/sh\n"),
    "prefix that looks like an entry": whole(prefix=b"PK\3\4"),
    "comment": whole(comment=b"hello"),
    "comment that holds an end record": whole(comment=b"PK\5\6" + bytes(18)),
    "trailer": whole(trailer=b"\0"),
    "gap before an entry": on(FIRST, gap=b"hidden"),
    "gap before the directory": whole(before_directory=b"hidden"),
    "gap before the end record": whole(before_end=b"hidden"),
    "zip64 end record": whole(before_end=b"PK\6\6" + bytes(52) + b"PK\6\7" + bytes(16)),
    "end: another disk": whole(end={"disk": 1}),
    "end: starts on another disk": whole(end={"start_disk": 1}),
    "end: fewer entries here": whole(end={"here": 7}),
    "end: fewer entries": whole(end={"here": 7, "total": 7}),
    "end: more entries": whole(end={"here": 9, "total": 9}),
    "end: 65535 entries": whole(end={"here": 65535, "total": 65535}),
    "end: no entries": whole(end={"here": 0, "total": 0}),
    "end: no directory": whole(end={"here": 0, "total": 0, "size": 0}),
    "end: offset": whole(end={"offset": 0}),
    "end: zip64 offset": whole(end={"offset": 0xFFFFFFFF}),
    "end: zip64 size": whole(end={"size": 0xFFFFFFFF}),
    "extra in the local header": on(FIRST, local_extra=ZIP64),
    "extra in the central header": on(FIRST, central_extra=ZIP64),
    "extra in both": on(FIRST, local_extra=b"UT\0\0", central_extra=b"UT\0\0"),
    "comment of an entry": on(FIRST, comment=b"hello"),
    "encrypted": on(FIRST, local={"flags": 9}, central={"flags": 9}),
    "encrypted centrally only": on(FIRST, central={"flags": 9}),
    "not streamed": on(
        FIRST, local={"flags": 0, "crc": ONE, "csize": 3, "size": 3}, central={"flags": 0}, descriptor=b""
    ),
    "not streamed locally only": on(FIRST, local={"flags": 0, "crc": ONE, "csize": 3, "size": 3}, descriptor=b""),
    "utf-8 flag": on(FIRST, local={"flags": 0x808}, central={"flags": 0x808}),
    "deflated": deflated,
    "method says deflated": on(FIRST, local={"method": 8}, central={"method": 8}),
    "method differs": on(FIRST, central={"method": 8}),
    "sizes in the local header": on(FIRST, local={"crc": ONE, "csize": 3, "size": 3}),
    "time": on(FIRST, local={"time": 1}, central={"time": 1}),
    "date differs": on(FIRST, central={"date": 0x22}),
    "version": on(FIRST, local={"version": 45}, central={"version": 45}),
    "a symbolic link": on(FIRST, central={"external": 0o120777 << 16}),
    "a folder": on(FIRST, central={"external": (0o040755 << 16) | 16}),
    "executable": on(FIRST, central={"external": 0o100755 << 16}),
    "made by another system": on(FIRST, central={"made": 20}),
    "entry on another disk": on(FIRST, central={"disk": 1}),
    "marked as text": on(FIRST, central={"internal": 1}),
    "offset of another entry": on(FIRST, central={"offset": 0}),
    "central crc": on(FIRST, central={"crc": 0}),
    "central size": on(FIRST, central={"size": 2}),
    "central stored size": on(FIRST, central={"csize": 2}),
    "central sizes, both": on(FIRST, central={"size": 2, "csize": 2}),
    "central sizes, zip64": on(FIRST, central={"size": 0xFFFFFFFF, "csize": 0xFFFFFFFF}),
    "descriptor without signature": on(FIRST, descriptor=descriptor(ONE, 3, 3, b"")),
    "descriptor with another signature": on(FIRST, descriptor=descriptor(ONE, 3, 3, b"PK\7\7")),
    "descriptor crc": on(FIRST, descriptor=descriptor(0, 3, 3)),
    "descriptor size": on(FIRST, descriptor=descriptor(ONE, 3, 4)),
    "descriptor stored size": on(FIRST, descriptor=descriptor(ONE, 4, 3)),
    "descriptor of zip64": on(FIRST, descriptor=struct.pack("<4sLQQ", b"PK\7\x08", ONE, 3, 3)),
    "descriptor missing": on(FIRST, descriptor=b""),
    "crc wrong everywhere": on(FIRST, descriptor=descriptor(1, 3, 3), central={"crc": 1}),
    "another local name": on(FIRST, local_name=b"attachments/0001.exe"),
    "a local name that climbs": on(FIRST, local_name=b"../../../.ssh/authorized"),
    "an entry that the directory hides": with_entries(lambda e: e.insert(3, Forged(b"x", b"y", listed=False))),
    "an attachment missing": with_entries(lambda e: e.pop(2)),
    "the last attachment missing": with_entries(lambda e: e.pop(4)),
    "an attachment more": with_entries(lambda e: e.insert(5, Forged(b"attachments/0004.txt", b"x"))),
    "an attachment twice": with_entries(lambda e: e.insert(3, Forged(FIRST, b"one"))),
    "attachments swapped": with_entries(lambda e: swapped(e, 2, 3)),
    "header and message swapped": with_entries(lambda e: swapped(e, 0, 1)),
    "index and signature swapped": with_entries(lambda e: swapped(e, 5, 6)),
    "signature and padding swapped": with_entries(lambda e: swapped(e, 6, 7)),
    "no header": with_entries(lambda e: e.pop(0)),
    "no message": with_entries(lambda e: e.pop(1)),
    "no index": with_entries(lambda e: e.pop(5)),
    "no signature": with_entries(lambda e: e.pop(6)),
    "no padding": with_entries(lambda e: e.pop(7)),
    "two paddings": with_entries(lambda e: e.insert(7, Forged(b"padding", b"\0"))),
    "two indexes": with_entries(lambda e: e.insert(5, Forged(b"index.json", b"{}"))),
    "a foreign entry": with_entries(lambda e: e.insert(2, Forged(b"README", b"x"))),
    "a foreign entry at the end": with_entries(lambda e: e.append(Forged(b"x", b"y"))),
    "a folder entry": with_entries(lambda e: e.insert(2, Forged(b"attachments/", b""))),
    "nothing at all": with_entries(lambda e: e.clear()),
    "a pgp signature on a submission": on(b"index.sig", name=b"index.asc"),
    "another message": on(b"message.txt", data=b"Nothing happened."),
    "another attachment": on(FIRST, data=b"two"),
    "a message that is not UTF-8": on(b"message.txt", data=b"\xff"),
    "padding that is not zero": on(b"padding", data=bytes(60_000) + b"\1"),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_envelope_that_differs_in_one_thing_is_refused(attack: Attack) -> None:
    forged = archive()
    attack(forged)
    refused(forge(forged))


def padding_bytes() -> int:
    return next(
        entry.file_size for entry in zipfile.ZipFile(io.BytesIO(PLAIN)).infolist() if entry.filename == "padding"
    )


def hidden(position: int) -> bytes:
    zeros = bytearray(padding_bytes())
    zeros[position] = 1
    forged = archive()
    forged.entry(b"padding").data = bytes(zeros)
    return forge(forged)


@pytest.mark.parametrize("position", [0, 1, 30_000, -1])
def test_nothing_hides_in_the_padding(position: int) -> None:
    data = hidden(position)
    assert len(data) == FLOOR
    refused(data)


@pytest.mark.parametrize("size", [1, padding_bytes() - 1, padding_bytes() + 1, padding_bytes() + 2048, 2 * FLOOR])
def test_padding_of_any_other_size_than_the_bucket_asks_is_refused(size: int) -> None:
    forged = archive()
    forged.entry(b"padding").data = bytes(size)
    refused(forge(forged))


def test_a_floor_other_than_the_index_says_is_refused() -> None:
    refused(resigned(lambda index: index.update(floor=2 * FLOOR)))
    refused(resigned(lambda index: index.update(floor=FLOOR // 2)))


def entry(number: int, **changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda index: index["entries"][number].update(changes)


def without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda index: index.pop(key)


INDEX_LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another hash": entry(2, sha256="00" * 32),
    "a hash in upper case": entry(2, sha256="AB" * 32),
    "another size": entry(2, bytes=4),
    "a negative size": entry(2, bytes=-1),
    "a size that is true": entry(4, bytes=False),
    "a size that is text": entry(2, bytes="3"),
    "another path": entry(2, path="attachments/0001.pdf"),
    "a path that climbs": entry(2, path="../0001.txt"),
    "a name on the header": entry(0, name="x"),
    "a type on the message": entry(1, type="text/plain"),
    "a name that is too long": entry(2, name="é" * 128),
    "a name that is no text": entry(2, name=None),
    "no media type": entry(2, type=""),
    "a media type with a parameter": entry(2, type="text/plain; x=y"),
    "a media type with a new line": entry(2, type="text/plain\n"),
    "a key more in an entry": entry(2, mode="0777"),
    "a key less in an entry": lambda index: index["entries"][2].pop("name"),
    "an entry less": lambda index: index["entries"].pop(2),
    "an entry more": lambda index: index["entries"].append(index["entries"][2]),
    "no entries": lambda index: index.update(entries=[]),
    "entries that are none": lambda index: index.update(entries={}),
    "an entry that is a text": lambda index: index.update(entries=["a"] * 5),
    "attachments swapped": lambda index: index["entries"].insert(2, index["entries"].pop(3)),
    "itself listed": lambda index: index["entries"].append({"path": "index.json"}),
    "another format": lambda index: index.update(format=2),
    "no format": without("format"),
    "no floor": without("floor"),
    "a floor that is true": lambda index: index.update(floor=True),
    "no number": without("number"),
    "no previous": without("previous"),
    "no recipients": without("recipients"),
    "number 0": lambda index: index.update(number=0),
    "number -1": lambda index: index.update(number=-1),
    "number true": lambda index: index.update(number=True),
    "a huge number": lambda index: index.update(number=10**30),
    "the first one has something before it": lambda index: index.update(previous="ab" * 32),
    "previous is no hash": lambda index: index.update(number=2, previous="ab"),
    "previous is no text": lambda index: index.update(number=2, previous=7),
    "recipients in lower case": lambda index: index.update(recipients=[READERS[0].lower()]),
    "recipients twice": lambda index: index.update(recipients=[READERS[0], READERS[0]]),
    "recipients unsorted": lambda index: index.update(recipients=sorted(READERS, reverse=True)),
    "recipients that are text": lambda index: index.update(recipients=READERS[0]),
    "a key more": lambda index: index.update(more=1),
}


@pytest.mark.parametrize("lie", INDEX_LIES.values(), ids=INDEX_LIES.keys())
def test_an_index_that_lies_is_refused_although_the_case_signed_it(lie: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(EnvelopeError):
        unpack(opened(resigned(lie)), PLENTY)


HOSTILE_PATHS = [
    "attachments/0001.exe",
    "attachments/0001.TXT",
    "attachments/0001.tar.gz",
    "attachments/0001",
    "attachments/0001.",
    "attachments/1.txt",
    "attachments/00001.txt",
    "attachments/0002.txt",
    "attachments/0000.txt",
    "attachments/../0001.txt",
    "attachments//0001.txt",
    "attachments/./0001.txt",
    "attachments\\0001.txt",
    "Attachments/0001.txt",
    "/attachments/0001.txt",
    "attachments/0001.txt/",
    "attachments/0001.txt\0",
    "attachments/0001.\u0660txt",
    "message.txt",
    "index.json",
    "",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_path_that_the_server_would_not_make_is_refused_although_everything_agrees(path: str) -> None:
    def rename(forged: Archive) -> None:
        forged.entry(FIRST).name = path.encode()

    refused(resigned(entry(2, path=path), rename))


def test_a_header_or_index_in_another_spelling_is_refused_although_everything_agrees() -> None:
    forged = archive()
    index = json.loads(forged.entry(b"index.json").data)
    loose = json.dumps(index).encode()
    forged.entry(b"index.json").data = loose
    forged.entry(b"index.sig").data = sign_submission(CASE.case_key, loose)
    refused(forge(forged))


def test_a_case_that_signs_another_header_than_it_sends_is_refused() -> None:
    header = submission_header(CASE, kind=Kind.MESSAGE).as_bytes()
    refused(resigned(lambda _index: None, on(b"envelope.json", data=header)))


@pytest.mark.parametrize("size", [MAX_TEXT_BYTES, MAX_TEXT_BYTES + 1])
def test_a_text_over_the_limit_is_refused_although_everything_agrees(size: int) -> None:
    text = b"x" * size
    data = resigned(entry(1, bytes=size, sha256=canonical.sha256_hex(text)), on(b"message.txt", data=text))
    if size > MAX_TEXT_BYTES:
        refused(data)
    else:
        assert verify_submission(unpack(opened(data), PLENTY)).message.reveal() == text.decode()


def test_a_text_that_is_not_utf_8_is_refused_although_everything_agrees() -> None:
    text = b"caf\xe9"
    refused(resigned(entry(1, bytes=4, sha256=canonical.sha256_hex(text)), on(b"message.txt", data=text)))


def test_a_submission_with_the_index_of_a_writing_is_refused_although_everything_agrees() -> None:
    def as_in_a_writing(index: dict[str, Any]) -> None:
        for key in ("number", "previous", "recipients"):
            del index[key]

    refused(resigned(as_in_a_writing))


def test_a_writing_with_the_index_of_a_submission_is_refused_although_everything_agrees() -> None:
    header = writing_header(CASE).as_bytes()
    listed = entry(0, bytes=len(header), sha256=canonical.sha256_hex(header))

    def as_a_writing(forged: Archive) -> None:
        forged.entry(b"envelope.json").data = header
        forged.entry(b"index.sig").name = b"index.asc"

    with pytest.raises(EnvelopeError):
        unpack(opened(resigned(listed, as_a_writing)), PLENTY)


def test_a_floor_below_the_least_is_refused_although_everything_agrees() -> None:
    forged = archive()
    index = json.loads(forged.entry(b"index.json").data)
    index["floor"] = FLOOR // 2
    forged.entry(b"index.json").data = canonical.dump(index)
    forged.entry(b"index.sig").data = sign_submission(CASE.case_key, canonical.dump(index))
    data = forge(forged, FLOOR // 2)
    assert len(data) == FLOOR // 2
    refused(data)


@pytest.mark.parametrize("count", [MAX_ATTACHMENTS, MAX_ATTACHMENTS + 1])
def test_one_attachment_too_many_is_refused_although_everything_agrees(count: int) -> None:
    paths = [f"attachments/{number:04d}.txt" for number in range(4, count + 1)]
    empty = {"name": "", "type": "text/plain", "bytes": 0, "sha256": canonical.sha256_hex(b"")}

    def add(forged: Archive) -> None:
        forged.entries[5:5] = [Forged(path.encode(), b"") for path in paths]

    data = resigned(lambda index: index["entries"].extend(empty | {"path": path} for path in paths), add)
    if count > MAX_ATTACHMENTS:
        refused(data)
    else:
        assert len(verify_submission(unpack(opened(data), PLENTY)).index.attachments) == count


def test_sizes_that_overflow_when_added_up_are_refused() -> None:
    forged = archive()
    for one in forged.entries:
        one.central = {"size": 0xFFFFFFFF, "csize": 0xFFFFFFFF}
    refused(forge(forged))
    forged.end = {"offset": 0xFFFFFFFF}
    refused(forge(forged))


def test_a_directory_larger_than_any_of_ours_is_refused() -> None:
    forged = archive()
    forged.entries[5:5] = [Forged(b"attachments/%04d.txt" % n, b"") for n in range(4, MAX_DIRECTORY_BYTES // 66)]
    refused(forge(forged))


def content(envelope: Envelope) -> tuple[object, ...]:
    return envelope.header, envelope.message.reveal(), envelope.index, envelope.index_sha256


def interesting_positions(data: bytes) -> list[int]:
    """Return every position outside the zeros of the padding, and a sample of those."""
    local = data.index(b"padding", data.index(b"index.json"))
    start, end = local + len(b"padding"), data.index(b"PK\7\x08", local)
    return [*range(start), *range(start, end, 11), end - 1, *range(end, len(data))]


def test_no_flipped_bit_changes_what_a_submission_says() -> None:
    wanted = content(verify_submission(unpack(opened(PLAIN), PLENTY)))
    survivors = 0
    for position in interesting_positions(PLAIN):
        mutant = bytearray(PLAIN)
        mutant[position] ^= 1 << (position % 8)
        try:
            envelope = verify_submission(unpack(opened(bytes(mutant)), PLENTY))
        except (EnvelopeError, SignatureInvalid):
            continue
        survivors += 1
        assert content(envelope) == wanted, position
    assert survivors == 0


def test_no_flipped_bit_changes_what_a_writing_says() -> None:
    packer = Packer(writing_header(CASE), Plaintext("We have read it."), FLOOR)
    data = packer.begin()
    index = packer.index()
    signature = CASE.case_key.sign(signed_bytes(Kind.REPLY, index)).signature
    data += b"".join(packer.finish(index, signature))

    def verify(signed: bytes, given_signature: bytes) -> Fingerprint:
        try:
            CASE.case_key.verify_key.verify(signed, given_signature)
        except (BadSignatureError, ValueError):
            raise SignatureInvalid from None
        return AUTHOR

    assert verify_writing(unpack(opened(data), PLENTY), verify)
    for position in interesting_positions(data):
        mutant = bytearray(data)
        mutant[position] ^= 0x80 >> (position % 8)
        with pytest.raises((EnvelopeError, SignatureInvalid)):
            verify_writing(unpack(opened(bytes(mutant)), PLENTY), verify)


@settings(deadline=None, database=None, max_examples=150)
@given(st.data())
def test_no_cut_insertion_or_repetition_passes(data: st.DataObject) -> None:
    first, second = sorted((data.draw(st.integers(0, FLOOR)), data.draw(st.integers(0, FLOOR))))
    mutant = data.draw(
        st.sampled_from(
            [
                PLAIN[:first] + PLAIN[second:],
                PLAIN[:second] + PLAIN[first:],
                PLAIN[:first] + b"\0" + PLAIN[first:],
                PLAIN[first:] + PLAIN[:first],
            ]
        )
    )
    if mutant != PLAIN:
        refused(mutant)


@settings(deadline=None, database=None, max_examples=150)
@given(st.binary(max_size=2000), st.booleans())
def test_no_bytes_end_in_anything_but_a_refusal(data: bytes, with_end: bool) -> None:
    refused(data + PLAIN[-300:] if with_end else data)


@pytest.fixture(scope="module")
def sealed(members: Members) -> bytes:
    return members.gpg.seal_bytes(pack(CASE, "x" * 9000, [("film", "", bytes(300_000))]), [Recipient(members.anna)])


def test_a_sealed_submission_opens_through_gpg(members: Members, sealed: bytes) -> None:
    envelope = verify_submission(unpack(lambda: members.gpg.unseal(sealed), PLENTY))
    assert envelope.index.attachments[0].size == 300_000


def test_no_text_shows_in_the_sealed_size(members: Members) -> None:
    readers = [Recipient(members.anna), Recipient(members.bram)]
    envelopes = [pack(CASE, "x" * size, kind=kind) for size in (0, 9, 40_000) for kind in (Kind.REPORT, Kind.MANDATE)]
    assert len({len(members.gpg.seal_bytes(envelope, readers)) for envelope in envelopes}) == 1


@pytest.mark.parametrize("damage", ["cut", "flipped early", "flipped late", "cut to a third"])
def test_gpgs_verdict_comes_before_ours(members: Members, sealed: bytes, damage: str) -> None:
    flipped = bytearray(sealed)
    flipped[len(sealed) // 3 if damage == "flipped early" else -40] ^= 1
    damaged = {"cut": sealed[:-30], "cut to a third": sealed[: len(sealed) // 3]}.get(damage, bytes(flipped))
    with pytest.raises(UnsealError):
        unpack(lambda: members.gpg.unseal(damaged), PLENTY)


def test_gpg_is_left_in_peace_when_the_envelope_is_refused_half_way(members: Members) -> None:
    forged = archive()
    forged.entry(FIRST).local = {"flags": 9}
    hostile = members.gpg.seal_bytes(forge(forged), [Recipient(members.anna)])
    with pytest.raises(EnvelopeError):
        unpack(lambda: members.gpg.unseal(hostile), PLENTY)
