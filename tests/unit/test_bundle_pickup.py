"""The pickup bundle: what was put in comes out, byte for byte, and what would not be read is never written."""

import io
import json
import os
import tarfile
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import LIMITS, Called, LineState, PickupManifest, verify_pickup, write_pickup
from dropbox.bundle.pickup import SIGNED_LINE
from dropbox.canonical import dump
from dropbox.errors import (
    BundleError,
    BundleItemMismatch,
    BundleSignatureInvalid,
    BundleTooLarge,
    InvalidValue,
    ItemUnknown,
    TargetExists,
    TargetUnusable,
)
from dropbox.models import Fingerprint, SealedKind, VaultId, new_item_id
from tests.bundles import (
    ALICE,
    BOB,
    PickupMaker,
    changed,
    hashed,
    read_members,
    write_members,
)

CAROL = Fingerprint("CA" * 20)


@pytest.fixture
def maker(tmp_path: Path) -> PickupMaker:
    folder = tmp_path / "items"
    folder.mkdir()
    return PickupMaker(folder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.tar"


def content(maker: PickupMaker, target: Path) -> dict[str, bytes]:
    with verify_pickup(target, maker.drop) as bundle:
        copies = {}
        for entry in bundle.manifest.items:
            stream = io.BytesIO()
            bundle.copy_item(entry.item, stream)
            copies[str(entry.item)] = stream.getvalue()
        return copies


def test_what_was_put_in_comes_out(maker: PickupMaker, target: Path) -> None:
    report, reply = maker.add(b"report" * 1000), maker.add(b"reply", SealedKind.REPLY)
    gone = maker.add(b"gone")
    maker.drop_item(gone, LineState.RECEIVED)
    maker.confirmed = {VaultId("a" * 32): (1, 2, 5)}
    manifest = maker.write(target)
    with verify_pickup(target, maker.drop) as bundle:
        assert bundle.manifest == manifest
        assert bundle.log == tuple(maker.log)
        assert bundle.keys == maker.keys
    assert content(maker, target) == {report.item: b"report" * 1000, reply.item: b"reply"}


def test_an_empty_bundle_is_valid(maker: PickupMaker, target: Path) -> None:
    maker.write(target)
    with verify_pickup(target, maker.drop) as bundle:
        assert bundle.manifest.items == ()
        assert bundle.log == ()
        assert (bundle.manifest.first, bundle.manifest.last) == (1, 0)


def test_the_first_contact_takes_the_bundles_own_key(maker: PickupMaker, target: Path) -> None:
    maker.write(target)
    with verify_pickup(target, None) as bundle:
        assert bundle.manifest.drop == maker.drop


def test_equal_arguments_give_equal_bytes(maker: PickupMaker, target: Path, tmp_path: Path) -> None:
    maker.add(b"one")
    maker.write(target)
    maker.write(tmp_path / "again.tar")
    assert target.read_bytes() == (tmp_path / "again.tar").read_bytes()


def test_members_stand_in_the_order_of_the_format(maker: PickupMaker, target: Path) -> None:
    items = [maker.add(b"%d" % n) for n in range(5)]
    maker.items = [items[n] for n in (3, 0, 4, 1, 2)]
    maker.write(target)
    names = ["manifest.json", "manifest.sig", *(entry.member_name for entry in maker.items)]
    assert [name for name, _ in read_members(target)] == [*names, f"keys/{ALICE}.asc", f"keys/{BOB}.asc", "log.txt"]


def test_tar_tells_nothing_of_whoever_wrote_it_and_when(maker: PickupMaker, target: Path) -> None:
    maker.add(b"one")
    maker.write(target)
    with tarfile.open(target, "r:") as tar:
        for entry in tar.getmembers():
            assert entry.isreg()
            assert (entry.mode, entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname) == (0o600, 0, 0, 0, "", "")
    assert target.stat().st_size % 10240 == 0


def test_the_signature_is_the_one_that_the_format_describes(maker: PickupMaker, target: Path) -> None:
    maker.write(target)
    members = dict(read_members(target))
    VerifyKey(bytes.fromhex(maker.drop)).verify(
        b"onion-dropbox pickup 1\n" + members["manifest.json"], members["manifest.sig"]
    )
    assert json.loads(members["manifest.json"])["files"]["log.txt"] == hashed(members["log.txt"])


def test_a_bundle_is_never_written_over_another_file(maker: PickupMaker, target: Path) -> None:
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists):
        maker.write(target)
    assert target.read_bytes() == b"precious"


def test_a_bundle_to_a_missing_folder_is_refused(maker: PickupMaker, tmp_path: Path) -> None:
    with pytest.raises(TargetUnusable):
        maker.write(tmp_path / "nowhere" / "out.tar")


