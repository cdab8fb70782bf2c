"""Bundles from hostile hands: each is refused whole, with one clear line, and nothing is changed or given out."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import (
    LIMITS,
    Receipt,
    Succession,
    VerifiedAnswer,
    VerifiedPickup,
    verify_answer,
    verify_pickup,
    write_pickup,
)
from dropbox.bundle.answer import SIGNED_LINE as ANSWER_LINE
from dropbox.bundle.pickup import SIGNED_LINE as PICKUP_LINE
from dropbox.bundle.tar import header
from dropbox.canonical import dump
from dropbox.errors import (
    BundleError,
    BundleForeign,
    BundleItemMismatch,
    BundleSignatureInvalid,
    BundleTooLarge,
    FileUnreadable,
)
from dropbox.models import ItemId, SealedKind, VaultId
from tests.attacking.bundles.measuring import peak
from tests.bundles import (
    ALICE,
    BOB,
    DAY,
    DESK,
    Members,
    PickupMaker,
    answer_manifest,
    changed,
    hashed,
    item_names,
    item_of,
    read_members,
    reply_entry,
    sign_as,
    verify_as_signed,
    without,
    write_answer_as,
    write_members,
)

Verified = VerifiedPickup | VerifiedAnswer


@dataclass
class Sample:
    """A good bundle, its members, and how its reader is called; `sign` makes a signature that is valid."""

    path: Path
    members: Members
    verify: Callable[[Path], Verified]
    sign: Callable[[bytes], bytes]

    def resigned(self, change: Callable[[dict[str, Any]], None]) -> Members:
        """Return the members with a manifest that was changed and then signed with the right key."""
        manifest = json.loads(dict(self.members)["manifest.json"])
        change(manifest)
        data = dump(manifest)
        return changed(changed(self.members, "manifest.json", data), "manifest.sig", self.sign(data))


def pickup_sample(folder: Path) -> Sample:
    maker = PickupMaker(folder)
    maker.add(b"one" * 300)
    maker.add(b"two" * 10, SealedKind.REPLY)
    maker.write(folder / "good.tar")
    sign = lambda data: maker.key.sign(PICKUP_LINE + data).signature  # noqa: E731
    members = read_members(folder / "good.tar")
    return Sample(folder / "good.tar", members, lambda path: verify_pickup(path, maker.drop), sign)


def answer_sample(folder: Path) -> Sample:
    drop = "d" * 64
    entries = [reply_entry(folder, b"reply" * 200), reply_entry(folder, b"note", SealedKind.NOTE)]
    write_answer_as(ALICE, folder / "good.tar", answer_manifest(drop, entries), folder)
    members = read_members(folder / "good.tar")
    return Sample(
        folder / "good.tar",
        members,
        lambda path: verify_answer(path, drop, verify_as_signed),
        lambda data: sign_as(ALICE)(ANSWER_LINE + data),
    )


@pytest.fixture(params=[pickup_sample, answer_sample], ids=["pickup", "answer"])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Sample:
    made: Sample = request.param(tmp_path)
    made.verify(made.path).close()
    return made


def refuse(sample: Sample, path: Path, *kinds: type[BundleError]) -> None:
    """Assert that the bundle is refused as one of these kinds, in one line that names no path, and changes nothing."""
    folder = {entry.name: entry.stat().st_mtime_ns for entry in path.parent.iterdir()}
    with pytest.raises(kinds or BundleError) as refusal:
        sample.verify(path)
    assert "\n" not in str(refusal.value)
    assert str(path.parent) not in str(refusal.value)
    assert {entry.name: entry.stat().st_mtime_ns for entry in path.parent.iterdir()} == folder


def refuse_members(sample: Sample, members: Members, *kinds: type[BundleError]) -> None:
    refuse(sample, write_members(sample.path.with_name("bad.tar"), members), *kinds)


def test_a_byte_altered_anywhere_is_refused(sample: Sample) -> None:
    data = sample.path.read_bytes()
    with sample.path.open("r+b", buffering=0) as stream:
        for position in range(0, len(data), 3):
            os.pwrite(stream.fileno(), bytes([data[position] ^ 1 << position % 8]), position)
            with pytest.raises(BundleError):
                sample.verify(sample.path)
            os.pwrite(stream.fileno(), data[position : position + 1], position)
    sample.verify(sample.path).close()


def test_a_bundle_cut_short_anywhere_is_refused(sample: Sample) -> None:
    data = sample.path.read_bytes()
    end = len(data.rstrip(b"\0")) + 512
    for length in [*range(0, end, 256), *range(end - 600, end + 400, 40)]:
        sample.path.write_bytes(data[:length])
        refuse(sample, sample.path)


@pytest.mark.parametrize("position", [0, 1, 2, 3, -1])
def test_a_missing_member_is_refused(sample: Sample, position: int) -> None:
    refuse_members(sample, without(sample.members, sample.members[position][0]), BundleItemMismatch)


@pytest.mark.parametrize("position", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", ["items/" + "f" * 32 + ".pgp", "README", "../../outside", "/tmp/outside", "."])
def test_a_foreign_member_is_refused(sample: Sample, position: int, name: str) -> None:
    members = [*sample.members[:position], (name, b"foreign"), *sample.members[position:]]
    refuse_members(sample, members, BundleItemMismatch)


def test_a_member_at_the_end_is_refused(sample: Sample) -> None:
    refuse_members(sample, [*sample.members, ("more", b"")], BundleItemMismatch)


def test_a_member_that_stands_twice_is_refused(sample: Sample) -> None:
    for position, member in enumerate(sample.members):
        refuse_members(sample, [*sample.members[: position + 1], member, *sample.members[position + 1 :]])
        refuse_members(sample, [*sample.members, member], BundleItemMismatch)


def test_members_in_another_order_are_refused(sample: Sample) -> None:
    for position in range(len(sample.members) - 1):
        first, second = sample.members[position : position + 2]
        members = [*sample.members[:position], second, first, *sample.members[position + 2 :]]
        refuse_members(sample, members, BundleItemMismatch)


def test_items_that_changed_places_are_refused(sample: Sample) -> None:
    one, two = item_names(sample.members)
    content = dict(sample.members)
    refuse_members(sample, changed(changed(sample.members, one, content[two]), two, content[one]))


def test_an_item_of_the_same_size_with_other_bytes_is_refused(sample: Sample) -> None:
    one = item_names(sample.members)[0]
    refuse_members(sample, changed(sample.members, one, bytes(len(dict(sample.members)[one]))), BundleItemMismatch)


TYPES = {
    "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "folder": tarfile.DIRTYPE,
    "contiguous": tarfile.CONTTYPE,
    "old regular": tarfile.AREGTYPE,
    "sparse": tarfile.GNUTYPE_SPARSE,
    "long name": tarfile.GNUTYPE_LONGNAME,
    "pax": tarfile.XHDTYPE,
    "global pax": tarfile.XGLTYPE,
}


def rewrite(sample: Sample, change: Callable[[tarfile.TarInfo], None], where: int, **options: Any) -> Path:
    """Write the good members with the standard library, which can do what ours cannot, one of them changed."""
    target = sample.path.with_name("bad.tar")
    options = {"format": tarfile.USTAR_FORMAT} | options
    with tarfile.open(target, "w", **options) as tar:
        for position, (name, data) in enumerate(sample.members):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            if position == where:
                change(info)
            tar.addfile(info, io.BytesIO(data))
    return target


def test_the_standard_library_writes_and_reads_the_same_form(sample: Sample) -> None:
    target = rewrite(sample, lambda _: None, 0)
    sample.verify(target).close()
    assert [name for name, _ in read_members(target)] == [name for name, _ in sample.members]


@pytest.mark.parametrize("where", [0, 2, -1])
@pytest.mark.parametrize("kind", TYPES)
def test_a_member_that_is_no_regular_file_is_refused(sample: Sample, kind: str, where: int) -> None:
    def turn(info: tarfile.TarInfo) -> None:
        info.type = TYPES[kind]
        info.linkname = "/etc/passwd"

    refuse(sample, rewrite(sample, turn, where % len(sample.members)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", 0o4755),
        ("uid", 1000),
        ("gid", 1),
        ("mtime", 1),
        ("uname", "root"),
        ("gname", "root"),
        ("linkname", "x"),
        ("name", "./manifest.json"),
        ("name", "manifest.json/"),
        ("name", "MANIFEST.JSON"),
    ],
)
def test_a_header_with_anything_else_in_it_is_refused(sample: Sample, field: str, value: object) -> None:
    refuse(sample, rewrite(sample, lambda info: setattr(info, field, value), 0))


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_extended_headers_are_refused(sample: Sample, kind: int) -> None:
    def lengthen(info: tarfile.TarInfo) -> None:
        info.name = "x" * 300
        info.pax_headers = {"path": "/etc/passwd", "size": "1"}

    refuse(sample, rewrite(sample, lengthen, 2, format=kind))


def test_a_global_pax_header_in_front_is_refused(sample: Sample) -> None:
    headers = {"comment": "hello"}
    refuse(sample, rewrite(sample, lambda _: None, 0, format=tarfile.PAX_FORMAT, pax_headers=headers))


@pytest.mark.parametrize(
    "size",
    [b"\x80" + bytes(10) + b"\x05", b"\xff" * 12, b"-0000000001\0", b"+0000000001\0", b" 000000001 \0", bytes(12)],
)
def test_a_size_in_another_spelling_is_refused(sample: Sample, size: bytes) -> None:
    data = bytearray(sample.path.read_bytes())
    data[124:136] = size
    data[148:156] = b"        "
    data[148:156] = b"%06o\0 " % sum(data[:512])
    sample.path.write_bytes(data)
    refuse(sample, sample.path)


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [("manifest.json", LIMITS.manifest_bytes, "32 MiB"), ("manifest.sig", LIMITS.signature_bytes, "16 KiB")],
)
def test_a_member_over_its_limit_is_refused_before_it_is_read(
    sample: Sample, name: str, limit: int, words: str
) -> None:
    before = sample.members[: [member for member, _ in sample.members].index(name)]
    start = b"".join(header(member, len(data)) + data + bytes(-len(data) % 512) for member, data in before)
    sample.path.write_bytes(start + header(name, limit + 1))
    refuse(sample, sample.path, BundleTooLarge)
    with pytest.raises(BundleTooLarge, match=f"{name} is larger than {words}"):
        sample.verify(sample.path)


def test_an_item_larger_than_the_format_allows_is_refused_in_the_manifest(sample: Sample) -> None:
    def enlarge(manifest: dict[str, Any]) -> None:
        (manifest.get("items") or manifest["entries"])[0]["bytes"] = LIMITS.item_bytes + 1

    refuse_members(sample, sample.resigned(enlarge))


@pytest.mark.parametrize("tail", [b"\0" * 10240, b"\0", b"\0" * 512, b"x", b"x" * 512, b"\0" * 511 + b"x"])
def test_anything_behind_the_last_record_is_refused(sample: Sample, tail: bytes) -> None:
    sample.path.write_bytes(sample.path.read_bytes() + tail)
    refuse(sample, sample.path)


def test_a_half_block_at_the_end_is_refused(sample: Sample) -> None:
    content = sum(512 + len(member) + -len(member) % 512 for _, member in sample.members)
    for length in (content + 1023, content + 1025, content + 1500):
        sample.path.write_bytes(sample.path.read_bytes().ljust(length, b"\0")[:length])
        refuse(sample, sample.path)


def test_one_item_listed_twice_is_refused_even_when_it_stands_twice(sample: Sample) -> None:
    def repeat(manifest: dict[str, Any]) -> None:
        entries = manifest.get("items") or manifest["entries"]
        entries.insert(1, entries[0])

    members = sample.resigned(repeat)
    refuse_members(sample, [*members[:3], members[2], *members[3:]])


def test_the_bare_end_blocks_are_enough(sample: Sample) -> None:
    data = sample.path.read_bytes()
    content = sum(512 + len(member) + -len(member) % 512 for _, member in sample.members)
    sample.path.write_bytes(data[: content + 1024])
    sample.verify(sample.path).close()


def test_an_unknown_signer_is_refused(sample: Sample) -> None:
    manifest = dict(sample.members)["manifest.json"]
    for signature in (SigningKey.generate().sign(PICKUP_LINE + manifest).signature, sign_as(BOB)(manifest), b"", b"x"):
        refuse_members(sample, changed(sample.members, "manifest.sig", signature), BundleSignatureInvalid)


def test_a_signature_for_another_purpose_is_refused(sample: Sample) -> None:
    """Without its first line, the same key's signature over the same bytes could come from another context."""
    manifest = dict(sample.members)["manifest.json"]
    refuse_members(
        sample, changed(sample.members, "manifest.sig", sample.sign(b"\n" + manifest)), BundleSignatureInvalid
    )


