"""The words that people read to each other to compare a drop's key and a desk's roster; both sides compute them here.

Ten words of the list are 129 bits of a hash: nobody can make a second key or roster with the same words.
"""

from hashlib import blake2b

from dropbox import canonical
from dropbox.codename import fingerprint_words
from dropbox.models import DeskId, Roster

WORD_COUNT = 10


def drop_words(drop: str) -> str:
    """Return the ten words of a drop's public key (64 hex digits)."""
    return fingerprint_words(blake2b(bytes.fromhex(drop), digest_size=32, person=b"drop1-dropkey").digest(), WORD_COUNT)


def roster_words(desk: DeskId, roster: Roster) -> str:
    """Return the ten words of a desk's roster, its past members and their days included."""
    data = canonical.dump({"desk": desk, "roster": [membership.as_json() for membership in roster]})
    return fingerprint_words(blake2b(data, digest_size=32, person=b"drop1-roster").digest(), WORD_COUNT)


def statement_words(sha256: str) -> str:
    """Return the ten words of a roster statement, by its SHA-256 (64 hex digits); they stand for all before it too."""
    digest = blake2b(bytes.fromhex(sha256), digest_size=32, person=b"drop1-statement").digest()
    return fingerprint_words(digest, WORD_COUNT)
