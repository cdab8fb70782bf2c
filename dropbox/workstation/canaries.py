"""Test reports of the drop itself: known by its signature, told of once, and never a case.

What is no test report beyond doubt is a report like any other: nobody may make one vanish by writing a few lines.
"""

from dropbox.bundle import Receipt
from dropbox.bundle.canary import Canary, find_canary
from dropbox.disk import sync_folder
from dropbox.envelope import Envelope
from dropbox.errors import TargetUnusable
from dropbox.models import ItemId, Kind, Mandate, SealedKind
from dropbox.workstation.casebook import CanaryRecord, Casebook, ItemRecord
from dropbox.workstation.speech import ngettext
from dropbox.workstation.vault import Vault


def find(casebook: Casebook, record: ItemRecord, envelope: Envelope) -> Canary | None:
    """Return the test report that a verified submission is, or None."""
    header, index = envelope.header, envelope.index
    is_bare = header.kind is Kind.REPORT and index.number == 1 and header.mandate is Mandate.LISTEN
    if not is_bare or header.author is not None or header.answers or index.attachments:
        return None
    if record.case in casebook.cases or any(each.item != record.item for each in casebook.held(record.case)):
        return None  # somebody had to do with this case already
    keys = (casebook.bound.drop, *casebook.drop_keys.followed)
    return find_canary(envelope.message.reveal(), casebook.bound.drop, record.case, keys)


def take(casebook: Casebook, record: ItemRecord, canary: Canary) -> None:
    """Keep of a test report what the next export tells of it, and that its number in the log is no gap."""
    casebook.forget_case(record.case)  # at an earlier import its seal may not have opened
    casebook.canaries[record.item] = CanaryRecord(record.case, record.sha256, canary.token, record.day)


def is_known(casebook: Casebook, item: ItemId, sha256: str) -> bool:
    """Tell whether an item that the drop offers is a test report that came here. It then has not heard of that yet."""
    known = casebook.canaries.get(item)
    if known is None or known.sha256 != sha256:
        return False
    casebook.canaries[item] = known.told(confirmed=False)
    return True


def settle(casebook: Casebook, receipts: tuple[ItemId, ...]) -> None:
    """The drop knows now that these came here."""
    for item in casebook.canaries.keys() & set(receipts):
        casebook.canaries[item] = casebook.canaries[item].told(confirmed=True)


def owed_receipts(casebook: Casebook) -> tuple[Receipt, ...]:
    desk = casebook.bound.desk
    owed = ((item, each) for item, each in sorted(casebook.canaries.items()) if not each.confirmed)
    return tuple(Receipt(item, desk, each.sha256) for item, each in owed)


def owed_tokens(casebook: Casebook) -> tuple[str, ...]:
    return tuple(sorted({each.token for each in casebook.canaries.values() if not each.confirmed}))


def import_lines(number: int) -> list[str]:
    """Return the one line about test reports that an import brought, or none."""
    if not number:
        return []
    return [
        ngettext(
            "%(num)s test report of the drop itself arrived. It is no case; your next export tells the drop.",
            "%(num)s test reports of the drop itself arrived. They are no cases; your next export tells the drop.",
            number,
        )
    ]


def sweep(vault: Vault) -> None:
    """Delete the sealed files of test reports. Raises TargetUnusable."""
    paths = [vault.item_path(item, SealedKind.SUBMISSION) for item in vault.casebook.canaries]
    try:
        there = [path for path in paths if path.exists()]
        for path in there:
            path.unlink(missing_ok=True)
        if there:
            sync_folder(vault.folder / "items")
    except OSError:
        raise TargetUnusable from None
