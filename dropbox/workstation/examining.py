"""Is a new item what the drop says it is? Opens it, compares everything that must agree, and gives a verdict.

An item with anything that differs is quarantined: kept sealed, shown, and never acknowledged to the drop. Who can write
to the server's disk can bring an item as far as this room and no further.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dropbox.envelope import ChainLink, Envelope, chain_faults, consents_in, verify_intake
from dropbox.errors import (
    EnvelopeError,
    InvalidValue,
    NotForYou,
    ReplyBoxError,
    SignatureInvalid,
    TooLarge,
    UnsealError,
)
from dropbox.gpg import count_recipients
from dropbox.models import DeskId, Fingerprint, Kind, Roster, SealedKind
from dropbox.workstation import epochs, moves
from dropbox.workstation.casebook import Casebook, CaseRecord, Detail, ItemRecord, State, detail_of, number_of
from dropbox.workstation.opening import open_submission, open_written
from dropbox.workstation.speech import N_, Words
from dropbox.workstation.trust import members_on
from dropbox.workstation.vault import Vault

_OTHER_DESKS = N_("it is addressed to other desks than its case")

Check = tuple[bool, Words]
Rosters = Mapping[DeskId, Roster]


@dataclass(frozen=True)
class Verdict:
    """What an item turned out to be; `case` is there for a submission that was verified.

    envelope: what was unsealed of a verified one, for whoever looks at it at once.
    """

    state: State
    reason: str = ""
    detail: Detail | None = None
    case: CaseRecord | None = None
    envelope: Envelope | None = None


def examine(vault: Vault, item: ItemRecord, rosters: Rosters, unsealed: bytes | None = None) -> Verdict:
    """Open one sealed item of a verified bundle and say what it is. Raises GpgError when gpg itself does not work.

    unsealed: what its seal holds, where that is known already (see `unsealed_ahead`).
    """
    try:
        if item.kind is SealedKind.SUBMISSION:
            return _examine_submission(vault, item, rosters, unsealed)
        return _examine_writing(vault, item, rosters, unsealed)
    except NotForYou:
        return _not_for_you(vault, item, rosters)
    except UnsealError:
        return quarantine(N_("it could not be unsealed whole"))
    except SignatureInvalid:
        return quarantine(N_("it is not signed by its author"))
    except (EnvelopeError, ReplyBoxError, InvalidValue, TooLarge):
        return quarantine(N_("its envelope does not have the form of format 1"))


def out_of_chain(casebook: Casebook, item: ItemRecord, detail: Detail) -> Words | None:
    """Say what is wrong with a submission's place among those of its case that are held, or nothing."""
    # after a restore a reporter goes on from what the drop still has, under numbers that were given once already
    thread = (record for record in casebook.thread(item.case) if record.lost is item.lost or number_of(record) == 0)
    others = [detail_of(record) for record in thread if record.item != item.item]
    links = [ChainLink(each.number, each.previous, each.index_sha256) for each in (*others, detail) if each.number]
    if moves.is_addressed_wrong(casebook, item, detail):
        return _OTHER_DESKS
    number, faults = detail.number or 0, chain_faults(links).contradicting
    if number in faults:
        return N_("it does not follow what came before it, or another item has its number in the case")
    return N_("what follows it does not follow it") if number + 1 in faults else None


def _examine_submission(vault: Vault, item: ItemRecord, rosters: Rosters, unsealed: bytes | None) -> Verdict:
    path = vault.path_of(item)
    packets = count_recipients(path)
    envelope = open_submission(vault, path, unsealed)
    header = envelope.header
    own_packets = len(envelope.index.recipients) if item.resealed_by is None else 1
    own_packets = packets if item.handed_by is not None else own_packets
    checks = (
        *_common_differences(vault.casebook, item, envelope),
        (header.kind in (Kind.REPLY, Kind.NOTE), N_("it is of another kind")),
        (not _is_of_epoch(vault.casebook, header.epoch, item), N_("it belongs to another epoch of the drop")),
        (packets != own_packets, N_("it is sealed to more or fewer keys than it lists")),
        *(_received_differences if header.author is None else _intake_differences)(vault, item, envelope, rosters),
    )
    return _verdict(
        envelope, checks, CaseRecord(item.case, header.case_key or "", header.reply_key or "", header.desks)
    )


def _is_of_epoch(casebook: Casebook, epoch: str, item: ItemRecord) -> bool:
    """Tell whether a submission was sealed in the epoch that names it, or in one that this one goes on from."""
    return epoch == item.epoch or epoch in epochs.ancestors(casebook, item.epoch)


def _received_differences(vault: Vault, item: ItemRecord, envelope: Envelope, rosters: Rosters) -> Iterator[Check]:
    yield envelope.header.day != item.day, N_("its day differs")
    yield not _recipients_fit(envelope, item.day, rosters), N_("it is sealed to others than the desk's roster")


