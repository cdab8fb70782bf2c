"""One GnuPG home and what the drop does with it: keys, sealing, unsealing, signing, verifying.

A server's home holds public keys only and never starts an agent; an investigator's is their own, with agent, pinentry
and card. Every key is named by its full fingerprint.
"""

import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from dropbox.errors import (
    CardMissing,
    GpgError,
    KeyNotProved,
    KeyOnCard,
    NoSecretKey,
    PassphraseRefused,
    RequestStopped,
    SecretKeyFound,
    SignatureInvalid,
    TargetUnusable,
)
from dropbox.gpg import batches, owning, packets, sealing, signing, unsealing
from dropbox.gpg.keys import KeyInfo, parse_listing
from dropbox.gpg.process import Engine, Source
from dropbox.models import Fingerprint, Passphrase, Recipient

_LISTING = ("--fingerprint", "--fingerprint")
# Under trust model "always" gpg 2.2 shows no expired key in a home without a trust database, and makes none.
_SHOWING = ("--trust-model", "direct", "--import-options", "show-only", "--import")


class Gpg:
    """One home, made (0700) when it is not there; without one, the user's own (GNUPGHOME).

    `agent` lets gpg use its agent, for secret keys. `secret_key` is tried first on hidden recipients, so that nobody is
    asked for the passphrases of all their other keys. A hidden recipient whose passphrase is refused looks to gpg like
    none: then the error is NotForYou, too.
    """

    def __init__(self, home: Path | None, *, agent: bool = False, secret_key: Fingerprint | None = None) -> None:
        self._home = home
        self._agent = agent
        self._try = ("--try-secret-key", secret_key) if secret_key else ()
        self._listed: tuple[object, dict[Fingerprint, KeyInfo]] | None = None

    @cached_property
    def _engine(self) -> Engine:
        if self._home is not None:
            try:
                self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError:
                raise TargetUnusable from None
        return Engine(self._home, agent=self._agent)

    def import_keys(self, data: bytes) -> tuple[Fingerprint, ...]:
        """Import public keys and return their fingerprints; raises SecretKeyFound, or GpgError when there is none."""
        keys = _public_only(self.inspect_keys(data), data)
        result = self._engine.call(["--import-options", "import-minimal", "--import"], data)
        imported = {value.split(" ")[-1] for word, value in result.lines if word == "IMPORT_OK"}
        if not keys or imported != {key.fingerprint for key in keys}:
            raise GpgError
        self._listed = None
        return tuple(key.fingerprint for key in keys)

    def inspect_keys(self, data: bytes) -> tuple[KeyInfo, ...]:
        """List the keys in a file's bytes, public and secret, without importing them."""
        return parse_listing(self._engine.call([*_LISTING, *_SHOWING], data).data)

    def keys(self) -> tuple[KeyInfo, ...]:
        return self._list("--list-keys")

    def known(self) -> Mapping[Fingerprint, KeyInfo]:
        """Return the home's keys, listed again only when its keyring has changed."""
        state = self._keyring_state()
        if state is None or self._listed is None or self._listed[0] != state:
            self._listed = (state, {key.fingerprint: key for key in self.keys()})
        return self._listed[1]

    def secret_keys(self) -> tuple[KeyInfo, ...]:
        # as it is called here, gpg does not make the home of a user who never ran it, and fails
        if self._home is None and not Path(os.environ.get("GNUPGHOME") or Path.home() / ".gnupg").is_dir():
            return ()
        return self._list("--list-secret-keys")

    def make_trial_key(self, name: str) -> Fingerprint:
        """Make a key without a passphrase, for a trial that protects nobody; raises GpgError."""
        unprotected = ["--pinentry-mode", "loopback", "--passphrase", ""]
        made = self._engine.call([*unprotected, "--quick-generate-key", name, "future-default", "default", "never"])
        created = [value.split(" ")[1] for word, value in made.lines if word == "KEY_CREATED"]
        if len(created) != 1:
            raise GpgError
        return Fingerprint(created[0])

    def make_key(self, name: str, passphrase: Passphrase, years: int) -> Fingerprint:
        """Make a key of one's own (Ed25519, cv25519) under a passphrase; raises GpgError."""
        return owning.make_key(self._engine, name, passphrase, years)

    def extend_key(self, fingerprint: Fingerprint, years: int, passphrase: Passphrase | None) -> None:
        """Let a secret key expire this many years from now, and those of its subkeys that expire at all.

        Here as below gpg's agent asks where no passphrase is given. Raises PassphraseRefused or another GpgError.
        """
        key = self._own_key(fingerprint)
        subkeys = any(part.expires_at is not None for part in key.subkeys)
        with self._by_card(fingerprint):
            owning.extend_key(self._engine, fingerprint, years, passphrase, subkeys=subkeys)
        self._listed = None

    def revocation(self, fingerprint: Fingerprint, passphrase: Passphrase | None) -> bytes:
        """Return an armoured certificate that says the key is not to be used any more."""
        with self._by_card(fingerprint):
            return owning.revocation(self._engine, fingerprint, passphrase)

    def export_secret(self, fingerprint: Fingerprint, passphrase: Passphrase | None) -> bytes:
        """Return a secret key, armoured and under its passphrase. Raises KeyOnCard: a card gives nothing away."""
        if self._own_key(fingerprint).on_card:
            raise KeyOnCard
        return owning.export_secret(self._engine, fingerprint, passphrase)

    def import_secret(self, data: bytes) -> tuple[Fingerprint, ...]:
        """Bring secret keys back, still under their passphrase, and return their fingerprints; raises GpgError."""
        self._listed = None
        return owning.import_secret(self._engine, data)

    def prove(self, fingerprint: Fingerprint, passphrase: Passphrase | None) -> None:
        """Seal something to a key of one's own and unseal it, sign something and verify it; raises KeyNotProved."""
        secret = secrets.token_bytes(32)
        sealed = self.seal_bytes(secret, [Recipient(fingerprint, hidden=False)])
        with self._by_card(fingerprint):
            owning.prove(self._engine, sealed, secret, passphrase)
            data, signature = owning.prove_signing(self._engine, fingerprint, passphrase)
        try:
            self.verify_detached(data, signature, [fingerprint])
        except SignatureInvalid:
            raise KeyNotProved from None

    def agent_socket(self) -> Path:
        """Return where this home's agent listens."""
        return self._engine.agent_socket()

    def end_agent(self) -> None:
        """End this home's agent, and forget with it every passphrase that it holds."""
        self._engine.end_agent()

    @contextmanager
    def _by_card(self, fingerprint: Fingerprint) -> Iterator[None]:
        """Say of a key on a card that its card is missing, where gpg says nothing that tells."""
        try:
            yield
        except (PassphraseRefused, RequestStopped):
            raise
        except GpgError:
            if self._own_key(fingerprint).on_card:
                raise CardMissing from None
            raise

    def _own_key(self, fingerprint: Fingerprint) -> KeyInfo:
        for key in self.secret_keys():
            if key.fingerprint == fingerprint:
                return key
        raise NoSecretKey

    def export_key(self, fingerprint: Fingerprint) -> bytes:
        """Return one public key, armoured, without third parties' signatures; raises GpgError when it is not there."""
        result = self._engine.call(["--export-options", "export-minimal", "--export", fingerprint])
        block = packets.key_block(result.data, fingerprint)
        if not block:
            raise GpgError
        return packets.armor_key(block)

    def seal(self, source: Source, recipients: Sequence[Recipient], target: Path) -> None:
        """Seal a stream into a new file and fsync it. On any failure no file is left and gpg is gone.

        An exception of the source's comes out as it is; else SealError, TargetExists or TargetUnusable.
        """
        sealing.seal_file(self._engine, source, self._arguments(recipients), target)

    def seal_into(
        self, source: Source, recipients: Sequence[Recipient], target: int, passphrase: Passphrase | None
    ) -> None:
        """Seal a stream into a descriptor: each recipient opens it, and so does the passphrase where one is given."""
        sealing.seal_into(self._engine, source, self._arguments(recipients), target, passphrase)

    def seal_bytes(self, data: bytes, recipients: Sequence[Recipient]) -> bytes:
        return sealing.seal_bytes(self._engine, data, self._arguments(recipients))

    def seal_signed_bytes(self, data: bytes, recipient_and_signer: Fingerprint) -> bytes:
        """Seal to a key of one's own and sign with the same: what opens later is what was written here."""
        arguments = self._arguments([Recipient(recipient_and_signer, hidden=False)])
        return sealing.seal_signed_bytes(self._engine, data, arguments, recipient_and_signer)

    def unseal(self, message: Path | bytes, max_bytes: int | None = None) -> AbstractContextManager[BinaryIO]:
        """Give the plaintext as a stream. It is NOT TO BE BELIEVED before its end: gpg's verdict falls only there.

        The read that meets the end raises NotForYou or UnsealError unless exactly one message was opened and is whole.
        Whoever stops reading earlier gets no verdict. More than `max_bytes` is an UnsealError, too.
        """
        return unsealing.unsealing(self._engine, message, self._try, max_bytes)

    @contextmanager
    def unseal_either(self, message: Path, passphrase: Passphrase | None) -> Iterator[BinaryIO]:
        """Give what `seal_into` sealed, as `unseal` does: opened by the passphrase, or by a secret key without one."""
        with sealing.given(passphrase) as (arguments, descriptors):
            passed = descriptors[0] if descriptors else None
            with unsealing.unsealing(
                self._engine, message, arguments, None, unsealing.either_way, passphrase=passed
            ) as stream:
                yield stream

    def unseal_bytes(self, data: bytes, max_bytes: int) -> bytes:
        """Return a whole small plaintext, after the verdict."""
        with self.unseal(data, max_bytes) as stream:
            return stream.read()

    def unseal_batch(self, messages: Sequence[Path | bytes]) -> tuple[bytes | None, ...]:
        """Return the whole plaintexts of small messages, each after its verdict, opened by one run of gpg.

        None for a message that this run did not open: opened by itself, it says why.
        """
        return batches.unseal_batch(self._engine, messages, self._try)

    def unseal_foreign_bytes(self, data: bytes, max_bytes: int, cpu_seconds: int) -> bytes:
        """Return what somebody sealed with a gpg of their own: compressed or signed, perhaps, or a bomb.

        Raises NotForYou or UnsealError, also for more than `max_bytes` or `cpu_seconds` of work.
        """
        opening = unsealing.unsealing(
            self._engine, data, self._try, max_bytes, unsealing.by_anybody, cpu_seconds=cpu_seconds
        )
        with opening as stream:
            return stream.read()

    def unseal_signed_bytes(self, data: bytes, signer: Fingerprint, max_bytes: int) -> bytes:
        """Return what `seal_signed_bytes` sealed; raises UnsealError, or SignatureInvalid unless this key signed.

        The key may have expired since: that locks nobody out of their own casebook.
        """
        judge = unsealing.signed_by([signer])
        with unsealing.unsealing(self._engine, data, self._try, max_bytes, judge) as stream:
            return stream.read()

    def sign_detached(self, data: bytes, signer: Fingerprint) -> bytes:
        """Return an armoured detached signature (SHA-512) by exactly this key."""
        return signing.sign_detached(self._engine, data, signer)

    def verify_detached(
        self, data: bytes, signature: bytes, allowed: Collection[Fingerprint], at: date | None = None
    ) -> Fingerprint:
        """Return the primary key of the one good signature; raises SignatureInvalid.

        With `at`, keys are judged as of that day (UTC): one that expired on it or since still verifies, one that was
        revoked never does. The signer's clock may be up to a day ahead.
        """
        return signing.verify_detached(self._engine, data, signature, allowed, at)

    def verify_stated(self, data: bytes, signature: bytes, allowed: Collection[Fingerprint], day: date) -> Fingerprint:
        """Return who signed what was stated on a day, on that day or later; raises SignatureInvalid.

        The signer's key must have been good on the day and when it was used, and never have been revoked.
        """
        return signing.verify_stated(self._engine, data, signature, allowed, day)

    def _list(self, command: str) -> tuple[KeyInfo, ...]:
        result = self._engine.call([*_LISTING, command])
        if result.returncode != 0:
            raise GpgError
        return parse_listing(result.data)

    def _arguments(self, recipients: Sequence[Recipient]) -> list[str]:
        return sealing.seal_arguments(self.known(), recipients)

    def _keyring_state(self) -> object:
        if self._home is not None:
            with suppress(OSError):
                seen = (self._home / "pubring.kbx").stat()
                return seen.st_ino, seen.st_mtime_ns, seen.st_size
        return None


def scan_keys(data: bytes) -> tuple[KeyInfo, ...]:
    """List the public keys in a file's bytes without importing them; () when there is none. Raises SecretKeyFound."""
    with TemporaryDirectory() as empty:
        return _public_only(Gpg(Path(empty)).inspect_keys(data), data)


def _public_only(keys: tuple[KeyInfo, ...], data: bytes) -> tuple[KeyInfo, ...]:
    if any(key.secret for key in keys) or b"BEGIN PGP PRIVATE KEY" in data:
        raise SecretKeyFound("keys")
    return keys
