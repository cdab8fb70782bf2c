"""A question that only the reporter can answer with yes: asked in a reply, answered in a submission of the same case.

The reporter's page makes the sentence from what stands here, so that nobody can ask one thing and have another agreed
to. The id is a hash over all of it, and the answer names the id.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dropbox import canonical
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, parse_desk_id, parse_fingerprint
from dropbox.records import from_json, is_hex, require, to_sparse_json

MAX_ASK_READERS = 20
MAX_READER_CHARACTERS = 120
ANSWER_PREFIX = "consent-"
"""What the key of an answer in a submission begins with; the ask's id follows."""
YES, NO = "yes", "no"
_JOINERS = "\u200c\u200d"
"""Persian and Hindi names are written with them."""
_ID_BYTES = 16
_PERSON = b"drop1-ask"


class AskKind(StrEnum):
    DISCLOSE = "disclose"
    HAND_OVER = "hand_over"
    JOIN = "join"


@dataclass(frozen=True)
class Reader:
    """Somebody who would read: what they are called, and their key where they get the confidential annex."""

    name: str
    fingerprint: Fingerprint | None = None

    def __post_init__(self) -> None:
        require(1 <= len(self.name) <= MAX_READER_CHARACTERS and self.name.strip() == self.name)
        # a sentence is made around it: nothing in it may turn that around, or be there without being seen
        require(all(each.isprintable() or each in _JOINERS for each in self.name))
        if self.fingerprint is not None:
            require(parse_fingerprint(self.fingerprint) == self.fingerprint)


@dataclass(frozen=True)
class Ask:
    """What is asked. DISCLOSE: `readers` and `plan` (SHA-256 of what was chosen). HAND_OVER: `desk`. JOIN: neither.

    nonce: 32 hex digits, so that the same thing asked twice is two questions.
    """

    kind: AskKind
    nonce: str
    readers: tuple[Reader, ...] = ()
    plan: str | None = None
    desk: DeskId | None = None

    def __post_init__(self) -> None:
        disclosing = self.kind is AskKind.DISCLOSE
        require(bool(self.readers) is disclosing and (self.plan is not None) is disclosing)
        require(len(self.readers) <= MAX_ASK_READERS and (self.plan is None or is_hex(self.plan, 64)))
        require((self.desk is not None) is (self.kind is AskKind.HAND_OVER) and is_hex(self.nonce, 32))
        if self.desk is not None:
            require(parse_desk_id(self.desk) == self.desk)

    def as_json(self) -> dict[str, object]:
        value: dict[str, object] = to_sparse_json(self)
        return value

    def id_in(self, drop: str, case: CaseId, item: ItemId) -> str:
        """Return the id (32 hex digits) of this ask in the reply that carries it."""
        terms = canonical.dump({"drop": drop, "case": case, "item": item, "ask": self.as_json()})
        return hashlib.blake2b(terms, digest_size=_ID_BYTES, person=_PERSON).hexdigest()


def parse_ask(value: object) -> Ask:
    """Return the ask in a reply's header. Raises InvalidValue."""
    return from_json(Ask, value)


@dataclass(frozen=True)
class Consent:
    """What a submission says to an ask, by its id."""

    ask: str
    agreed: bool


def consents_in(answers: Mapping[str, str]) -> tuple[Consent, ...]:
    """Return what a submission's answers say to asks; other answers, and other words, say nothing."""
    return tuple(
        Consent(name.removeprefix(ANSWER_PREFIX), text == YES)
        for name, text in sorted(answers.items())
        if name.startswith(ANSWER_PREFIX) and text in (YES, NO)
    )
