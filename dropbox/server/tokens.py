"""Which forms are ours: visit cookies, and the signed, timed tokens that stand in forms.

Nothing here is kept: a token carries what is to be known of its form, and a visit is what its cookie says. No session
enters, and no address or circuit is looked at: behind an onion service all reporters share one.
"""

import hashlib
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadData, TimestampSigner

from dropbox.errors import FormExpired

NONCE_BYTES = 16
VISIT_BYTES = 32
_VISIT = re.compile(r"[A-Za-z0-9_-]{43}")


class _ClockedSigner(TimestampSigner):
    def __init__(self, secret: bytes, purpose: str, clock: Callable[[], float]) -> None:
        super().__init__(secret, salt=f"drop1:{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())


class TimedSigner:
    """itsdangerous' timed signer for bytes, with SHA-256 and a clock that a test may turn."""

    def __init__(self, secret: bytes, purpose: str, clock: Callable[[], float]) -> None:
        self._signer = _ClockedSigner(secret, purpose, clock)

    def sign(self, value: bytes) -> str:
        return self._signer.sign(urlsafe_b64encode(value)).decode()

    def read(self, signed: str, max_age_seconds: int) -> bytes | None:
        """Return what was signed, or None: too old, forged and signed for another purpose look alike."""
        try:
            return urlsafe_b64decode(self._signer.unsign(signed, max_age=max_age_seconds))
        except (BadData, ValueError):  # not UTF-8, for one
            return None


@dataclass(frozen=True, repr=False)
class Stamp:
    """What a form's token carries: the nonce by which a resend is known, and a short note of what the form showed."""

    nonce: bytes
    note: str = ""

    @classmethod
    def new(cls, note: str = "") -> "Stamp":
        return cls(secrets.token_bytes(NONCE_BYTES), note)


class FormTokens:
    """Signed, timed stamps for forms, each tied to its purpose and to whoever asked for the form."""

    def __init__(self, secret: bytes, hours: int, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._max_age_seconds = hours * 3600
        self._clock = clock

    def issue(self, purpose: str, binding: bytes, stamp: Stamp | None = None) -> str:
        """Return a token for one form; `binding` is the visit, or the session's binding."""
        stamp = stamp or Stamp.new()
        return self._signer(purpose, binding).sign(stamp.nonce + stamp.note.encode())

    def read(self, purpose: str, binding: bytes, token: str) -> Stamp:
        """Return the form's stamp, or raise FormExpired: old, forged, another form's and another's look alike."""
        opened = self._signer(purpose, binding).read(token, self._max_age_seconds)
        if opened is None:
            raise FormExpired
        return Stamp(opened[:NONCE_BYTES], opened[NONCE_BYTES:].decode())

    def _signer(self, purpose: str, binding: bytes) -> TimedSigner:
        bound = hashlib.blake2b(binding, digest_size=16, person=b"drop1-form-bind").hexdigest()
        return TimedSigner(self._secret, f"form:{purpose}:{bound}", self._clock)


@dataclass(frozen=True, repr=False)
class Visit:
    """A browser that opened a form: a random cookie, and the 32 bytes that its forms and codename are tied to."""

    cookie: str
    bound: bytes

    @classmethod
    def new(cls) -> "Visit":
        bound = secrets.token_bytes(VISIT_BYTES)
        return cls(urlsafe_b64encode(bound).decode().rstrip("="), bound)

    @classmethod
    def of(cls, cookie: str | None) -> "Visit | None":
        """Return the visit of a cookie, or None when it is missing or not of our form."""
        if cookie is None or not _VISIT.fullmatch(cookie):
            return None
        return cls(cookie, urlsafe_b64decode(cookie + "="))