@pytest.mark.parametrize("harm", ["changed", "shorter", "longer", "missing", "folder"])
def test_a_stored_item_that_is_damaged_stops_the_export_and_leaves_no_file(
    maker: PickupMaker, target: Path, harm: str
) -> None:
    entry = maker.add(b"sealed")
    path = maker.path(entry)
    if harm in {"missing", "folder"}:
        path.unlink()
        if harm == "folder":
            path.mkdir()
    else:
        path.write_bytes({"changed": b"seales", "shorter": b"seale", "longer": b"sealed!"}[harm])
    with pytest.raises(BundleItemMismatch):
        maker.write(target)
    assert [entry.name for entry in target.parent.iterdir()] == ["items"]


def test_a_log_that_no_reader_would_take_is_not_written(maker: PickupMaker, target: Path) -> None:
    maker.add(b"one")
    maker.log[0] = replace(maker.log[0], state=LineState.WITHDRAWN)
    with pytest.raises(BundleError):
        maker.write(target)
    assert not target.exists()


def test_a_key_of_nobody_on_a_roster_is_not_written(maker: PickupMaker, target: Path) -> None:
    maker.keys[CAROL] = b"key of carol"
    with pytest.raises(BundleError):
        maker.write(target)


def test_a_key_over_its_limit_is_not_written(maker: PickupMaker, target: Path) -> None:
    maker.keys[ALICE] = bytes(LIMITS.key_bytes + 1)
    with pytest.raises(BundleTooLarge, match="larger than 256 KiB"):
        maker.write(target)
    assert not target.exists()


def test_a_past_members_key_travels_too(maker: PickupMaker, target: Path) -> None:
    """BOB left the desk, but what he wrote while he was on it must still be verified."""
    manifest = maker.write(target)
    assert BOB in {membership.fingerprint for membership in manifest.rosters[maker.desk] if membership.last_day}
    with verify_pickup(target, maker.drop) as bundle:
        assert bundle.keys[BOB] == b"key of bob"


def test_an_item_that_is_not_in_the_bundle_is_not_copied(maker: PickupMaker, target: Path) -> None:
    maker.write(target)
    with verify_pickup(target, maker.drop) as bundle, pytest.raises(ItemUnknown):
        bundle.copy_item(new_item_id(), io.BytesIO())


def test_a_verified_bundle_is_read_through_its_own_descriptor_and_closed(maker: PickupMaker, target: Path) -> None:
    entry = maker.add(b"one")
    maker.write(target)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with verify_pickup(target, maker.drop) as bundle:
        target.unlink()
        copy = io.BytesIO()
        bundle.copy_item(entry.item, copy)
    assert copy.getvalue() == b"one"
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    bundle.close()


def test_a_large_item_takes_no_memory(maker: PickupMaker, target: Path) -> None:
    size = 96 << 20
    entry = maker.add(b"x")
    with maker.path(entry).open("wb") as stream:
        stream.truncate(size)
    digest = hashed(bytes(size))
    maker.items[0] = replace(entry, bytes=size, sha256=digest)
    maker.log[0] = replace(maker.log[0], sha256=digest)
    tracemalloc.start()
    try:
        maker.write(target)
        with verify_pickup(target, maker.drop) as bundle, Path(os.devnull).open("wb") as sink:
            bundle.copy_item(entry.item, sink)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


WRONG: dict[str, Any] = {
    "type": ["answer", "", None, 1],
    "drop": ["d" * 63, "D" * 64, None, 5],
    "trial": [0, 1, "false", None],
    "desk": ["", "Integrity", "a/b", "..", "other-desk", None, 3],
    "epoch": ["0" * 31, "0" * 64, None],
    "day": ["2026-13-01", "2026-1-1", "yesterday", "2026-03-04T00:00", 20260304, None],
    "kdf": [None, {}, {"name": "scrypt"}, []],
    "rosters": [{}, [], None, {"integrity": [{}]}, {"integrity": [None]}, {"integrity": {}}, {"../x": []}],
    "log": [None, {}, [], {"first": 1, "last": 2, "before": "0" * 64}],
    "items": [None, {}, [None], [{}], [[]], "items"],
    "confirmed": [None, [], {"x": [1]}, {"a" * 32: 1}, {"a" * 32: [0]}, {"a" * 32: [True]}, {"a" * 32: [2, 1]}],
    "files": [None, [], {}, {"log.txt": "x"}, {"keys/../../x.asc": "0" * 64}],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_manifest_with_a_wrong_value_is_refused_although_it_is_signed(
    maker: PickupMaker, target: Path, key: str, value: object
) -> None:
    maker.add(b"one")
    maker.write(target)
    refuse_signed(maker, target, lambda manifest: manifest.update({key: value}))


ITEM_WRONG: dict[str, Any] = {
    "case": ["", "C" * 32, None],
    "n": [0, -1, "1", True, 2, 2**53],
    "kind": ["report", "SUBMISSION", None, [], "reply"],
    "day": ["", None],
    "bytes": [0, -1, 2, 4, "3", None, True, 2**40],
    "sha256": ["0" * 64, "", None],
    "extra": [1],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in ITEM_WRONG.items() for value in values])
