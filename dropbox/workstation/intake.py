"""A case that is opened at the table or on the phone, for somebody who is there.

The codename is drawn and used here, handed back once for the slip, and kept by nobody: only what it yields for the
drop's store goes into the casebook. What was said is sealed to the desk like any report and never passes the server
in clear.
"""

from dataclasses import dataclass
from io import BytesIO

from dropbox.bundle import AnswerCase, Origin
from dropbox.canonical import sha256_hex
from dropbox.codename import CodenameKeys, Derivation, KdfParameters, draw_new, stored_lookup
from dropbox.disk import file_sha256, sync_folder
from dropbox.envelope import Header, Packer, intake_bytes, sign_submission
from dropbox.envelope.account import LogAct
from dropbox.errors import ClockBehind, IntakeNotReady, SealError, TextUnreadable
from dropbox.models import (
    CaseId,
    Codename,
    Kind,
    Mandate,
    Plaintext,
    Recipient,
    SealedKind,
    new_item_id,
    today,
)
from dropbox.padding import DEFAULT_FLOOR_BYTES
from dropbox.sealed_mandate import seal_mandate
from dropbox.shown import Shown, seal_shown
from dropbox.workstation import addressing, case_log, trust
from dropbox.workstation.casebook import CaseRecord, Detail, IntakeRecord, ItemRecord, KdfRecord, State, detail_of
from dropbox.workstation.opening import open_submission
from dropbox.workstation.speech import N_, Words
from dropbox.workstation.vault import Vault

MANDATES: dict[Mandate, tuple[Words, Words]] = {
    Mandate.LISTEN: (
        N_("Only listen"),
        N_("You read it and answer. You do nothing else with it until the person says so."),
    ),
    Mandate.ADVISE: (
        N_("Give advice"),
        N_("You think along about what the person can do. You take no steps yourselves."),
    ),
    Mandate.INVESTIGATE: (
        N_("Investigate"),
        N_(
            "You look into what happened and may speak with others. You do not say who reported it, but people may "
            "guess."
        ),
    ),
}
"""What the person is asked, and what each choice means: the reporter's site says the same."""


@dataclass(frozen=True, repr=False)
class Conversation:
    """What was said, what the person allows, and the language that they read."""

    text: Plaintext
    mandate: Mandate
    language: str


@dataclass(frozen=True, repr=False)
class TakenDown:
    """The new case, and its codename: whoever gets this shows it once and forgets it."""

    case: CaseId
    record: ItemRecord
    codename: Codename


def require_ready(vault: Vault) -> KdfRecord:
    """Return what a codename needs here; what would refuse an intake refuses before anybody has said a word.

    Raises Unconfirmed, RosterUnconfirmed, NotOnRoster, MemberKeyUnavailable, IntakeNotReady or ClockBehind.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    addressing.recipients(vault, (casebook.bound.desk,))
    if casebook.kdf is None:
        raise IntakeNotReady
    if today() < casebook.kdf.day:
        raise ClockBehind
    return casebook.kdf


def take_down(vault: Vault, conversation: Conversation) -> TakenDown:
    """Open a case: seal the report to the own desk, keep it in the vault, and return the codename, once.

    Raises what `require_ready` does, TextUnreadable, TooLarge, or what gpg or a full disk raises.
    """
    kdf = require_ready(vault)
    if not conversation.text.reveal().strip():
        raise TextUnreadable
    codename = draw_new()
    keys = Derivation(KdfParameters(bytes.fromhex(kdf.salt), kdf.memory_kib * 1024, kdf.passes)).derive(codename)
    record = _seal(vault, _header(vault, conversation, keys, kdf.epoch), conversation.text, keys)
    _remember(vault, record, keys, conversation.mandate)
    return TakenDown(keys.case, vault.casebook.items[record.item], codename)


def _header(vault: Vault, conversation: Conversation, keys: CodenameKeys, epoch: str) -> Header:
    """Return the report's header, for which the member who took it down vouches with their own key."""
    casebook = vault.casebook

    def made(vouched: str) -> Header:
        return Header(
            drop=casebook.bound.drop,
            epoch=epoch,
            case=keys.case,
            item=item,
            kind=Kind.REPORT,
            desks=(casebook.bound.desk,),
            mandate=conversation.mandate,
            language=conversation.language,
            day=day,
            reply_key=keys.reply_public.hex(),
            case_key=keys.case_public.hex(),
            author=casebook.key,
            vouched=vouched,
        )

    item, day = new_item_id(), today()
    signed = intake_bytes(made("-"), conversation.text)
    return made(vault.own.sign_detached(signed, casebook.key).decode("ascii"))


