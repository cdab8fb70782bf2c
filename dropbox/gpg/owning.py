"""A secret key of one's own: made, proved, extended, revoked, exported and brought back.

The passphrase goes to gpg through a pipe and is nowhere else: not in an argument, the environment, a file or an error.
Without one, gpg's agent asks for it (or for a card's PIN) by its own pinentry.
"""

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dropbox.errors import (
    CardMissing,
    GpgError,
    KeyNotProved,
    PassphraseRefused,
    PassphraseUnaskable,
    RequestStopped,
)
from dropbox.gpg.process import Engine, Status, StatusLog, translated
from dropbox.models import Fingerprint, Passphrase

LOOPBACK = ("--pinentry-mode", "loopback")
_PROOF_BYTES = 32
_ERROR_WORDS = frozenset(["ERROR", "FAILURE", "SC_OP_FAILURE"])
_ERROR_CODE = re.compile(r" (\d+)(?: |$)")
_CODE_MASK = 0xFFFF  # GPG_ERR_CODE_MASK of libgpg-error; the bits above name the program that failed
_BAD_PASSPHRASE = frozenset([11, 31, 87])  # GPG_ERR_BAD_PASSPHRASE, _INV_PASSPHRASE, _BAD_PIN
_STOPPED = frozenset([99, 198])  # GPG_ERR_CANCELED, _FULLY_CANCELED
_UNASKABLE = frozenset([60, 77, 78, 85, 86, 177])  # _NOT_SUPPORTED, _NO_AGENT, _AGENT, _NO_PIN_ENTRY, _PIN_ENTRY, ...
_CARD_MISSING = frozenset([108, 109, 110, 111, 112, 119, 120, 129])  # _CARD, _CARD_RESET, ..., _NO_SCDAEMON, ...
_REVOKE_ANSWERS = b"y\n0\n\ny\n"  # yes; no reason given; no text; yes


def make_key(engine: Engine, name: str, passphrase: Passphrase, years: int) -> Fingerprint:
    """Make an Ed25519 key with a cv25519 subkey under this passphrase (gpg's own future-default)."""
    command = ["--quick-generate-key", "--", name, "future-default", "default", f"{years}y"]
    result = _call(engine, command, passphrase)
    created = [value.split(" ")[1] for word, value in result.lines if word == "KEY_CREATED"]
    if result.returncode != 0 or len(created) != 1:
        raise _failure(result.lines)
    return Fingerprint(created[0])


def extend_key(
    engine: Engine, fingerprint: Fingerprint, years: int, passphrase: Passphrase | None, *, subkeys: bool
) -> None:
    """Let a key, and with `subkeys` its subkeys too, expire this many years from now."""
    for which in ([], ["*"]) if subkeys else ([],):
        result = _call(engine, ["--quick-set-expire", fingerprint, f"{years}y", *which], passphrase)
        if result.returncode != 0:
            raise _failure(result.lines)


def revocation(engine: Engine, fingerprint: Fingerprint, passphrase: Passphrase | None) -> bytes:
    """Return an armoured certificate that revokes the key once it is imported."""
    command = ["--no-batch", "--command-fd", "0", "--armor", "--gen-revoke", fingerprint]
    result = _call(engine, command, passphrase, _REVOKE_ANSWERS)
    if result.returncode != 0 or b"BEGIN PGP PUBLIC KEY BLOCK" not in result.data:
        # gpg 2.2 gives no status line here when a passphrase is wrong, or nobody could be asked for it
        raise _failure(result.lines, PassphraseUnaskable() if passphrase is None else PassphraseRefused())
    return result.data


def export_secret(engine: Engine, fingerprint: Fingerprint, passphrase: Passphrase | None) -> bytes:
    """Return the secret key, armoured and under its passphrase; of what is on a card it would be a stub."""
    result = _call(engine, ["--armor", "--export-secret-keys", fingerprint], passphrase)
    if result.returncode != 0 or not result.data or _codes(result.lines):
        raise _failure(result.lines)
    return result.data


def import_secret(engine: Engine, data: bytes) -> tuple[Fingerprint, ...]:
    """Import secret keys without opening them: they stay under their passphrase. Raises GpgError when there is none."""
    result = engine.call(["--import"], data)
    taken = [value.split(" ") for word, value in result.lines if word == "IMPORT_OK"]
    secret = tuple(dict.fromkeys(Fingerprint(fields[1]) for fields in taken if int(fields[0]) & 16))
    if result.returncode != 0 or not secret:
        raise GpgError
    return secret


def prove(engine: Engine, sealed: bytes, expected: bytes, passphrase: Passphrase | None) -> None:
    """Unseal a message and compare. Raises PassphraseRefused, KeyNotProved."""
    result = _call(engine, ["--decrypt"], passphrase, sealed)
    words = [word for word, _ in result.lines]
    if not {"DECRYPTION_OKAY", "GOODMDC"} <= set(words) or not secrets.compare_digest(result.data, expected):
        raise _failure(result.lines, KeyNotProved())


def prove_signing(engine: Engine, signer: Fingerprint, passphrase: Passphrase | None) -> tuple[bytes, bytes]:
    """Sign random bytes; return them with their signature, for the caller to verify."""
    data = secrets.token_bytes(_PROOF_BYTES)
    result = _call(engine, ["--local-user", signer, "--armor", "--detach-sign"], passphrase, data)
    if result.returncode != 0:
        raise _failure(result.lines, KeyNotProved())
    return data, result.data


def _call(engine: Engine, command: Sequence[str], passphrase: Passphrase | None, source: bytes = b"") -> StatusLog:
    if passphrase is None:
        return engine.call(command, source)
    with through_a_pipe(passphrase) as descriptor:
        given = [*LOOPBACK, "--passphrase-fd", str(descriptor), *command]
        return engine.passing(descriptor).call(given, source)


@contextmanager
def through_a_pipe(passphrase: Passphrase) -> Iterator[int]:
    """Give a descriptor with the passphrase to read: a pipe holds it once, in the kernel's memory."""
    with translated():
        reading, writing = os.pipe()
    try:
        os.write(writing, passphrase.reveal().encode() + b"\n")
        os.close(writing)
        yield reading
    finally:
        os.close(reading)


def _failure(status: Status, otherwise: GpgError | None = None) -> GpgError:
    """Return what the error codes of gpg's status lines mean to a person."""
    codes = _codes(status)
    if codes & _BAD_PASSPHRASE:
        return PassphraseRefused()
    if codes & _STOPPED:
        return RequestStopped()
    if codes & _CARD_MISSING:
        return CardMissing()
    if codes & _UNASKABLE:
        return PassphraseUnaskable()
    return otherwise or GpgError()


def _codes(status: Status) -> set[int]:
    found = (_ERROR_CODE.search(" " + value) for word, value in status if word in _ERROR_WORDS)
    return {int(match[1]) & _CODE_MASK for match in found if match}
