"""A key for the courier's door: x25519, made by an investigator, its public half known to tor on the drop's machine.

tor seals the courier's onion descriptor to these keys; without one of them nobody learns where to knock. Pure: no file,
no network, no name of a person.
"""

import base64
import re
from dataclasses import dataclass, field

from nacl.bindings import crypto_scalarmult
from nacl.public import PrivateKey

from dropbox.errors import InvalidValue

PUBLIC_PREFIX = "descriptor:x25519:"
_LETTERS = re.compile(r"[A-Z2-7]{52}")
_KEY_BYTES = 32
_ANY_SECRET = bytes(_KEY_BYTES)  # made usable by the function itself: whoever's it is, a bad point yields zeros


@dataclass(frozen=True)
class ClientKey:
    """A key pair in tor's letters: base32 without its padding. `private` is what Tor Browser asks for."""

    public: str
    private: str = field(repr=False)

    @classmethod
    def new(cls) -> "ClientKey":
        return cls._of(PrivateKey.generate())

    @classmethod
    def from_private(cls, text: str) -> "ClientKey":
        """Read the private half back; InvalidValue for anything else."""
        return cls._of(PrivateKey(_bytes(text.strip().upper())))

    @classmethod
    def _of(cls, key: PrivateKey) -> "ClientKey":
        return cls(_letters(bytes(key.public_key)), _letters(bytes(key)))


def nobody() -> str:
    """Return a public key whose private half was never kept: it opens nothing, and keeps a service from being open."""
    return ClientKey.new().public


def parse_public(text: str) -> str:
    """Return the 52 letters of a public key, from them alone or from tor's whole line. InvalidValue for what is none.

    Points of small order are refused: with one of them tor would seal to a secret that is known to everybody.
    """
    letters = text.strip().removeprefix(PUBLIC_PREFIX).upper()
    try:
        crypto_scalarmult(_ANY_SECRET, _bytes(letters))
    except RuntimeError:
        raise InvalidValue from None
    return letters


def auth_line(public: str) -> str:
    """Return the line of a file in tor's folder of authorized clients."""
    return f"{PUBLIC_PREFIX}{public}\n"


def _letters(key: bytes) -> str:
    return base64.b32encode(key).decode("ascii").rstrip("=")


def _bytes(letters: str) -> bytes:
    if not _LETTERS.fullmatch(letters):
        raise InvalidValue
    key = base64.b32decode(letters + "====")
    if _letters(key) != letters:  # the last letter carries four bits that must be zero
        raise InvalidValue
    return key
