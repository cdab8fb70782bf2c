"""Judges gpg's status lines (GnuPG, doc/DETAILS). Pure and strict: what is not named here as good is no success.

The exit code alone decides nothing: with several cv25519 keys gpg can fail after it succeeded, and a signature by an
expired key ends with 0.
"""

from collections.abc import Collection
from dataclasses import dataclass

from dropbox.errors import InvalidValue, NotForYou, SealError, SignatureInvalid, UnsealError
from dropbox.gpg.process import Status
from dropbox.models import Fingerprint, parse_fingerprint

_SIGNATURE_LINES = frozenset(
    ["NEWSIG", "GOODSIG", "VALIDSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG", "NO_PUBKEY"]
)
_NEVER_WHEN_UNSEALED = frozenset(
    ["DECRYPTION_FAILED", "BADMDC", "NODATA", "UNEXPECTED", "BADARMOR", "NEED_PASSPHRASE_SYM"]
)
_ONCE_WHEN_UNSEALED = ("BEGIN_DECRYPTION", "PLAINTEXT", "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION")
_A_KEY_FITTED = frozenset(["DECRYPTION_KEY", "PLAINTEXT", "DECRYPTION_OKAY", "GOODMDC"])
_DID_NOT_FIT = frozenset([10, 17, 18])
"""libgpg-error's codes (the low 16 bits) for a key that is not the one: checksum, no and wrong secret key."""
_NEVER_WHEN_SEALED = frozenset(["INV_RECP", "NO_RECP", "INV_SGNR", "NO_SGNR", "FAILURE", "ERROR"])
_STRONG_HASHES = frozenset(["8", "9", "10"])  # SHA-256, SHA-384, SHA-512
_BINARY_SIGNATURE = "00"


@dataclass(frozen=True)
class Signature:
    """One good signature: its primary key and the second it was made, by its maker's clock."""

    signer: Fingerprint
    made_at: int


def check_sealed(code: int, status: Status) -> None:
    """Raise SealError unless gpg began and ended one encryption and found nothing to complain about."""
    words = [word for word, _ in status]
    good = words.count("BEGIN_ENCRYPTION") == 1 and words.count("END_ENCRYPTION") == 1
    if code != 0 or not good or not _NEVER_WHEN_SEALED.isdisjoint(words):
        raise SealError


def check_unsealed(code: int, status: Status, *, signed: bool = False, by_passphrase: bool = False) -> None:
    """Raise NotForYou or UnsealError unless exactly one message was opened and found whole."""
    words = [word for word, _ in status]
    once = all(words.count(word) == 1 for word in _ONCE_WHEN_UNSEALED)
    stray = (not signed and not _SIGNATURE_LINES.isdisjoint(words)) or _damaged(status)
    never = _NEVER_WHEN_UNSEALED - ({"NEED_PASSPHRASE_SYM"} if by_passphrase else set())
    if once and code >= 0 and not stray and never.isdisjoint(words):
        return
    if not _a_key_fitted(status) and 0 < words.count("ENC_TO") == words.count("NO_SECKEY"):
        raise NotForYou
    raise UnsealError


def check_signature(
    status: Status, allowed: Collection[Fingerprint], *, key_may_have_expired: bool = False
) -> Signature:
    """Return the one good signature, by one of the allowed primary keys; else raise SignatureInvalid."""
    lines = [(word, value) for word, value in status if word in _SIGNATURE_LINES]
    good = "EXPKEYSIG" if key_may_have_expired and any(word == "EXPKEYSIG" for word, _ in lines) else "GOODSIG"
    if [word for word, _ in lines] != ["NEWSIG", good, "VALIDSIG"]:
        raise SignatureInvalid
    try:
        return _valid(lines[2][1].split(" "), allowed)
    except (IndexError, ValueError, InvalidValue):
        raise SignatureInvalid from None


def _valid(fields: list[str], allowed: Collection[Fingerprint]) -> Signature:
    version, hash_algorithm, kind = fields[4], fields[7], fields[8]
    signer = parse_fingerprint(fields[9])
    if version != "4" or hash_algorithm not in _STRONG_HASHES or kind != _BINARY_SIGNATURE or signer not in allowed:
        raise SignatureInvalid
    return Signature(signer, int(fields[2]))


def _a_key_fitted(status: Status) -> bool:
    """Whether one of the keys was the right one, even if it then failed (a card was out, no passphrase was given)."""
    return any(word in _A_KEY_FITTED or (word == "ERROR" and not _says_did_not_fit(value)) for word, value in status)


def _says_did_not_fit(error: str) -> bool:
    """Whether an error is only GnuPG 2.4's way to say that it tried a key in vain."""
    where, _, code = error.partition(" ")
    return where == "pkdecrypt_failed" and code.isdigit() and int(code) & 0xFFFF in _DID_NOT_FIT


def _damaged(status: Status) -> bool:
    """Whether there is an error beyond those of the keys that do not fit: gpg passes two texts in one seal as whole.

    GnuPG 2.4 (Debian 13) says its exit code as a failure too, which tells no more than the exit code itself.
    """
    harmless = {"ERROR": "pkdecrypt_failed", "FAILURE": "gpg-exit"}
    return any(word in harmless and not value.startswith(harmless[word]) for word, value in status)
