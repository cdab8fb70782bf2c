"""envelope.json: what an item says of itself, to whom, and under which case.

Checked by the same rules when it is made and when it is read, so that nothing is sealed that cannot be read again.
Whether its case, drop and author are the right ones is for the signatures (verify) and the caller to say.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dropbox import canonical
from dropbox.envelope.account import Account, parse_account
from dropbox.envelope.ask import ANSWER_PREFIX, YES, Ask, parse_ask
from dropbox.envelope.moving import Moved, parse_moved
from dropbox.envelope.work import Work, parse_work
from dropbox.errors import EnvelopeError, InvalidValue
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    Plaintext,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_fingerprint,
    parse_item_id,
)
from dropbox.records import require, to_sparse_json

MAX_TEXT_BYTES = 48 * 1024
"""UTF-8 of the message and canonical JSON of the answers together, so that every text fits the least padded size."""
MAX_HEADER_BYTES = 64 * 1024
MAX_KNOWN = 64
"""Ids in `knows`. Each writing names the newest ends only, so a case in which everybody imports has a handful."""

SUBMISSION_KINDS = frozenset({Kind.REPORT, Kind.MESSAGE, Kind.MANDATE, Kind.WITHDRAWAL})
WRITING_KINDS = frozenset({Kind.REPLY, Kind.NOTE})

_KEY = re.compile(r"[0-9a-f]{64}")
_EPOCH = re.compile(r"[0-9a-f]{32}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_COMMON = frozenset({"format", "drop", "case", "item", "kind", "desks", "day"})
_SUBMISSION = _COMMON | {"epoch", "mandate", "language", "answers", "reply_key", "case_key"}
_WRITING = _COMMON | {"desk", "author"}
_WRITING_OPTIONAL = frozenset({"knows", "work", "account", "ask"})
_INTAKE = frozenset({"author", "vouched"})
_MOVING = frozenset({Kind.MESSAGE, Kind.MANDATE})
MAX_VOUCHED_CHARACTERS = 4096


@dataclass(frozen=True, kw_only=True)
class Header:
    """Keys, drop and epoch in lower hex; what a submission lacks a writing has, and the other way round.

    knows: the newest items of the case that a writing's author had; None in one from before there was this key.
    account: what a note adds to the case's account. ask: what a reply asks its reporter to agree to.
    moved: in a submission with which the reporter lets another desk have the case.
    vouched: in a report that a member took down, their detached PGP signature (see verify); they are its author.
    """

    drop: str
    case: CaseId
    item: ItemId
    kind: Kind
    desks: tuple[DeskId, ...]
    day: date
    epoch: str = ""
    mandate: Mandate | None = None
    language: str = ""
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    reply_key: str | None = None
    case_key: str | None = None
    undo: bool = False
    author: Fingerprint | None = None
    desk: DeskId | None = None
    knows: tuple[ItemId, ...] | None = None
    work: Work | None = None
    account: Account | None = field(default=None, repr=False)
    ask: Ask | None = None
    moved: Moved | None = None
    vouched: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "desks", tuple(sorted(set(self.desks))))
        object.__setattr__(self, "answers", dict(self.answers))
        require(_KEY.fullmatch(self.drop) is not None and bool(self.desks))
        require(all(isinstance(text, str) for pair in self.answers.items() for text in pair))
        if self.kind in SUBMISSION_KINDS:
            self._check_submission()
        else:
            self._check_writing()

    def _check_submission(self) -> None:
        require(_EPOCH.fullmatch(self.epoch) is not None and _LANGUAGE.fullmatch(self.language) is not None)
        require(all(_KEY.fullmatch(key or "") for key in (self.reply_key, self.case_key)))
        require(self.mandate is not None and self.desk is None)
        require((self.author is None) is (not self.vouched) and len(self.vouched) <= MAX_VOUCHED_CHARACTERS)
        require(self.author is None or self.kind is Kind.REPORT)
        require(not self.undo or self.kind is Kind.WITHDRAWAL)
        require(not any(each is not None for each in (self.knows, self.work, self.account, self.ask)))
        if self.moved is not None:
            require(self.kind in _MOVING and {self.moved.origin, self.moved.to} <= set(self.desks))
            require(self.answers.get(ANSWER_PREFIX + self.moved.ask) == YES)

    def _check_writing(self) -> None:
        require(self.author is not None and self.desk in self.desks)
        require(not any((self.epoch, self.mandate, self.language, self.answers, self.undo)))
        require(self.reply_key is None and self.case_key is None and not self.vouched and self.moved is None)
        require((self.work is None and self.account is None) or self.kind is Kind.NOTE)
        require(self.ask is None or self.kind is Kind.REPLY)
        require(self.work is None or self.account is None or not self.account.is_log_only)
        if self.knows is not None:
            require(len(self.knows) <= MAX_KNOWN and list(self.knows) == sorted(set(self.knows)))
            require(self.item not in self.knows)

    def as_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "format": FORMAT,
            "drop": self.drop,
            "case": self.case,
            "item": self.item,
            "kind": self.kind.value,
            "desks": list(self.desks),
            "day": self.day.isoformat(),
        }
        if self.mandate is None:
            return value | self._writing_json()
        value |= {"epoch": self.epoch, "mandate": self.mandate.value, "language": self.language}
        value |= {"answers": dict(self.answers), "reply_key": self.reply_key, "case_key": self.case_key}
        if self.author is not None:
            value |= {"author": self.author, "vouched": self.vouched}
        if self.moved is not None:
            value["moved"] = self.moved.as_json()
        return value | {"undo": True} if self.undo else value

    def _writing_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"desk": self.desk, "author": self.author}
        if self.knows is not None:
            value["knows"] = list(self.knows)
        if self.work is not None:
            value["work"] = self.work.as_json()
        if self.account is not None:
            value["account"] = to_sparse_json(self.account)
        return value if self.ask is None else value | {"ask": self.ask.as_json()}

    def as_bytes(self) -> bytes:
        return canonical.dump(self.as_json())


def parse_header(data: bytes) -> Header:
    """Return the header in envelope.json's bytes; raises EnvelopeError."""
    try:
        value = canonical.load(data, MAX_HEADER_BYTES)
        header = _from_json(value)
        # whatever the fields forgive (a fingerprint in lower case, unsorted desks, pairs for answers) is not format 1
        require(header.as_bytes() == data)
    except (InvalidValue, ValueError, TypeError):
        raise EnvelopeError from None
    return header


