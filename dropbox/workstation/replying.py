"""Writing to a case: replies to the reporter and the desks, notes to one's own desk.

A body is sealed once; its key is locked for the reporter and for every current member of the desks concerned. Nothing
is written while the drop's key or a roster waits to be confirmed, or while one of those members' keys is missing.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from dropbox.disk import file_sha256, sync_folder
from dropbox.envelope import MAX_TEXT_BYTES, Account, Ask, Header, Work
from dropbox.envelope.account import LogAct, LogLine
from dropbox.envelope.header import MAX_HEADER_BYTES
from dropbox.errors import TextFileUnreadable, TextUnreadable, TooLarge
from dropbox.models import (
    CaseId,
    Kind,
    Plaintext,
    Recipient,
    SealedKind,
    new_item_id,
    today,
)
from dropbox.workstation import acts, addressing, attaching, case_log, trust
from dropbox.workstation.casebook import Casebook, CaseRecord, Detail, ItemRecord, State
from dropbox.workstation.opening import open_written
from dropbox.workstation.vault import Vault
from dropbox.workstation.work import heads
from dropbox.writing import HeldFile, write

MAX_LOG_BYTES = 32 * 1024
"""What a note's header gives to lines of the log."""
MAX_LOG_NOTES = 100
"""Notes that one export makes for the log alone: each takes gpg a moment, and the rest can wait for the next one."""
_SPARE_BYTES = 256


@dataclass(frozen=True)
class Draft:
    """What an investigator wants to write; `kind` is REPLY or NOTE.

    Only a note with `work` or `account` may have no text. ask: what a reply asks its reporter to agree to.
    """

    kind: Kind
    text: Plaintext
    files: Sequence[Path | HeldFile] = ()
    work: Work | None = None
    account: Account | None = None
    ask: Ask | None = None


def read_text(path: str, standard_input: BinaryIO) -> Plaintext:
    """Read a text from a file, or from standard input for `-`. Raises TextFileUnreadable, TooLarge, TextUnreadable."""
    try:
        with nullcontext(standard_input) if path == "-" else Path(path).open("rb") as stream:
            data = stream.read(MAX_TEXT_BYTES + 1)
    except OSError:
        raise TextFileUnreadable from None
    if len(data) > MAX_TEXT_BYTES:
        raise TooLarge
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TextUnreadable from None
    if not text.strip():
        raise TextUnreadable
    return Plaintext(text)


def write_to_case(vault: Vault, case: CaseRecord, draft: Draft) -> ItemRecord:
    """Seal a reply or note into the vault and the casebook; the next export carries it.

    Raises Unconfirmed, RosterUnconfirmed, AlreadyWithdrawn, MandateForbids, NotOnRoster, MemberKeyUnavailable,
    TooLarge, TextUnreadable, AttachmentUnreadable, OwnItemAttached.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    acts.require(casebook, case.case, acts.act_of(draft.kind, draft.work, draft.account))
    if draft.work is None and draft.account is None and not draft.text.reveal().strip():
        raise TextUnreadable
    attaching.refuse_own(vault, draft.files)
    before = casebook.log.get(case.case)
    try:
        header = _header(casebook, case, draft)
        record, lock = _seal(vault, case, header, draft, addressing.recipients(vault, header.desks))
    except BaseException:
        _forget_lines(casebook, case, before)
        raise
    casebook.add(replace(record, lock=None if lock is None else lock.hex()))
    vault.save()
    return casebook.items[record.item]


def write_log_notes(vault: Vault, most: int = MAX_LOG_NOTES) -> int:
    """Seal notes for what the logs of earlier days still hold here, and return how many; the caller saves the vault.

    What came with an import waits for something that was done: that it came here, the drop knows from the receipts.
    Raises NotOnRoster, MemberKeyUnavailable, or what gpg raises.
    """
    casebook, written = vault.casebook, 0
    for case in [case for case in casebook.log if case in casebook.cases]:
        if written >= most:
            break
        if not _owes_lines(casebook, case):
            continue
        for part in case_log.parts_alone(casebook, case, MAX_LOG_BYTES):
            draft = Draft(Kind.NOTE, Plaintext(""), account=Account(log=part))
            header = _plain_header(casebook, casebook.cases[case], draft)
            recipients = addressing.recipients(vault, header.desks)
            record, _lock = _seal(vault, casebook.cases[case], header, draft, recipients)
            casebook.add(record)
            written += 1
    return written


def _owes_lines(casebook: Casebook, case: CaseId) -> bool:
    """Whether something was done with a case on an earlier day that no note has told yet, and still may."""
    waiting = case_log.pending(casebook, case)
    done = any(line.act is not LogAct.IMPORTED and line.day < today() for line in waiting)
    return done and acts.standing(casebook, case).withdrawn is None


def _header(casebook: Casebook, case: CaseRecord, draft: Draft) -> Header:
    """Add to the log what this writing is, and return its header; a note takes the log's pending lines along."""
    header = _plain_header(casebook, case, draft)
    for act, details in _told(draft, header):
        case_log.add(casebook, case.case, act, **details)
    if draft.kind is Kind.REPLY:
        return header
    room_bytes = min(MAX_LOG_BYTES, MAX_HEADER_BYTES - len(header.as_bytes()) - _SPARE_BYTES)
    part = case_log.part_for(casebook, case.case, room_bytes)
    if part is None:
        return header
    account = Account(log=part) if draft.account is None else replace(draft.account, log=part)
    return replace(header, account=account)