def _seal(vault: Vault, header: Header, text: Plaintext, keys: CodenameKeys) -> ItemRecord:
    """Seal under a name that an import would sweep, open it again as a reader would, then give it its name."""
    recipients = addressing.recipients(vault, header.desks)
    packed, index_sha256 = _pack(header, text, keys, recipients)
    path = vault.item_path(header.item, SealedKind.SUBMISSION)
    part = path.with_name(path.name + ".part")
    try:
        vault.members.seal(BytesIO(packed), recipients, part)
        if open_submission(vault, part).index_sha256 != index_sha256:
            raise SealError
        sha256 = file_sha256(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    return _record(header, sha256, index_sha256)


def _pack(header: Header, text: Plaintext, keys: CodenameKeys, recipients: tuple[Recipient, ...]) -> tuple[bytes, str]:
    packer = Packer(header, text, DEFAULT_FLOOR_BYTES)
    start = packer.begin()
    index = packer.index(1, None, [recipient.fingerprint for recipient in recipients])
    rest = b"".join(packer.finish(index, sign_submission(keys.case_key, index)))
    return start + rest, sha256_hex(index)


def _record(header: Header, sha256: str, index_sha256: str) -> ItemRecord:
    return ItemRecord(
        item=header.item,
        case=header.case,
        kind=SealedKind.SUBMISSION,
        day=header.day,
        sha256=sha256,
        epoch=header.epoch,
        state=State.VERIFIED,
        detail=Detail(
            kind=header.kind,
            index_sha256=index_sha256,
            desks=header.desks,
            number=1,
            mandate=header.mandate,
            author=header.author,
        ),
        own=True,
        on_drop=False,
        read=True,
        written=header.day,
    )


def _remember(vault: Vault, record: ItemRecord, keys: CodenameKeys, mandate: Mandate) -> None:
    """Put the case into the casebook, and what the drop must be told of it; nothing that the codename follows from."""
    casebook, told = vault.casebook, _told(vault, record, keys, mandate)
    casebook.cases[told.case] = CaseRecord(told.case, told.case_key, told.reply_key, told.desks)
    casebook.add(record)
    case_log.add(casebook, told.case, LogAct.TAKEN_DOWN, item=record.item)
    casebook.intakes[told.case] = IntakeRecord(
        item=told.item,
        day=told.day,
        lookup=told.lookup,
        sealed_mandate=told.sealed_mandate.hex(),
        sealed_view=told.sealed_view.hex(),
        signature=told.signature.hex(),
    )
    vault.save()


def _told(vault: Vault, record: ItemRecord, keys: CodenameKeys, mandate: Mandate) -> AnswerCase:
    """Return what the drop is told, signed now: at the export nobody has the case key any more."""
    casebook = vault.casebook
    case = AnswerCase(
        case=keys.case,
        case_key=keys.case_public.hex(),
        reply_key=keys.reply_public.hex(),
        day=record.day,
        desks=(casebook.bound.desk,),
        item=record.item,
        link=detail_of(record).index_sha256,
        lookup=stored_lookup(keys.lookup_id),
        sealed_mandate=seal_mandate(mandate, keys.reply_public),
        sealed_view=seal_shown(Shown(), keys.reply_key),
    )
    return case.signed(keys.case_key, Origin(casebook.bound.drop, casebook.key, casebook.vault))
