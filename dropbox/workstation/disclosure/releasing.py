"""Making a pack, and asking the reporter for it: both take the same plan, and both look through the open part first.

Everything is made in memory, and written down, in the case's log and in a note, before it gets its name in the folder.
"""

import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from dropbox.canonical import sha256_hex
from dropbox.disk import sync_files, sync_folder
from dropbox.envelope import Account, Ask, AskKind, Attachment
from dropbox.envelope.account import Disclosed, LogAct
from dropbox.errors import AlreadyAsked, PlanOutdated, TargetExists, TargetUnusable
from dropbox.models import Kind, Plaintext, today
from dropbox.workstation import case_log, consent
from dropbox.workstation.casebook import Casebook, CaseRecord, ItemRecord
from dropbox.workstation.disclosure import annex, gathering, kept, open_part, readers
from dropbox.workstation.disclosure.leave import Leave, require_leave
from dropbox.workstation.disclosure.open_part import MANIFEST, Sender, Shown
from dropbox.workstation.disclosure.passages import open_text
from dropbox.workstation.disclosure.plan import FileHow, Plan
from dropbox.workstation.disclosure.redrawn import pdf_text, redrawn
from dropbox.workstation.disclosure.release_check import Secrets, require_pieces_unreadable, require_unreadable
from dropbox.workstation.disclosure.wording import told
from dropbox.workstation.document import as_pdf, as_text
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import speaking
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import refuse_known
from dropbox.writing import HeldFile

OPEN_FOLDER, OPEN_TAR, ANNEX, COVER = "open", "open.tar", "annex.pgp", "cover"
ASKED_TEXT = "open-part.txt"


@dataclass(frozen=True)
class Pack:
    """A finished open part, looked through: its files by name, and what it was made of."""

    plan: Plan
    shown: tuple[Shown, ...]
    files: Mapping[str, bytes]

    @property
    def unread(self) -> tuple[tuple[int, int, int], ...]:
        """Pages of which no word is known, so that no name on them was found: item, file and page, by their numbers."""
        return tuple(
            (each.part.number, number, page)
            for each in self.shown
            for number, file in each.files.items()
            for page in file.unread
        )

    @property
    def manifest_sha256(self) -> str:
        return sha256_hex(self.files[MANIFEST])


@dataclass(frozen=True)
class Released:
    """What was written. annex: SHA-256 of the sealed annex; None where nobody gets one."""

    folder: Path
    files: tuple[str, ...]
    open_part: str
    annex: str | None
    note: ItemRecord
    leave: Leave
    unread: tuple[tuple[int, int, int], ...] = ()


def make_open_part(vault: Vault, case: ReadCase, plan: Plan) -> Pack:
    """Make the open part in memory and look through it.

    Raises PlanUnfinished, PlanOutdated, StillReadable, and what drawing a file raises.
    """
    plan.require_complete()
    parts = gathering.gather(case, plan)
    secrets = Secrets(gathering.sought_in(plan, parts), gathering.spellings(plan, parts))
    shown = tuple(_shown(vault, part, plan, secrets) for part in parts)
    require_pieces_unreadable({f"open.txt, {each.part.number}": each.text.text for each in shown}, secrets)
    files = open_part.open_files(plan, shown, sender(vault.casebook, plan))
    _look_through(vault.casebook, plan, secrets, files)
    return Pack(plan, shown, files)


def preview(case: ReadCase, plan: Plan) -> tuple[Shown, ...]:
    """Return the texts as the open part would have them, without its files; nothing is checked."""
    parts = gathering.gather(case, plan)
    sought = gathering.sought_in(plan, parts)
    with speaking(plan.language):
        return tuple(Shown(part, open_text(part.text, sought, part.choice.cuts)) for part in parts)