def test_an_item_with_a_wrong_value_is_refused_although_it_is_signed(
    maker: PickupMaker, target: Path, key: str, value: object
) -> None:
    maker.add(b"one")
    maker.write(target)
    refuse_signed(maker, target, lambda manifest: manifest["items"][0].update({key: value}))


@pytest.mark.parametrize(
    ("key", "value"),
    [("first", 0), ("first", 2), ("last", 0), ("last", 2), ("last", -1), ("before", "1" * 64), ("after", "1" * 64)],
)
def test_a_log_range_that_does_not_fit_is_refused(maker: PickupMaker, target: Path, key: str, value: object) -> None:
    maker.add(b"one")
    maker.write(target)
    refuse_signed(maker, target, lambda manifest: manifest["log"].update({key: value}))


def test_one_item_named_twice_is_refused(maker: PickupMaker, target: Path) -> None:
    maker.add(b"one")
    maker.add(b"two")
    maker.write(target)
    refuse_signed(maker, target, lambda manifest: manifest["items"][1].update(item=manifest["items"][0]["item"]))
    refuse_signed(maker, target, lambda manifest: manifest["items"][1].update(n=1))


def refuse_signed(maker: PickupMaker, target: Path, change: Any) -> None:
    """Change the manifest, sign it with the drop's own key, and see it refused for what it says."""
    members = read_members(target)
    manifest = json.loads(dict(members)["manifest.json"])
    change(manifest)
    data = dump(manifest)
    signature = maker.key.sign(SIGNED_LINE + data).signature
    bad = changed(changed(members, "manifest.json", data), "manifest.sig", signature)
    path = write_members(target.with_name("bad.tar"), bad)
    for drop in (maker.drop, None):
        with pytest.raises(BundleError) as refusal:
            verify_pickup(path, drop)
        assert manifest.get("drop") != maker.drop or not isinstance(refusal.value, BundleSignatureInvalid)


def test_the_writer_refuses_a_manifest_that_it_could_not_read(maker: PickupMaker, target: Path) -> None:
    entry = maker.add(b"one")
    for manifest in (
        replace(maker.manifest(), items=(entry, entry)),
        replace(maker.manifest(), drop="x"),
        replace(maker.manifest(), rosters={}),
        replace(maker.manifest(), last=2),
    ):
        with pytest.raises(BundleError):
            write(maker, target, manifest)
    assert not target.exists()


def write(maker: PickupMaker, target: Path, manifest: PickupManifest) -> None:
    write_pickup(target, manifest, maker.log, maker.keys, maker.path, maker.key)


def test_a_manifest_signed_with_another_key_than_it_names_is_refused(maker: PickupMaker, target: Path) -> None:
    manifest = maker.manifest()
    write_pickup(target, manifest, maker.log, maker.keys, maker.path, SigningKey.generate())
    for drop in (maker.drop, None):
        with pytest.raises(BundleSignatureInvalid):
            verify_pickup(target, drop)


def called(maker: PickupMaker, value: object) -> Called | None:
    manifest = json.loads(dump(maker.manifest().as_json()))
    return PickupManifest.from_json({**manifest, "called": value}).called


def test_names_in_a_bundle_come_out_as_they_went_in(maker: PickupMaker, target: Path) -> None:
    names = Called.made("Voorbeeld\npartij\u202e", {maker.desk: {"nl": "Vertrouwenspersoon", "ar": " "}})
    assert names == Called("Voorbeeld partij", {maker.desk: {"nl": "Vertrouwenspersoon"}})
    manifest = replace(maker.manifest(), called=names)
    write_pickup(target, manifest, maker.log, maker.keys, maker.path, maker.key)
    with verify_pickup(target, maker.drop) as bundle:
        assert bundle.manifest.called == names


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"organisation": "x"},
        {"organisation": None, "desks": {}},
        {"organisation": "x\n", "desks": {}},
        {"organisation": "x" * 201, "desks": {}},
        {"organisation": "x", "desks": {"integrity": {}}},
        {"organisation": "x", "desks": {"integrity": {"../nl": "x"}}},
        {"organisation": "x", "desks": {"integrity": {"nl": "\u202ex"}}},
        {"organisation": "x", "desks": {"No Desk": {"nl": "x"}}},
        {"organisation": "x", "desks": {}, "more": 1},
    ],
    ids=range(10),
)
def test_names_that_are_none_are_refused(maker: PickupMaker, value: object) -> None:
    with pytest.raises(InvalidValue):
        called(maker, value)
