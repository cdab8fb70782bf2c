"""What members sign: a manifest, their PGP signature over it, then items; one way to write and verify each kind.

No gpg here: signing and verifying come in as functions, and whether the author may speak for a desk is for the importer
to say, who knows the rosters.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from dropbox.bundle.limits import LIMITS, require_modest
from dropbox.bundle.tar import Member, TarReader, TarWriter, file_chunks
from dropbox.bundle.verified import Verified
from dropbox.canonical import dump, load, sha256_hex
from dropbox.errors import (
    BundleError,
    BundleForeign,
    BundleSignatureInvalid,
    BundleTooLarge,
    InvalidValue,
    SignatureInvalid,
)
from dropbox.models import Fingerprint, ItemId
from dropbox.target import new_file

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, Fingerprint], None]


class Entry(Protocol):
    """An item of a manifest: the file that it names, with its hash and size."""

    @property
    def item(self) -> ItemId: ...
    @property
    def member_name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class Manifest(Protocol):
    @property
    def author(self) -> Fingerprint: ...
    def as_json(self) -> dict[str, Any]: ...


SomeEntry = TypeVar("SomeEntry", bound=Entry)
SomeManifest = TypeVar("SomeManifest", bound=Manifest)


class VerifiedSigned(Verified, Generic[SomeManifest]):
    """A bundle of which every byte was checked. Close it, or use it in a `with`.

    manifest_sha256: of the manifest's own bytes.
    """

    def __init__(
        self, tar: TarReader, members: Mapping[ItemId, Member], manifest: SomeManifest, manifest_sha256: str
    ) -> None:
        super().__init__(tar, members)
        self.manifest = manifest
        self.manifest_sha256 = manifest_sha256


@dataclass(frozen=True)
class SignedBundle(Generic[SomeManifest, SomeEntry]):
    """A kind of bundle. `signed_line` stands before the manifest in what is signed, so that no kind passes for another.

    from_json: reads the manifest, or raises InvalidValue; extra keys are refused here.
    """

    signed_line: bytes
    from_json: Callable[[Mapping[str, Any]], SomeManifest]
    entries: Callable[[SomeManifest], Sequence[SomeEntry]]

    def write(self, target: Path, manifest: SomeManifest, item_path: Callable[[SomeEntry], Path], sign: Sign) -> bytes:
        """Write a bundle whole or not at all, and return its manifest's bytes.

        Raises TargetExists or TargetUnusable, BundleItemMismatch when a file is not what its entry says, and whatever
        `sign` raises; nothing is written then.
        """
        signed = dump(manifest.as_json())
        self._read(signed)
        signature = sign(self.signed_line + signed)
        with new_file(target) as stream:
            tar = TarWriter(stream)
            tar.add("manifest.json", signed, LIMITS.manifest_bytes)
            tar.add("manifest.sig", signature, LIMITS.signature_bytes)
            for entry in self.entries(manifest):
                tar.add_stream(entry.member_name, entry.bytes, file_chunks(item_path(entry), entry.bytes, entry.sha256))
            tar.finish()
        return signed

    def verify(
        self, path: Path, belongs: Callable[[SomeManifest], bool], verify: Verify
    ) -> VerifiedSigned[SomeManifest]:
        """Check a bundle from its first byte to its last, in constant memory but for the manifest.

        belongs: whether it is of this drop (and desk). verify: gets what was signed, the signature and the author that
        the manifest names, and raises unless they fit. Raises BundleError and its kin, or FileUnreadable; the bundle's
        file stays open in what is returned.
        """
        tar = TarReader(path)
        try:
            return self._verify(tar, belongs, verify)
        except BaseException:
            tar.close()
            raise

    def _verify(
        self, tar: TarReader, belongs: Callable[[SomeManifest], bool], verify: Verify
    ) -> VerifiedSigned[SomeManifest]:
        signed = tar.read("manifest.json", LIMITS.manifest_bytes)
        signature = tar.read("manifest.sig", LIMITS.signature_bytes)
        if len(signed) > LIMITS.unsigned_bytes:
            self._require_signed(signed, signature, _author_of(signed), verify)
        manifest = self._read(signed)
        if not belongs(manifest):
            raise BundleForeign
        self._require_signed(signed, signature, manifest.author, verify)
        entries = self.entries(manifest)
        members = {entry.item: tar.check(entry.member_name, entry.bytes, entry.sha256) for entry in entries}
        tar.finish()
        return VerifiedSigned(tar, members, manifest, sha256_hex(signed))

    def _require_signed(self, signed: bytes, signature: bytes, author: Fingerprint, verify: Verify) -> None:
        try:
            verify(self.signed_line + signed, signature, author)
        except SignatureInvalid:
            raise BundleSignatureInvalid from None

    def _read(self, signed: bytes) -> SomeManifest:
        """Return the manifest; a key too many or a value spelled otherwise is refused."""
        if len(signed) > LIMITS.manifest_bytes:
            raise BundleTooLarge("manifest.json", LIMITS.manifest_bytes)
        try:
            require_modest(signed)
            manifest = self.from_json(load(signed, LIMITS.manifest_bytes))
        except InvalidValue:
            raise BundleError from None
        if dump(manifest.as_json()) != signed:
            raise BundleError
        return manifest


_AUTHOR = re.compile(rb'\{"author":"([0-9A-F]{40})",')


def _author_of(signed: bytes) -> Fingerprint:
    """Return whom a large manifest names, without reading it: in the one spelling its author comes first."""
    found = _AUTHOR.match(signed)
    if found is None:
        raise BundleError
    return Fingerprint(found[1].decode("ascii"))


def calls_itself(path: Path, kind: str) -> bool:
    """Tell whether a file names this type, so that it can be verified as one. Raises FileUnreadable.

    In the one spelling the type of these kinds comes last.
    """
    with closing(TarReader(path)) as tar:
        try:
            return tar.read("manifest.json", LIMITS.manifest_bytes).endswith(b',"type":"%b"}\n' % kind.encode("ascii"))
        except BundleError:
            return False
