"""What is looked for: each canary in every spelling in which a program might have left it.

A canary's stem is letters and figures alone, so that URL, HTML and JSON leave it as it is: what stands around it in the
text is what they change. UTF-16 is looked for without its outer noughts, and so in both orders of its bytes.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

WINDOW_BYTES = 256
NEAR_WORDS = 3
_SEPARATORS = (" ", "", "+", "-", "%20")

Found = Counter[tuple[str, str]]
"""How often something was found, by (kind, spelling)."""


@dataclass(frozen=True)
class Needle:
    """One canary in one spelling. `kind`: what it was, as the report names it."""

    kind: str
    spelling: str
    form: bytes = field(repr=False)
    any_case: bool = False


@dataclass(frozen=True)
class Needles:
    """All that is looked for. `words`: of the codename, which count when some of them stand close together."""

    each: tuple[Needle, ...]
    words: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([needle.kind for needle in self.each] + ["codename"] * bool(self.words)))

    def found(self, data: bytes) -> Found:
        """Count what stands in `data`."""
        lowered = data.lower()
        counted: Found = Counter()
        for needle in self.each:
            times = (lowered if needle.any_case else data).count(needle.form)
            if times:
                counted[needle.kind, needle.spelling] += times
        for spelling, encoding in (("utf-8", "ascii"), ("utf-16", "utf-16-le"), ("utf-32", "utf-32-le")):
            wide = len("a".encode(encoding))
            words = [word.encode(encoding).rstrip(b"\0") for word in self.words]
            near = sum(1 for _ in words_close_together(lowered, words, WINDOW_BYTES * wide))
            if near:
                counted["codename", f"{spelling}, words close together"] += near
        return counted


def needles(texts: Mapping[str, str], keys: Mapping[str, bytes], codename: str = "") -> Needles:
    """Return what to look for: `texts` and `keys` by kind, and the codename as a whole and word by word."""
    found = [needle for kind, text in texts.items() for needle in _of_text(kind, text)]
    found += [needle for kind, key in keys.items() for needle in _of_key(kind, key)]
    words = codename.split()
    for separator in _SEPARATORS if words else ():
        found += list(_of_binary("codename", separator.join(words).encode()))
    return Needles(tuple(_once(found)), tuple(words))


def words_close_together(data: bytes, words: Iterable[bytes], window: int = WINDOW_BYTES) -> Iterator[int]:
    """Yield the places where some different words of a codename stand within a few lines of one another.

    That is the whole codename too, whatever stands between its words. One word alone says nothing: the program holds
    the whole list, and texts hold everyday words.
    """
    places = sorted((place, word) for word in set(words) for place in _places(data, word))
    after = 0
    for number, (place, _) in enumerate(places):
        near = {word for at, word in places[number : number + 40] if at - place < window}
        if place >= after and len(near) >= NEAR_WORDS:
            after = place + window
            yield place


def stem() -> str:
    """Return a word that nothing else holds; drawn anew each time, so that an earlier run's is never found."""
    return "Kanarie" + "".join(secrets.choice("bcdfghjkmnpqrstvwxz23456789") for _ in range(14))


def unescaped(traced: str) -> bytes:
    """Return the bytes of what strace wrote with -xx."""
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", traced)))


def _of_text(kind: str, text: str) -> Iterator[Needle]:
    yield Needle(kind, "utf-8", text.lower().encode(), any_case=True)
    yield Needle(kind, "utf-16", text.lower().encode("utf-16-le").strip(b"\0"), any_case=True)
    yield Needle(kind, "utf-32", text.lower().encode("utf-32-le").strip(b"\0"), any_case=True)
    yield from _of_binary(kind, text.encode())


def _of_key(kind: str, key: bytes) -> Iterator[Needle]:
    yield Needle(kind, "raw", key)
    yield Needle(kind, "a repr", repr(key)[2:-1].encode())
    yield from _of_binary(kind, key)


def _of_binary(kind: str, plain: bytes) -> Iterator[Needle]:
    yield Needle(kind, "hex", plain.hex().encode(), any_case=True)
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        # the first and last characters also hold bits of what stands beside it
        inside = coded[(0, 2, 3)[shift] : (len(plain) + shift) * 8 // 6]
        yield Needle(kind, f"base64 at {shift}", inside)
        yield Needle(kind, f"base64url at {shift}", inside.translate(bytes.maketrans(b"+/", b"-_")))


def _once(found: Iterable[Needle]) -> Iterator[Needle]:
    seen: set[tuple[str, bytes]] = set()
    for needle in found:
        if (needle.kind, needle.form) not in seen:
            seen.add((needle.kind, needle.form))
            yield needle


def _places(data: bytes, form: bytes) -> Iterator[int]:
    place = data.find(form) if form else -1
    while place >= 0:
        yield place
        place = data.find(form, place + len(form))
