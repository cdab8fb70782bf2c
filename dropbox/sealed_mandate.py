"""The mandate as the store keeps it: one byte that only its reporter opens. Never in a clear column, never in a log."""

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from dropbox.errors import StoreError
from dropbox.models import Mandate

MANDATE_BYTES = 49
"""The size of every sealed mandate."""

_BYTES = {Mandate.LISTEN: b"l", Mandate.ADVISE: b"a", Mandate.INVESTIGATE: b"i"}
_MANDATES = {byte: mandate for mandate, byte in _BYTES.items()}


def seal_mandate(mandate: Mandate, reply_public: bytes) -> bytes:
    """Return the mandate sealed to the reporter's reply key: 49 bytes, whichever mandate it is."""
    return SealedBox(PublicKey(reply_public)).encrypt(_BYTES[mandate])


def open_mandate(sealed: bytes, reply_key: PrivateKey) -> Mandate:
    """Return the mandate; StoreError when it is not one that was sealed to this key."""
    try:
        return _MANDATES[SealedBox(reply_key).decrypt(sealed)]
    except (CryptoError, KeyError):
        raise StoreError from None
