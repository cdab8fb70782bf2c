"""Reading a case: its items unsealed again, oldest first, and marked as read once they were shown.

Text comes out as values; who shows it makes it harmless for where it is shown.
"""

from dataclasses import dataclass

from dropbox.envelope import Attachment
from dropbox.envelope.account import LogAct
from dropbox.errors import ThreadBroken
from dropbox.workstation import case_log, moves
from dropbox.workstation.casebook import CaseRecord, ItemRecord
from dropbox.workstation.opening import Opened, open_item
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault


@dataclass(frozen=True)
class ReadCase:
    """A case as it can be shown: `opened` in order, with None where an item could not be opened any more."""

    case: CaseRecord
    records: tuple[ItemRecord, ...]
    opened: tuple[Opened | None, ...]

    @property
    def whole(self) -> bool:
        return all(self.opened)


def read_case(vault: Vault, case: CaseRecord) -> ReadCase:
    """Unseal every item of the case. One damaged item does not hide the others. Raises CaseHandedOver."""
    moves.require_here(vault.casebook, case.case)
    records = tuple(items_of(vault.casebook, case.case))
    return ReadCase(case, records, tuple(_open(vault, record) for record in records))


def open_one(vault: Vault, case: CaseRecord, item: str) -> Opened | None:
    """Unseal one item of the case, named by its id; None where it is not of this case or cannot be opened any more.

    Raises CaseHandedOver.
    """
    moves.require_here(vault.casebook, case.case)
    record = next((each for each in items_of(vault.casebook, case.case) if each.item == item), None)
    return None if record is None else _open(vault, record)


def mark_read(vault: Vault, shown: ReadCase) -> None:
    """Count what was shown as read, and keep in the log, once a day, that the case was opened."""
    fresh = [each.record for each in shown.opened if each is not None and not each.record.read]
    for record in fresh:
        vault.casebook.update(record.item, read=True)
    if case_log.add_once(vault.casebook, shown.case.case, LogAct.OPENED) or fresh:
        vault.save()


def as_json(shown: ReadCase, name: str) -> dict[str, object]:
    """Return the document of `read --json`."""
    items = [_item_json(each) for each in shown.opened if each is not None]
    return {"case": shown.case.case, "name": name, "items": items}


def _item_json(opened: Opened) -> dict[str, object]:
    header = opened.envelope.header
    return {
        "item": header.item,
        "kind": header.kind.value,
        "day": opened.record.day.isoformat(),
        "text": opened.envelope.message.reveal(),
        "mandate": None if header.mandate is None else header.mandate.value,
        "answers": dict(header.answers),
        "attachments": [_attachment_json(attachment) for attachment in opened.envelope.index.attachments],
    }


def _attachment_json(attachment: Attachment) -> dict[str, object]:
    return {"name": attachment.name, "bytes": attachment.size, "sha256": attachment.sha256}


def _open(vault: Vault, record: ItemRecord) -> Opened | None:
    try:
        return Opened(record, open_item(vault, record))
    except ThreadBroken:
        return None