def _told(draft: Draft, header: Header) -> Iterator[tuple[LogAct, dict[str, str]]]:
    """Give what the log says of a writing; of an account's other parts whoever makes them says more."""
    item = str(header.item)
    if draft.kind is Kind.REPLY:
        yield LogAct.REPLIED, {"item": item}
    elif draft.text.reveal().strip() or draft.files:
        yield LogAct.NOTED, {"item": item}
    if draft.work is None:
        return
    if draft.work.assignee is not None:
        yield LogAct.ASSIGNED, {"item": item, "to": draft.work.assignee}
    if draft.work.state is not None:
        yield LogAct.STATE, {"item": item, "state": draft.work.state.value}
    if draft.work.add or draft.work.remove:
        tags = [*(f"+{tag}" for tag in draft.work.add), *(f"-{tag}" for tag in draft.work.remove)]
        yield LogAct.TAGGED, {"item": item, "tags": ", ".join(tags)}


def _forget_lines(casebook: Casebook, case: CaseRecord, before: tuple[LogLine, ...] | None) -> None:
    """Take back the lines of a writing that was not made."""
    if before is None:
        casebook.log.pop(case.case, None)
    else:
        casebook.log[case.case] = before


def _plain_header(casebook: Casebook, case: CaseRecord, draft: Draft) -> Header:
    own_desk = casebook.bound.desk
    return Header(
        drop=casebook.bound.drop,
        case=case.case,
        item=new_item_id(),
        kind=draft.kind,
        desks=case.desks if draft.kind is Kind.REPLY else (own_desk,),
        desk=own_desk,
        day=today(),
        author=casebook.key,
        knows=heads(casebook, case.case),
        work=draft.work,
        account=draft.account,
        ask=draft.ask,
    )


def _seal(
    vault: Vault, case: CaseRecord, header: Header, draft: Draft, recipients: tuple[Recipient, ...]
) -> tuple[ItemRecord, bytes | None]:
    """Write the container under a name that an import would sweep, open it again as a reader would, then name it."""
    kind = SealedKind(draft.kind.value)
    path = vault.item_path(header.item, kind)
    part = path.with_name(path.name + ".part")
    lock = write(
        part,
        header,
        draft.text,
        draft.files,
        sign=lambda data: vault.own.sign_detached(data, vault.casebook.key),
        seal_lock=lambda key: vault.members.seal_bytes(key, recipients),
        reply_public=bytes.fromhex(case.reply_key) if draft.kind is Kind.REPLY else None,
    )
    index_sha256 = open_written(vault, part, [vault.casebook.key], header.day).index_sha256
    sha256 = file_sha256(part)
    part.replace(path)
    sync_folder(path.parent)
    record = ItemRecord(
        item=header.item,
        case=header.case,
        kind=kind,
        day=header.day,
        sha256=sha256,
        epoch="",
        state=State.VERIFIED,
        detail=Detail(
            kind=header.kind,
            index_sha256=index_sha256,
            desks=header.desks,
            desk=header.desk,
            author=header.author,
            knows=header.knows,
            work=header.work,
            account=header.account,
            ask=header.ask,
            signed_on=header.day if header.account is not None else None,
        ),
        own=True,
        on_drop=False,
        read=True,
        written=header.day,
    )
    return record, lock
