"""That a pack was made of a case: what it was made of, for whom, and what allowed it; nothing of what it says."""

from dataclasses import dataclass

from dropbox.models import Fingerprint, ItemId, parse_fingerprint, parse_item_id
from dropbox.records import is_hex, require

MAX_READERS = 20
_HASH_DIGITS = 64


@dataclass(frozen=True)
class Disclosed:
    """A released pack. SHA-256 of what was chosen (`plan`), of the open part's manifest, and of the sealed annex.

    readers: names of those the open part is for; annex_for: the keys that the annex is sealed to, none where there is
    no annex. consent: the id of the ask whose answer allowed it, None where the mandate did.
    """

    plan: str
    open_part: str
    annex: str | None
    items: tuple[ItemId, ...]
    readers: tuple[str, ...]
    annex_for: tuple[Fingerprint, ...]
    consent: str | None = None

    def __post_init__(self) -> None:
        hashes = (self.plan, self.open_part, *((self.annex,) if self.annex is not None else ()))
        require(all(is_hex(each, _HASH_DIGITS) for each in hashes))
        require(bool(self.annex_for) is (self.annex is not None))
        require(bool(self.items) and all(parse_item_id(each) == each for each in self.items))
        require(1 <= len(self.readers) <= MAX_READERS and len(self.annex_for) <= MAX_READERS)
        require(all(parse_fingerprint(each) == each for each in self.annex_for))