def test_another_drops_bundle_is_refused(tmp_path: Path) -> None:
    sample = pickup_sample(tmp_path)
    with pytest.raises(BundleForeign):
        verify_pickup(sample.path, SigningKey.generate().verify_key.encode().hex())
    (tmp_path / "answer").mkdir()
    answer = answer_sample(tmp_path / "answer")
    with pytest.raises(BundleForeign):
        verify_answer(answer.path, "0" * 64, verify_as_signed)


def test_a_bundle_that_names_another_drop_than_its_signer_is_refused_at_first_contact(tmp_path: Path) -> None:
    sample = pickup_sample(tmp_path)
    other = SigningKey.generate().verify_key.encode().hex()
    members = sample.resigned(lambda manifest: manifest.update(drop=other))
    path = write_members(tmp_path / "bad.tar", members)
    for expected in (None, other, json.loads(dict(sample.members)["manifest.json"])["drop"]):
        with pytest.raises(BundleError):
            verify_pickup(path, expected)


def test_one_kind_of_bundle_is_not_read_as_the_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    pickup, answer = pickup_sample(tmp_path), answer_sample(tmp_path / "a")
    refuse(answer, pickup.path)
    refuse(pickup, answer.path)


@pytest.mark.parametrize("number", [0, 2, "1", 1.0, True, None])
def test_another_format_number_is_refused(sample: Sample, number: object) -> None:
    manifest = json.loads(dict(sample.members)["manifest.json"])
    data = json.dumps(manifest | {"format": number}, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    members = changed(changed(sample.members, "manifest.json", data), "manifest.sig", sample.sign(data))
    refuse_members(sample, members)


@pytest.mark.parametrize("item", ["../../etc/passwd", "/etc/passwd", "F" * 32, "f" * 31, "", "f" * 32 + "\n", 7, None])
def test_a_signed_manifest_cannot_name_a_path(sample: Sample, item: object) -> None:
    def rename(manifest: dict[str, Any]) -> None:
        (manifest.get("items") or manifest["entries"])[0]["item"] = item

    refuse_members(sample, sample.resigned(rename))


def test_a_manifest_that_is_not_canonical_is_refused(sample: Sample) -> None:
    good = dict(sample.members)["manifest.json"]
    for data in (good[:-1], good + b"\n", good.replace(b":", b": ", 1), good.replace(b"{", b'{"day":"2020-01-01",', 1)):
        members = changed(changed(sample.members, "manifest.json", data), "manifest.sig", sample.sign(data))
        refuse_members(sample, members)


@pytest.mark.parametrize("data", [b"", b"[]\n", b"null\n", b"{}\n", b"\xff\n", b"[" * 100_000, b'{"format":NaN}\n'])
def test_a_manifest_that_is_something_else_is_refused(sample: Sample, data: bytes) -> None:
    members = changed(changed(sample.members, "manifest.json", data), "manifest.sig", sample.sign(data))
    refuse_members(sample, members)


def test_an_unknown_or_missing_key_is_refused(sample: Sample) -> None:
    refuse_members(sample, sample.resigned(lambda manifest: manifest.update(extra=1)))
    for key in json.loads(dict(sample.members)["manifest.json"]):
        if key != "drop":
            refuse_members(sample, sample.resigned(lambda manifest, key=key: manifest.pop(key)))  # type: ignore[misc]


def test_what_changed_since_it_was_verified_is_not_given_out_as_whole(sample: Sample) -> None:
    name = item_names(sample.members)[0]
    with sample.verify(sample.path) as bundle:
        at = sample.path.read_bytes().index(dict(sample.members)[name])
        with sample.path.open("r+b") as stream:
            stream.seek(at)
            stream.write(b"#")
        with pytest.raises(BundleItemMismatch):
            bundle.copy_item(item_of(name), io.BytesIO())


def test_a_bundle_exchanged_after_its_verification_changes_nothing(sample: Sample) -> None:
    name = item_names(sample.members)[0]
    with sample.verify(sample.path) as bundle:
        other = sample.path.with_name("other")
        other.write_bytes(b"evil")
        other.replace(sample.path)
        copy = io.BytesIO()
        bundle.copy_item(item_of(name), copy)
    assert hashed(copy.getvalue()) == hashed(dict(sample.members)[name])


def test_a_fifo_device_or_folder_instead_of_a_bundle_does_not_hang(sample: Sample, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "fifo", tmp_path / "folder", Path("/dev/zero"), Path("/dev/tty"), tmp_path / "nothing"):
        with pytest.raises(FileUnreadable):
            sample.verify(path)


def test_an_empty_file_is_refused(sample: Sample) -> None:
    sample.path.write_bytes(b"")
    refuse(sample, sample.path)


def test_a_refused_bundle_leaves_no_open_descriptor(sample: Sample) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    refuse_members(sample, sample.members[:-1])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# --- manifests that are larger inside -----------------------------------------------------------------------------

FILLED = {
    "empty lists": b"[],",
    "empty objects": b"{},",
    "small objects": b'{"":0},',
    "small numbers": b"1,",
    "short texts": b'"ab",',
}


@pytest.mark.parametrize("filling", FILLED)
@pytest.mark.parametrize("kind", ["pickup", "answer"])
def test_a_manifest_of_millions_of_small_things_takes_no_memory(tmp_path: Path, kind: str, filling: str) -> None:
    """Nobody signed it: whoever can write to a stick or has a courier's passphrase can send it."""
    piece = FILLED[filling]
    author = b'{"author":"%b",' % ALICE.encode() if kind == "answer" else b"{"
    for size in (8 << 20, 32 << 20):
        manifest = author + b'"x":[' + piece * ((size - 200) // len(piece)) + b'0],"type":"%b"}\n' % kind.encode()
        path = write_members(tmp_path / "b", [("manifest.json", manifest), ("manifest.sig", bytes(64))])
        with peak() as measured, pytest.raises(BundleError):
            verify_pickup(path, "d0" * 32) if kind == "pickup" else verify_answer(path, "d0" * 32, verify_as_signed)
        assert measured.mib < 200


@pytest.mark.parametrize("first_contact", [True, False])
@pytest.mark.parametrize("has_new_key", [True, False])
def test_a_large_manifest_that_is_signed_is_read(tmp_path: Path, first_contact: bool, has_new_key: bool) -> None:
    maker = PickupMaker(tmp_path)
    maker.confirmed = {VaultId(f"{n:032x}"): tuple(range(10**14, 10**14 + 4000)) for n in range(140)}
    manifest, signer = maker.manifest(), maker.key
    if has_new_key:
        signer = SigningKey.generate()
        keys = (maker.drop, bytes(signer.verify_key).hex())
        manifest = replace(manifest, successions=(Succession(maker.drop, 1, DAY, *keys).signed_by(maker.key),))
    write_pickup(tmp_path / "b", manifest, maker.log, maker.keys, maker.path, signer)
    assert len(dict(read_members(tmp_path / "b"))["manifest.json"]) > LIMITS.unsigned_bytes
    with verify_pickup(tmp_path / "b", None if first_contact else maker.drop) as bundle:
        assert bundle.manifest == manifest


def test_a_large_answer_is_read_when_its_author_signed_it(tmp_path: Path) -> None:
    receipts = tuple(Receipt(ItemId(f"{n:032x}"), DESK, f"{n:064x}") for n in range(60_000))
    manifest = replace(answer_manifest("d0" * 32), receipts=receipts)
    write_answer_as(ALICE, tmp_path / "right", manifest, tmp_path)
    with verify_answer(tmp_path / "right", "d0" * 32, verify_as_signed) as bundle:
        assert bundle.manifest == manifest
    write_answer_as(BOB, tmp_path / "wrong", manifest, tmp_path)
    with pytest.raises(BundleSignatureInvalid):
        verify_answer(tmp_path / "wrong", "d0" * 32, verify_as_signed)
