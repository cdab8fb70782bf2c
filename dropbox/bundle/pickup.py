"""The pickup bundle: what the drop hands to a desk, signed with the drop's key and chained by the desk's log.

An unverified bundle yields nothing. A verified one streams its items from the descriptor through which they were
verified, and hashes them again on the way. No gpg here: the keys that a bundle carries are just bytes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import fields
from dropbox.bundle.desk_log import LogLine, check_log, dump_log, load_log
from dropbox.bundle.drop_keys import require_followed
from dropbox.bundle.drop_statement import Succession, current_key, read_successions
from dropbox.bundle.limits import LIMITS, require_modest
from dropbox.bundle.pickup_manifest import PickupItem, PickupManifest
from dropbox.bundle.tar import Member, TarReader, TarWriter, file_chunks
from dropbox.bundle.verified import Verified
from dropbox.canonical import dump, load, sha256_hex
from dropbox.errors import (
    BundleError,
    BundleForeign,
    BundleItemMismatch,
    BundleSignatureInvalid,
    BundleTooLarge,
    InvalidValue,
)
from dropbox.models import Fingerprint, ItemId, parse_fingerprint
from dropbox.target import new_file

SIGNED_LINE = b"onion-dropbox pickup 1\n"
_LOG = "log.txt"
_DROP = re.compile(rb',"drop":"([0-9a-f]{64})","epoch"')
_CHAIN = b',"successions":['
_MAX_CHAIN_BYTES = 128 * 1024


class VerifiedPickup(Verified):
    """A pickup bundle of which every byte was checked. Close it, or use it in a `with`."""

    def __init__(
        self,
        tar: TarReader,
        members: Mapping[ItemId, Member],
        manifest: PickupManifest,
        log: tuple[LogLine, ...],
        keys: Mapping[Fingerprint, bytes],
    ) -> None:
        super().__init__(tar, members)
        self.manifest = manifest
        self.log = log
        self.keys = keys


def write_pickup(  # noqa: PLR0917  # one for each kind of part
    target: Path,
    manifest: PickupManifest,
    log: Sequence[LogLine],
    keys: Mapping[Fingerprint, bytes],
    item_path: Callable[[PickupItem], Path],
    signing_key: SigningKey,
) -> None:
    """Write a bundle whole or not at all; equal arguments give equal bytes. The items' order is the caller's.

    Raises TargetExists or TargetUnusable, BundleItemMismatch when a stored item is not what the manifest says, and
    BundleError for a log or a size that no reader would take.
    """
    check_log(manifest.span, log, {item.n: item.sha256 for item in manifest.items})
    files = {f"keys/{fingerprint}.asc": keys[fingerprint] for fingerprint in sorted(keys)} | {_LOG: dump_log(log)}
    hashes = {name: sha256_hex(data) for name, data in files.items()}
    signed = dump(manifest.as_json() | {"files": hashes})
    _read_manifest(signed)
    with new_file(target) as stream:
        tar = TarWriter(stream)
        tar.add("manifest.json", signed, LIMITS.manifest_bytes)
        tar.add("manifest.sig", signing_key.sign(SIGNED_LINE + signed).signature, LIMITS.signature_bytes)
        for item in manifest.items:
            tar.add_stream(item.member_name, item.bytes, file_chunks(item_path(item), item.bytes, item.sha256))
        for name, data in files.items():
            tar.add(name, data, LIMITS.log_bytes if name == _LOG else LIMITS.key_bytes)
        tar.finish()


def verify_pickup(path: Path, drop: str | None, successors: Sequence[str] = ()) -> VerifiedPickup:
    """Check a bundle from its first byte to its last, in constant memory but for manifest, keys and log.

    drop: the drop's name, which is its first key (hex); None at the first contact, when the bundle itself names it.
    successors: the keys after it that the reader knows. The bundle must be signed by the last of them, or by one that
    follows from it by signed successions. Raises BundleError and its kin, among them BundleKeyStale and
    BundleKeyUnconfirmed, or FileUnreadable; the bundle's file stays open in what is returned.
    """
    tar = TarReader(path)
    try:
        return _verify(tar, () if drop is None else (drop, *successors))
    except BaseException:
        tar.close()
        raise


def _verify(tar: TarReader, known: tuple[str, ...]) -> VerifiedPickup:
    signed = tar.read("manifest.json", LIMITS.manifest_bytes)
    signature = tar.read("manifest.sig", LIMITS.signature_bytes)
    _check_signature(signed, signature, known)
    manifest, hashes = _read_manifest(signed)
    if known and known[0] != manifest.drop:
        raise BundleForeign
    if not _is_signed_by(current_key(manifest.drop, manifest.successions), signed, signature):
        raise BundleError
    if known:
        require_followed(known, manifest.successions)
    members = {item.item: tar.check(item.member_name, item.bytes, item.sha256) for item in manifest.items}
    keys = {_fingerprint(name): tar.read(name, LIMITS.key_bytes) for name in sorted(hashes) if name != _LOG}
    log_bytes = tar.read(_LOG, LIMITS.log_bytes)
    tar.finish()
    read = {f"keys/{fingerprint}.asc": sha256_hex(data) for fingerprint, data in keys.items()}
    if read | {_LOG: sha256_hex(log_bytes)} != hashes:
        raise BundleItemMismatch
    log = load_log(log_bytes)
    check_log(manifest.span, log, {item.n: item.sha256 for item in manifest.items})
    return VerifiedPickup(tar, members, manifest, log, keys)


def _check_signature(signed: bytes, signature: bytes, known: tuple[str, ...]) -> None:
    """Refuse what neither the key that is known signed, nor the one that the manifest itself says is the drop's.

    Nothing but its keys is read for that. Of a large one they must follow from the known ones, too: anybody can make a
    key and sign with it what takes much memory.
    """
    if known and _is_signed_by(known[-1], signed, signature):
        return
    try:
        own, chain = _keys_in(signed)
    except InvalidValue:
        raise BundleSignatureInvalid from None
    if not _is_signed_by(current_key(own, chain), signed, signature):
        raise BundleSignatureInvalid
    if known and own != known[0]:
        raise BundleForeign
    if known and len(signed) > LIMITS.unsigned_bytes:
        require_followed(known, chain)


def _keys_in(signed: bytes) -> tuple[str, tuple[Succession, ...]]:
    """Return the drop and its successions as a manifest says them, by where they stand in the one spelling."""
    drop = _DROP.search(signed)
    start = signed.rfind(_CHAIN)
    end = signed.find(b'],"trial":', start)
    if drop is None or (start >= 0 and not start < end < start + _MAX_CHAIN_BYTES):
        raise InvalidValue
    own = drop[1].decode("ascii")
    told = signed[start + 1 : end + 1] if start >= 0 else b'"successions":[]'
    return own, read_successions(load(b"{%b}\n" % told, _MAX_CHAIN_BYTES)["successions"], own)


def _is_signed_by(drop: str, signed: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(bytes.fromhex(drop)).verify(SIGNED_LINE + signed, signature)
    except (CryptoError, ValueError):  # a wrong length is a ValueError
        return False
    return True


def _read_manifest(signed: bytes) -> tuple[PickupManifest, dict[str, Any]]:
    """Return the manifest and its `files`; a key too many or a value spelled otherwise is refused."""
    if len(signed) > LIMITS.manifest_bytes:
        raise BundleTooLarge("manifest.json", LIMITS.manifest_bytes)
    try:
        require_modest(signed)
        value = load(signed, LIMITS.manifest_bytes)
        manifest = PickupManifest.from_json(value)
        files = fields.mapping(value.get("files"))
        hashes = {name: fields.hex_256(digest) for name, digest in files.items()}
        _check_key_names(manifest, hashes)
    except InvalidValue:
        raise BundleError from None
    if dump(manifest.as_json() | {"files": hashes}) != signed:
        raise BundleError
    return manifest, hashes


def _check_key_names(manifest: PickupManifest, hashes: Mapping[str, str]) -> None:
    """Refuse a file that is neither the log nor the key of somebody who is, was or is proposed on a roster here."""
    members = {membership.fingerprint for roster in manifest.rosters.values() for membership in roster}
    members |= {member.fingerprint for member in manifest.proposal.members} if manifest.proposal else set()
    names = set(hashes) - {_LOG}
    if _LOG not in hashes or len(names) > LIMITS.keys or {_fingerprint(name) for name in names} - members:
        raise InvalidValue


def _fingerprint(name: str) -> Fingerprint:
    fingerprint = parse_fingerprint(name.removeprefix("keys/").removesuffix(".asc"))
    if name != f"keys/{fingerprint}.asc":
        raise InvalidValue
    return fingerprint
