"""A random key as shares on paper, k of n (SLIP-39), and back again; for a wrong word, its place where it can be known.

Only a random key comes in here, never a PGP key: shamir-mnemonic calls itself a reference implementation, not hardened
(docs/decisions). No file, no gpg; no share stands in a repr or an error.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.rs1024 import create_checksum
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from dropbox.errors import (
    InvalidValue,
    ShareForeign,
    ShareLength,
    ShareMiscopied,
    SharePartLength,
    SharesTooFew,
    SharesUnusable,
    ShareTwice,
    ShareWordUnknown,
)
from dropbox.models import ShareWords

KEY_BYTES = 32
WORDS_IN_SHARE = 33
MIN_NEEDED = 2
MAX_SHARES = 16
MAX_TYPED_CHARACTERS = 2000
_CHECKSUM_WORDS = 3
_RADIX_BITS = 10
_CUSTOMIZATION = b"shamir_extendable"
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, repr=False)
class ReadShare:
    """A share that was read without a slip: its words, the set that it belongs to, and its number there (from 1)."""

    words: ShareWords
    set_id: int
    number: int
    needed: int


def split(key: bytes, needed: int, shares: int) -> tuple[ShareWords, ...]:
    """Split a random key of 32 bytes; raises SharesUnusable."""
    if len(key) != KEY_BYTES:
        raise InvalidValue
    if not MIN_NEEDED <= needed <= shares <= MAX_SHARES:
        raise SharesUnusable
    (group,) = generate_mnemonics(1, [(needed, shares)], key)
    return tuple(map(ShareWords, group))


def read_share(typed: str) -> ReadShare:
    """Read one share as somebody typed it: capitals, numbers and line ends do no harm.

    Raises ShareLength, ShareWordUnknown for the first word that is not on the list, or ShareMiscopied.
    """
    words = _words(typed)
    for position, word in enumerate(words, start=1):
        if word not in WORD_INDEX_MAP:
            raise ShareWordUnknown(position)
    if len(words) != WORDS_IN_SHARE:
        raise ShareLength(len(words))
    _check(tuple(WORD_INDEX_MAP[word] for word in words))
    try:
        share = Share.from_mnemonic(" ".join(words))
    except MnemonicError:
        raise ShareMiscopied from None
    if share.group_count != 1 or not share.extendable or len(share.value) != KEY_BYTES:
        raise ShareForeign
    return ReadShare(ShareWords(" ".join(words)), share.identifier, share.index + 1, share.member_threshold)


def check_words(typed: str, first: int, count: int) -> str:
    """Return a part of a share, `count` words from the place `first` on, when they are on the list.

    Raises ShareWordUnknown with the place in the whole share, or SharePartLength.
    """
    words = _words(typed)
    for position, word in enumerate(words, start=first):
        if word not in WORD_INDEX_MAP:
            raise ShareWordUnknown(position)
    if len(words) != count:
        raise SharePartLength(len(words), count)
    return " ".join(words)


def near_words(typed: str, position: int) -> tuple[str, ...]:
    """Return up to three words of the list that resemble the typed word at this place (from 1)."""
    words = _words(typed)
    return tuple(get_close_matches(words[position - 1], WORDLIST, n=3)) if 0 < position <= len(words) else ()


class Collection:
    """The shares that were given so far, all of one set."""

    def __init__(self, set_id: int | None = None) -> None:
        self._set_id = set_id
        self._shares: dict[int, ReadShare] = {}

    @property
    def given(self) -> int:
        return len(self._shares)

    @property
    def needed(self) -> int:
        """How many shares open the set; at least two, as long as none was given."""
        return next((share.needed for share in self._shares.values()), MIN_NEEDED)

    @property
    def complete(self) -> bool:
        return bool(self._shares) and self.given >= self.needed

    def add(self, share: ReadShare) -> None:
        """Take one more. Raises ShareForeign for another set's, ShareTwice; what was given before stays."""
        others = next(iter(self._shares.values()), share)
        if self._set_id not in (None, share.set_id) or (others.set_id, others.needed) != (share.set_id, share.needed):
            raise ShareForeign
        if share.number in self._shares:
            raise ShareTwice
        self._shares[share.number] = share

    def key(self) -> bytes:
        """Return the key. Raises SharesTooFew, or ShareForeign when the shares look alike and are of two sets."""
        if not self.complete:
            raise SharesTooFew(self.given, self.needed)
        words = [share.words.reveal() for share in list(self._shares.values())[: self.needed]]
        try:
            return bytes(combine_mnemonics(words))
        except MnemonicError:
            raise ShareForeign from None


def _words(typed: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", typed[:MAX_TYPED_CHARACTERS]).lower()
    return _LETTERS.findall(plain)


def _check(numbers: tuple[int, ...]) -> None:
    """Raise ShareMiscopied unless the checksum is right; it tells the place of one wrong word, or of two swapped."""
    syndrome = _checksum(numbers) ^ _packed(numbers[-_CHECKSUM_WORDS:])
    if syndrome == 0:
        return
    effects = [_effects(position) for position in range(WORDS_IN_SHARE)]
    for position in range(WORDS_IN_SHARE - 1):
        change = numbers[position] ^ numbers[position + 1]
        if change and _effect(effects[position], change) ^ _effect(effects[position + 1], change) == syndrome:
            raise ShareMiscopied(position + 1, swapped=True)
    for position, bits in enumerate(effects):
        if any(_effect(bits, change) == syndrome for change in range(1, 1 << _RADIX_BITS)):
            raise ShareMiscopied(position + 1)
    raise ShareMiscopied


def _effects(position: int) -> list[int]:
    """Return what each bit of the word at a place does to the syndrome: RS1024 is linear, so a change is their sum."""
    if position >= WORDS_IN_SHARE - _CHECKSUM_WORDS:
        shift = _RADIX_BITS * (WORDS_IN_SHARE - 1 - position)
        return [1 << (bit + shift) for bit in range(_RADIX_BITS)]
    zero = (0,) * WORDS_IN_SHARE
    nothing = _checksum(zero)
    return [_checksum((*zero[:position], 1 << bit, *zero[position + 1 :])) ^ nothing for bit in range(_RADIX_BITS)]


def _effect(bits: list[int], change: int) -> int:
    total = 0
    for bit, effect in enumerate(bits):
        if change >> bit & 1:
            total ^= effect
    return total


def _checksum(numbers: tuple[int, ...]) -> int:
    return _packed(create_checksum(numbers[:-_CHECKSUM_WORDS], _CUSTOMIZATION))


def _packed(numbers: list[int] | tuple[int, ...]) -> int:
    total = 0
    for number in numbers:
        total = total << _RADIX_BITS | number
    return total
