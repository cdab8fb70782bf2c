"""Verification: what turns an envelope of the right form into one that is known to be by somebody.

Signatures cover a first line that names what is signed, so that no signature can be passed off as one of another kind,
and then index.json's exact bytes, which hold the hash of every other entry.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.canonical import dump, sha256_hex
from dropbox.envelope.header import WRITING_KINDS, Header, message_bytes
from dropbox.envelope.unpack import Envelope, UnverifiedEnvelope
from dropbox.errors import EnvelopeError, SignatureInvalid
from dropbox.models import CaseId, Fingerprint, ItemId, Kind, Plaintext, case_id

_FIRST_LINES = {
    Kind.REPLY: b"onion-dropbox reply 1\n",
    Kind.NOTE: b"onion-dropbox note 1\n",
}
_SUBMISSION_LINE = b"onion-dropbox submission 1\n"
_INTAKE_LINE = b"onion-dropbox intake 1\n"

Verify = Callable[[bytes, bytes], Fingerprint]
"""Verifies a detached PGP signature, given what was signed and the signature; returns the primary fingerprint."""


def signed_bytes(kind: Kind, index_json: bytes) -> bytes:
    """Return what the signature of an item of this kind covers."""
    return _FIRST_LINES.get(kind, _SUBMISSION_LINE) + index_json


def intake_bytes(header: Header, message: Plaintext) -> bytes:
    """Return what a member signs who took this report down: who may read it, what may be done, and what was said.

    The case key's signature alone would not say so: a drop that was taken over learns that key when its owner returns.
    """
    value = header.as_json()
    vouched = {key: value[key] for key in ("case", "day", "desks", "drop", "item", "mandate")}
    return _INTAKE_LINE + dump(vouched | {"message": sha256_hex(message_bytes(message))})


def sign_submission(case_key: SigningKey, index_json: bytes) -> bytes:
    """Return index.sig: 64 bytes, Ed25519."""
    return case_key.sign(_SUBMISSION_LINE + index_json).signature


def verify_submission(unverified: UnverifiedEnvelope) -> Envelope:
    """Return the envelope if the key of its own case signed it; raises SignatureInvalid or EnvelopeError.

    That the case is the expected one is for verify_place.
    """
    envelope, index_json, signature = unverified.for_verification()
    header = envelope.header
    # only writings come without keys
    if header.case_key is None or header.reply_key is None:
        raise EnvelopeError
    case_key, reply_key = bytes.fromhex(header.case_key), bytes.fromhex(header.reply_key)
    if header.case != case_id(case_key, reply_key):
        raise SignatureInvalid
    _verify_ed25519(case_key, signed_bytes(header.kind, index_json), signature)
    return envelope


def verify_writing(unverified: UnverifiedEnvelope, verify: Verify) -> Envelope:
    """Return the envelope if the author that it names signed it; `verify` says by whom it is signed or raises."""
    envelope, index_json, signature = unverified.for_verification()
    if envelope.header.kind not in WRITING_KINDS:
        raise EnvelopeError
    signer = verify(signed_bytes(envelope.header.kind, index_json), signature)
    if signer != envelope.header.author:
        raise SignatureInvalid
    return envelope


def verify_intake(envelope: Envelope, verify: Verify) -> Envelope:
    """Return a report that a member took down, if that member vouches for it with their own PGP key."""
    header, index = envelope.header, envelope.index
    if header.author is None or index.number != 1 or index.attachments:
        raise EnvelopeError
    if verify(intake_bytes(header, envelope.message), header.vouched.encode()) != header.author:
        raise SignatureInvalid
    return envelope


def verify_place(envelope: Envelope, *, drop: str, case: CaseId, item: ItemId) -> None:
    """Raise EnvelopeError if this envelope was made for another drop, case or item: an old one in a new place."""
    header = envelope.header
    if (header.drop, header.case, header.item) != (drop, case, item):
        raise EnvelopeError


@dataclass(frozen=True)
class ChainLink:
    """One verified submission's place in its case."""

    number: int
    previous: str | None
    index_sha256: str


@dataclass(frozen=True)
class ChainFaults:
    """Numbers up to the highest that were never seen, and numbers whose links cannot all be true."""

    missing: tuple[int, ...] = ()
    contradicting: tuple[int, ...] = ()


def chain_link(envelope: Envelope) -> ChainLink:
    return ChainLink(envelope.index.number, envelope.index.previous, envelope.index_sha256)


def chain_faults(links: Iterable[ChainLink]) -> ChainFaults:
    """Return what is wrong with one case's submissions, given in any order; the same one twice is no fault."""
    by_number: dict[int, set[ChainLink]] = defaultdict(set)
    for link in links:
        by_number[link.number].add(link)
    if not by_number:
        return ChainFaults()
    missing = tuple(number for number in range(1, max(by_number) + 1) if number not in by_number)
    contradicting = tuple(number for number in sorted(by_number) if _contradicts(number, by_number))
    return ChainFaults(missing, contradicting)


def _contradicts(number: int, by_number: dict[int, set[ChainLink]]) -> bool:
    here, before = by_number[number], by_number.get(number - 1, set())
    if len(here) > 1 or number < 1:
        return True
    (link,) = here
    if (link.previous is None) is not (number == 1):
        return True
    # a forked predecessor is its own fault; one of its branches must still be the one that was built on
    return bool(before) and link.previous not in {earlier.index_sha256 for earlier in before}


def _verify_ed25519(public: bytes, signed: bytes, signature: bytes) -> None:
    try:
        VerifyKey(public).verify(signed, signature)
    # ValueError: a signature that is not 64 bytes
    except (CryptoError, ValueError, TypeError):
        raise SignatureInvalid from None