def release(vault: Vault, case: ReadCase, plan: Plan, folder: Path, given: Sequence[bytes] = ()) -> Released:
    """Write a pack into a new folder, whole or not at all, and keep that it was made.

    given: outside readers' keys. Raises what `require_leave` and `make_open_part` raise, ReaderKeyMissing,
    PackTooLarge, PlanOutdated where the reporter was shown another pack, TargetExists, TargetUnusable.
    """
    casebook = vault.casebook
    leave = require_leave(casebook, plan)
    keys = readers.require_keys(vault, plan.annex_readers, given)
    if os.path.lexists(folder):
        raise TargetExists
    pack = make_open_part(vault, case, plan)
    _require_as_asked(case, pack, leave)
    files = {f"{OPEN_FOLDER}/{name}": data for name, data in pack.files.items()}
    files |= {OPEN_TAR: tar(pack.files), **_cover(vault.casebook, pack, leave)}
    sealed = readers.seal(_annex(vault, pack), plan.annex_readers, keys) if keys else None
    if sealed is not None:
        files[ANNEX] = sealed
    annex_sha256 = None if sealed is None else sha256_hex(sealed)
    part = _write(folder, files)
    try:
        note = _record(vault, case.case, _disclosed(pack, leave, annex_sha256), kept.files_to_keep(plan, keys))
        part.rename(folder)
        sync_folder(folder.parent)
    except OSError:
        raise TargetUnusable from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Released(folder, tuple(files), pack.manifest_sha256, annex_sha256, note, leave, pack.unread)


def ask(vault: Vault, case: ReadCase, plan: Plan, text: Plaintext, given: Sequence[bytes] = ()) -> ItemRecord:
    """Keep the plan in a note and ask the reporter, in a reply that shows them the open part as it would be.

    Raises what `make_open_part` and `write_to_case` raise, ReaderKeyMissing, or AlreadyAsked while this very question
    is open.
    """
    asked = consent.asks_of(vault.casebook, plan.case)
    if any(each.ask.plan == plan.sha256 and each.answer is consent.AskAnswer.OPEN for each in asked):
        raise AlreadyAsked
    keys = readers.require_keys(vault, plan.annex_readers, given)
    pack = make_open_part(vault, case, plan)
    keep(vault, case.case, plan, keys)
    question = Ask(AskKind.DISCLOSE, token_hex(16), plan.readers, plan.sha256)
    case_log.add(vault.casebook, plan.case, LogAct.ASKED, kind=AskKind.DISCLOSE.value, plan=plan.sha256)
    return write_to_case(vault, case.case, Draft(Kind.REPLY, text, _shown_to_reporter(pack), ask=question))


def keep(vault: Vault, case: CaseRecord, plan: Plan, keys: Sequence[bytes]) -> ItemRecord:
    """Keep a plan in a note to the desk, which any member can carry out."""
    return write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(told(plan)), kept.files_to_keep(plan, keys)))


def sender(casebook: Casebook, plan: Plan) -> Sender:
    """Return who makes the pack, by the names on the reporter's pages."""
    names = casebook.desk_names.get(casebook.bound.desk, {})
    name = names.get(plan.language) or next(iter(names.values()), casebook.bound.desk)
    return Sender(name, casebook.organisation, today())


def tar(files: Mapping[str, bytes]) -> bytes:
    """Return files as one, without anything about their maker or their time."""
    target = BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, BytesIO(data))
    return target.getvalue()


def _shown(vault: Vault, part: gathering.Part, plan: Plan, secrets: Secrets) -> Shown:
    with speaking(plan.language):
        text = open_text(part.text, secrets.sought, part.choice.cuts)
    files = {
        choice.number: redrawn(vault, part.opened, attachment, choice.boxes, secrets.sought)
        for choice, attachment in part.files(FileHow.REDRAWN)
    }
    return Shown(part, text, files)


def _look_through(casebook: Casebook, plan: Plan, secrets: Secrets, files: Mapping[str, bytes]) -> None:
    own = open_part.own_words(plan, sender(casebook, plan))
    require_unreadable(files, Secrets(secrets.sought, secrets.spelled, own), pdf_text)