def text_bytes(message: Plaintext, answers: Mapping[str, str]) -> int:
    """Return what the text weighs against MAX_TEXT_BYTES; raises InvalidValue for what is not Unicode."""
    # answers weigh what they take up in envelope.json: escapes (a quote is two bytes, a control six) must not push a
    # text-only submission out of the least bucket
    weight = len(message_bytes(message))
    return weight + len(canonical.dump(dict(answers))) if answers else weight


def message_bytes(message: Plaintext) -> bytes:
    try:
        return message.reveal().encode()
    except UnicodeEncodeError:
        raise InvalidValue from None


def _from_json(value: Mapping[str, Any]) -> Header:
    kind = Kind(str(value.get("kind")))
    require(value.get("format") == FORMAT)
    if kind in WRITING_KINDS:
        return _writing_from_json(value, kind)
    optional = (set(value) & {"undo", "moved"}) | (_INTAKE if "author" in value else set())
    _require_keys(value, _SUBMISSION | optional)
    return Header(
        **_common(value, kind),
        epoch=value["epoch"],
        mandate=Mandate(value["mandate"]),
        language=value["language"],
        answers=value["answers"],
        reply_key=value["reply_key"],
        case_key=value["case_key"],
        undo=value.get("undo") is True,
        author=parse_fingerprint(value["author"]) if "author" in value else None,
        moved=parse_moved(value["moved"]) if "moved" in value else None,
        vouched=str(value.get("vouched", "")),
    )


def _writing_from_json(value: Mapping[str, Any], kind: Kind) -> Header:
    _require_keys(value, _WRITING | (set(value) & _WRITING_OPTIONAL))
    return Header(
        **_common(value, kind),
        desk=parse_desk_id(value["desk"]),
        author=parse_fingerprint(value["author"]),
        knows=tuple(parse_item_id(item) for item in _list(value["knows"])) if "knows" in value else None,
        work=parse_work(value["work"]) if "work" in value else None,
        account=parse_account(value["account"]) if "account" in value else None,
        ask=parse_ask(value["ask"]) if "ask" in value else None,
    )


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue
    return value


def _common(value: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    return {
        "drop": value["drop"],
        "case": parse_case_id(value["case"]),
        "item": parse_item_id(value["item"]),
        "kind": kind,
        "desks": tuple(parse_desk_id(desk) for desk in value["desks"]),
        "day": parse_day(value["day"]),
    }


def _require_keys(value: Mapping[str, Any], keys: Collection[str]) -> None:
    require(set(value) == set(keys))
