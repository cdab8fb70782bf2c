"""What somebody is writing and has not sealed yet: in this program's memory only, so that nothing typed is lost.

A draft outlives a session of the desk page and ends with the program. It never touches a disk; what is in here is as
secret as what was unsealed.
"""

import threading
from dataclasses import dataclass, field, replace
from hashlib import sha256

from dropbox.envelope import MAX_TEXT_BYTES
from dropbox.errors import DraftsFull, NothingWritten, SignatureTooLong, TextUnreadable, TooLarge
from dropbox.models import CaseId, ItemId, Kind
from dropbox.writing import MAX_ATTACHMENTS_BYTES, HeldFile

MAX_FILES = 50
MAX_HELD_BYTES = 4 * MAX_ATTACHMENTS_BYTES
"""All drafts' files together."""
MAX_DRAFTS = 100
MAX_SIGNATURE_CHARACTERS = 100


@dataclass(frozen=True)
class Typed:
    """A draft. `letter` and `language` are those chosen last. `seen`: the items of the case when it was begun."""

    text: str = field(default="", repr=False)
    sign: str = field(default="", repr=False)
    letter: str = ""
    language: str = ""
    files: tuple[HeldFile, ...] = ()
    seen: frozenset[ItemId] = frozenset()

    @property
    def empty(self) -> bool:
        return not self.text.strip() and not self.files

    @property
    def whole(self) -> str:
        """The text as it will be sealed, with the name it is signed with."""
        return signed(self.text, self.sign)

    @property
    def mark(self) -> str:
        """What a page carries to say which state of the draft it showed."""
        digest = sha256(self.whole.encode("utf-8", "surrogatepass"))
        for file in self.files:
            digest.update(sha256(file.name.encode("utf-8", "surrogatepass")).digest() + sha256(file.content).digest())
        return digest.hexdigest()[:32]

    def with_files(self, more: tuple[HeldFile, ...]) -> "Typed":
        """Raises TooLarge when all files together are more than a reply may carry."""
        files = self.files + more
        if len(files) > MAX_FILES or sum(file.size for file in files) > MAX_ATTACHMENTS_BYTES:
            raise TooLarge
        return replace(self, files=files)

    def without_file(self, number: int) -> "Typed":
        """Take out one file, counted from 1; a number that is not there takes out none."""
        return replace(self, files=tuple(file for at, file in enumerate(self.files, 1) if at != number))

    def require_sealable(self) -> None:
        """Raises NothingWritten, TextUnreadable, SignatureTooLong or TooLarge, for a text that sealing would refuse."""
        try:
            size = len(self.whole.encode())
        except UnicodeEncodeError:
            raise TextUnreadable from None
        if not self.text.strip():
            raise NothingWritten
        if size > MAX_TEXT_BYTES:
            raise TooLarge


class Drafts:
    """All drafts of one running program, one for each case and kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drafts: dict[tuple[CaseId, Kind], Typed] = {}

    def get(self, case: CaseId, kind: Kind) -> Typed:
        with self._lock:
            return self._drafts.get((case, kind), Typed())

    def keep(self, case: CaseId, kind: Kind, draft: Typed) -> None:
        """Keep a draft, in the place of the one before. Raises DraftsFull; what was kept before then stays."""
        with self._lock:
            others = [each for place, each in self._drafts.items() if place != (case, kind)]
            held = sum(file.size for each in (*others, draft) for file in each.files)
            if held > MAX_HELD_BYTES or len(others) >= MAX_DRAFTS:
                raise DraftsFull
            self._drafts[case, kind] = draft

    def drop(self, case: CaseId, kind: Kind) -> None:
        with self._lock:
            self._drafts.pop((case, kind), None)

    def forget(self, case: CaseId) -> None:
        """Drop whatever was begun in a case."""
        with self._lock:
            for place in [place for place in self._drafts if place[0] == case]:
                del self._drafts[place]

    def waiting(self) -> tuple[tuple[CaseId, Kind], ...]:
        """Return what was begun and not sealed."""
        with self._lock:
            return tuple(sorted(place for place, draft in self._drafts.items() if not draft.empty))


def signed(text: str, name: str) -> str:
    """Return the text with a name under it, or as it is without one. Raises SignatureTooLong."""
    name = name.strip()
    if len(name) > MAX_SIGNATURE_CHARACTERS or len(name.splitlines()) > 1:
        raise SignatureTooLong
    return f"{text.rstrip()}\n\n{name}\n" if name else text
