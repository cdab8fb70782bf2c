"""Which replies a reporter was shown, as the store keeps it: one box of a fixed size that only the codename opens.

It holds the reporter's choice to hide replies once read, and short ids of those that were shown. No clear column, log
or size may tell the choice, which replies were read, or how many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey
from nacl.secret import SecretBox

from dropbox.models import ItemId

MOST_REPLIES = 127
VIEW_BYTES = 1064
"""The size of every box, whatever is in it."""

_ID_BYTES = 8
_HEAD_BYTES = 8
_BYTES = _HEAD_BYTES + MOST_REPLIES * _ID_BYTES
_NONE = bytes(_ID_BYTES)
_PERSON = b"drop1-shown"


@dataclass(frozen=True, repr=False)
class Shown:
    """The choice, and the short ids of the replies that were shown since it was made; none while it is off."""

    hide: bool = False
    replies: frozenset[str] = frozenset()


def short_id(item: ItemId) -> str:
    """Return the part of an id that tells one case's replies apart: its first 8 bytes, in hex."""
    return item[: 2 * _ID_BYTES]


def note_shown(shown: Shown, existing: Iterable[ItemId], now: Iterable[ItemId]) -> Shown:
    """Add the replies that are shown now; forget deleted ones. What finds no more room is simply not hidden."""
    here = {short_id(item) for item in existing}
    known = shown.replies & here
    new = sorted({short_id(item) for item in now} & here - known)
    return Shown(shown.hide, known | set(new[: MOST_REPLIES - len(known)]))


def seal_shown(shown: Shown, reply_key: PrivateKey) -> bytes:
    """Return the box: 1064 bytes, whatever is in it."""
    ids = b"".join(bytes.fromhex(each) for each in sorted(shown.replies))
    head = bytes([shown.hide]).ljust(_HEAD_BYTES, b"\0")
    return bytes(_box(reply_key).encrypt((head + ids).ljust(_BYTES, b"\0")))


def open_shown(sealed: bytes | None, reply_key: PrivateKey) -> Shown:
    """Return what the box holds. One that is missing, or not this reporter's, hides nothing."""
    try:
        plain = _box(reply_key).decrypt(sealed or b"")
    except (CryptoError, ValueError):
        return Shown()
    if len(plain) != _BYTES or plain[:_HEAD_BYTES] != bytes([1]).ljust(_HEAD_BYTES, b"\0"):
        return Shown()
    ids = (plain[start : start + _ID_BYTES] for start in range(_HEAD_BYTES, _BYTES, _ID_BYTES))
    return Shown(True, frozenset(each.hex() for each in ids if each != _NONE))


def _box(reply_key: PrivateKey) -> SecretBox:
    """Not a box to the public key, as the mandate's is: readers know that one, and could hide what was never read."""
    return SecretBox(blake2b(key=bytes(reply_key), person=_PERSON, digest_size=SecretBox.KEY_SIZE).digest())