def _cover(casebook: Casebook, pack: Pack, leave: Leave) -> dict[str, bytes]:
    """Return the cover sheet, looked through like the open part: it goes wherever that goes."""
    plan, parts = pack.plan, [each.part for each in pack.shown]
    sheet = open_part.cover_sheet(plan, pack.shown, leave, sender(casebook, plan))
    files = {f"{COVER}.txt": as_text(sheet), f"{COVER}.pdf": as_pdf(sheet)}
    _look_through(casebook, plan, Secrets(gathering.sought_in(plan, parts), gathering.spellings(plan, parts)), files)
    return files


def _annex(vault: Vault, pack: Pack) -> bytes:
    wanted = gathering.files_of([each.part for each in pack.shown], FileHow.ANNEX, FileHow.REDRAWN)
    annex.require_room([attachment for _part, _choice, attachment in wanted])
    originals = {
        (part.number, choice.number): _original(vault, part.opened, attachment) for part, choice, attachment in wanted
    }
    return annex.annex(pack.plan, pack.shown, pack.manifest_sha256, originals)


def _original(vault: Vault, opened: Opened, attachment: Attachment) -> bytes:
    """Return a file as it came. Raises OwnItemInside: nobody makes us pass on what was taken from a drop."""
    refuse_known(vault, opened, attachment)
    return kept.read_attachment(vault, opened, attachment)


def _shown_to_reporter(pack: Pack) -> tuple[HeldFile, ...]:
    pictures = [HeldFile(name, data) for name, data in pack.files.items() if name.startswith("file-")]
    return (HeldFile(ASKED_TEXT, pack.files["open.txt"]), *pictures)


def _require_as_asked(case: ReadCase, pack: Pack, leave: Leave) -> None:
    """Raise PlanOutdated unless the question, where there was one, showed the reporter this text and these files.

    The question's hash is of the plan; whoever asked without this program may have attached anything. Of a file only
    the name is compared: another version of what draws it makes other bytes.
    """
    if leave.asked_in is None:
        return
    asked = next((each for each in case.opened if each is not None and each.record.item == leave.asked_in), None)
    held = {each.name: each.sha256 for each in asked.envelope.index.attachments} if asked is not None else {}
    wanted = {each.name for each in _shown_to_reporter(pack)}
    if set(held) != wanted or held[ASKED_TEXT] != sha256_hex(pack.files["open.txt"]):
        raise PlanOutdated


def _disclosed(pack: Pack, leave: Leave, annex_sha256: str | None) -> Disclosed:
    plan = pack.plan
    return Disclosed(
        plan=plan.sha256,
        open_part=pack.manifest_sha256,
        annex=annex_sha256,
        items=tuple(each.item for each in plan.items),
        readers=tuple(each.name for each in plan.readers),
        annex_for=tuple(each.fingerprint for each in plan.annex_readers if each.fingerprint is not None),
        consent=leave.ask,
    )


def _record(vault: Vault, case: CaseRecord, done: Disclosed, files: Sequence[HeldFile]) -> ItemRecord:
    told_log = {"plan": done.plan, "open_part": done.open_part, "readers": str(len(done.readers))}
    told_log |= {"annex": done.annex} if done.annex else {}
    told_log |= {"consent": done.consent} if done.consent else {}
    case_log.add(vault.casebook, case.case, LogAct.DISCLOSED, **told_log)
    return write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), files, account=Account(disclosed=done)))


def _write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files beside the folder that they will be, and make them last."""
    part = folder.with_name(f".{token_hex(8)}.part")
    try:
        (part / OPEN_FOLDER).mkdir(mode=0o700, parents=True)
        for name, data in files.items():
            (part / name).write_bytes(data)
        sync_files(part / name for name in files)
        sync_folder(part / OPEN_FOLDER)
        sync_folder(part)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise TargetUnusable from None
    return part
