"""A passphrase for one's own key: words that are offered, and the rule for those that people think of themselves.

Pure: nothing is asked, shown or kept here. The rule is short enough to be said in one sentence, and what it cannot see
(a line from a song) is why words are offered first: six of 7,772 are 77 bits, seven are 90.
"""

import re
import secrets

from dropbox.errors import (
    PassphraseMonotonous,
    PassphrasesDiffer,
    PassphraseShort,
    PassphraseUntypable,
    PassphraseWellKnown,
)
from dropbox.models import Passphrase
from dropbox.words import WORDS
from dropbox.workstation.speech import N_

OFFERED_WORDS = (6, 7)
MIN_CHARACTERS = 20
MIN_DIFFERENT = 8
MAX_CHARACTERS = 200  # gpg-agent takes 255 bytes
RULE = N_("20 characters or more, at least 8 of them different. Well-known sentences, rows of keys and names count for"
          " nothing. Only letters without accents, figures, blanks and common signs.")  # fmt: skip

_TYPABLE = re.compile(r"[ -~]+")
_KNOWN_LETTERS = 12  # what is left without the well-known must still be this long
_KNOWN = (
    "correcthorsebatterystaple", "thequickbrownfoxjumpsoverthelazydog", "tobeornottobethatisthequestion",
    "maytheforcebewithyou", "inthebeginningwastheword", "ilovemydog", "iloveyou", "letmein", "opensesame", "welcome",
    "administrator", "admin", "password", "passphrase", "passwort", "secret", "changeme", "nothing", "whatever",
    "wachtwoordzin", "wachtwoord", "welkom", "geheim", "hallo", "ikhouvanje", "hetwasgeenmooiedag", "amsterdam",
    "rotterdam", "nederland", "wilhelmusvannassouweben", "zomer", "winter", "lente", "herfst", "integriteit",
    "vertrouwenspersoon", "meldpunt", "klokkenluider", "integrity", "whistleblower", "investigator", "onion", "dropbox",
    "abcdefghijklmnopqrstuvwxyz", "abcdefgh", "abcdef", "abcd", "qwertyuiopasdfghjklzxcvbnm", "qwertyuiop", "qwerty",
    "asdfghjkl", "asdf", "zxcvbnm", "azerty", "1234567890", "0123456789", "12345678", "123456", "12345", "1234",
    "qazwsx", "1q2w3e4r", "summer", "monday", "maandag",
)  # fmt: skip


def offer(words: int = OFFERED_WORDS[0]) -> Passphrase:
    """Return this many words of the list, drawn at random."""
    return Passphrase(" ".join(secrets.choice(WORDS) for _ in range(words)))


def choose(typed: str, again: str, name: str) -> Passphrase:
    """Return what was typed twice alike and keeps the rule; `name` on the key counts for nothing.

    Raises PassphrasesDiffer, or the PassphraseWeak that says what is lacking. Blanks at the ends are no part of it.
    """
    text = typed.strip()
    if not secrets.compare_digest(text.encode(errors="replace"), again.strip().encode(errors="replace")):
        raise PassphrasesDiffer
    _check(text, name)
    return Passphrase(text)


def typed_passphrase(text: str) -> Passphrase | None:
    """Return the passphrase of a key that is there already; None for an empty field: then gpg's own window asks."""
    return Passphrase(text) if text and "\n" not in text else None


def _check(text: str, name: str) -> None:
    if not MIN_CHARACTERS <= len(text) <= MAX_CHARACTERS:
        raise PassphraseShort
    if not _TYPABLE.fullmatch(text):
        raise PassphraseUntypable
    if len(set(text.lower())) < MIN_DIFFERENT:
        raise PassphraseMonotonous
    if len(_unknown(text, name)) < _KNOWN_LETTERS:
        raise PassphraseWellKnown


def _unknown(text: str, name: str) -> str:
    """Return the letters and figures that are left without what is guessed first."""
    names = [_bare(part) for part in (name, *name.split())]
    left = _bare(text)
    for known in sorted({*_KNOWN, *(part for part in names if len(part) > 2)}, key=len, reverse=True):
        left = left.replace(known, "\n")
    left = re.sub(r"(?:19|20)\d\d", "", left)
    return re.sub(r"(.)\1{2,}", r"\1", left).replace("\n", "")


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