def _intake_differences(vault: Vault, item: ItemRecord, envelope: Envelope, rosters: Rosters) -> Iterator[Check]:
    """A member took this report down, offline: like any author they may know of a colleague too late, never too early.

    Their clock may be ahead; the drop then counts from the day on which it came.
    """
    header = envelope.header
    author = {header.author} if header.author else set()
    members = [members_on(rosters.get(desk, ()), item.day)[1] for desk in header.desks]
    yield not all(author <= each for each in members), N_("it was taken down by nobody of the desk's roster that day")
    yield header.day < item.day, N_("its day differs")
    ever = {membership.fingerprint for desk in header.desks for membership in rosters.get(desk, ())}
    listed: set[Fingerprint] = set(envelope.index.recipients)
    yield not author <= listed <= ever, N_("it is sealed to others than the desk's roster")
    verify_intake(
        envelope, lambda signed, signature: vault.members.verify_detached(signed, signature, author, at=header.day)
    )


def _not_for_you(vault: Vault, item: ItemRecord, rosters: Rosters) -> Verdict:
    """A submission is sealed to everybody who was a member all of its day. One that leaves out its reader was put in
    another's place, or the reader's card or passphrase failed for a moment: it must not be acknowledged as theirs.

    Of writings that cannot be said: their authors are offline and may not know of a new colleague for weeks.
    """
    casebook = vault.casebook
    surely = members_on(rosters.get(casebook.bound.desk, ()), item.day)[0]
    if item.kind is SealedKind.SUBMISSION and casebook.key in surely:
        return quarantine(N_("it does not open with your key, although you were on the roster that day"))
    return Verdict(State.NOT_FOR_YOU)


def _examine_writing(vault: Vault, item: ItemRecord, rosters: Rosters, unsealed: bytes | None) -> Verdict:
    allowed: set[Fingerprint] = set().union(*(members_on(roster, item.day)[1] for roster in rosters.values()))
    envelope = open_written(vault, vault.path_of(item), allowed, item.day, unsealed)
    header = envelope.header
    own_desk = vault.casebook.bound.desk
    desk_members = members_on(rosters.get(header.desk or own_desk, ()), item.day)[1]
    checks = (
        *_common_differences(vault.casebook, item, envelope),
        (header.kind.value != item.kind.value, N_("it is of another kind")),
        (header.author not in desk_members, N_("its author was not on the desk's roster that day")),
        (header.kind is Kind.NOTE and header.desk != own_desk, N_("it is a note of another desk")),
        (_hides_something(envelope), N_("it says that it brings the log alone, and holds more")),
    )
    return _verdict(envelope, checks, None)


def _hides_something(envelope: Envelope) -> bool:
    """Whether a note that stands in no thread has a text or files, which nobody would ever see there."""
    account = envelope.header.account
    shows = envelope.message.reveal() or envelope.index.attachments
    return account is not None and account.is_log_only and bool(shows)


def _verdict(envelope: Envelope, checks: tuple[Check, ...], case: CaseRecord | None) -> Verdict:
    reason = next((text for differs, text in checks if differs), None)
    return quarantine(reason) if reason else Verdict(State.VERIFIED, "", _detail(envelope), case, envelope)


def _common_differences(casebook: Casebook, item: ItemRecord, envelope: Envelope) -> Iterator[Check]:
    header, binding, case = envelope.header, casebook.bound, casebook.cases.get(item.case)
    yield header.drop != binding.drop, N_("it belongs to another drop")
    yield header.item != item.item, N_("it carries another item's id")
    yield header.case != item.case, N_("it belongs to another case")
    yield binding.desk not in header.desks and item.handed_by is None, N_("it is not addressed to this desk")
    if case is not None and header.kind is Kind.REPLY:
        yield frozenset(header.desks) not in moves.desks_ever(casebook, item.case), _OTHER_DESKS
    if case is not None and header.case_key is not None:
        yield (header.case_key, header.reply_key) != (case.case_key, case.reply_key), N_("its case has other keys")


def _recipients_fit(envelope: Envelope, day: date, rosters: Rosters) -> bool:
    """Everybody who was a member all of that day is a recipient, and nobody who was not one for a part of it.

    A roster's days are the finest that is known: who came or left on the day itself may or may not be among them.
    """
    recipients: set[Fingerprint] = set(envelope.index.recipients)
    desks = [members_on(rosters.get(desk, ()), day) for desk in envelope.header.desks]
    surely = set().union(*(each[0] for each in desks))
    perhaps = set().union(*(each[1] for each in desks))
    return all(each[1] for each in desks) and surely <= recipients <= perhaps


def _detail(envelope: Envelope) -> Detail:
    header = envelope.header
    return Detail(
        kind=header.kind,
        index_sha256=envelope.index_sha256,
        desks=header.desks,
        number=envelope.index.number or None,
        previous=envelope.index.previous,
        mandate=header.mandate,
        undo=header.undo,
        desk=header.desk,
        author=header.author,
        knows=header.knows,
        work=header.work,
        account=header.account,
        ask=header.ask,
        consents=consents_in(header.answers),
        moved=header.moved,
        signed_on=header.day if header.account is not None else None,
    )


def quarantine(reason: Words) -> Verdict:
    """Keep the reason in English: it is translated when it is shown."""
    return Verdict(State.QUARANTINED, reason.english)
