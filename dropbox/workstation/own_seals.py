"""Files that reporters sealed themselves, opened because a member asked for it, and saved beside the others.

In place of gpg by hand, which opens whatever somebody attached, another reporter's stolen report as well: what is in a
seal is looked at here before a byte of it is written.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dropbox.envelope import Attachment
from dropbox.errors import DropboxError, OwnItemInside
from dropbox.target import new_file
from dropbox.workstation import acts, alarms
from dropbox.workstation.casebook import Act
from dropbox.workstation.extracting import Place, free_name, make_folder, record_saved, safe_name
from dropbox.workstation.file_types import SEALED, FileKind
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import _
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import MAX_SEALS, inner, true_types


@dataclass(frozen=True)
class Unsealed:
    """What was saved, and what was not: for each file that stayed sealed why, by its item and its number there."""

    paths: tuple[Path, ...]
    closed: dict[Place, DropboxError]

    @property
    def alarmed(self) -> bool:
        return any(isinstance(error, OwnItemInside) for error in self.closed.values())


def save_unsealed(vault: Vault, shown: ReadCase, folder: Path, only: Place | None = None) -> Unsealed:
    """Write what is in the reporter's own seals of a case into `folder`; an alarm is kept, and the vault saved.

    Raises TargetUnusable, AlreadyWithdrawn.
    """
    acts.require(vault.casebook, shown.case.case, Act.SAVE)
    make_folder(folder)
    paths: list[Path] = []
    closed: dict[Place, DropboxError] = {}
    for position, number, opened, attachment in _sealed(vault, shown, only):
        try:
            with alarms.kept(vault), inner(vault, opened, attachment, MAX_SEALS) as (content, _kind, _seals):
                paths.append(_save(vault, opened, folder, f"{position:02d}-{number:02d}-{_name(attachment)}", content))
        except DropboxError as error:
            closed[opened.record.item, number] = error
    return Unsealed(tuple(paths), closed)


def unsealed_lines(shown: ReadCase, opened: Unsealed) -> list[str]:
    """Return what became of each file that the reporter sealed themselves."""
    lines = [_("Opened with your key and saved: %(file)s", file=line(str(path))) for path in opened.paths]
    places = {record.item: number for number, record in enumerate(shown.records, start=1)}
    for (item, number), error in opened.closed.items():
        why = error.told(_)
        lines.append(_("File %(number)s of item %(item)s: %(why)s", number=number, item=places[item], why=why))
    return lines


def _sealed(vault: Vault, shown: ReadCase, only: Place | None) -> Iterator[tuple[int, int, Opened, Attachment]]:
    """Give each attachment that is a seal, with its item's place in the thread and its own number."""
    for position, opened in enumerate(shown.opened, start=1):
        if opened is None or not opened.envelope.index.attachments or (only and only[0] != opened.record.item):
            continue
        types = true_types(vault, opened)
        for number, attachment in enumerate(opened.envelope.index.attachments, start=1):
            if types[number - 1].kind is FileKind.SEALED and only in (None, (opened.record.item, number)):
                yield position, number, opened, attachment


def _name(attachment: Attachment) -> str:
    """Return the file's name without the seal's own ending."""
    stem, _dot, ending = attachment.name.rpartition(".")
    return safe_name(stem if ending.lower() in SEALED.endings else attachment.name)


def _save(vault: Vault, opened: Opened, folder: Path, name: str, content: int) -> Path:
    size = os.fstat(content).st_size
    data = os.pread(content, size, 0)
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (ending, "")
    path, is_there = free_name(folder, f"{stem}-opened", ending, size, hashlib.sha256(data).hexdigest())
    if not is_there:
        record_saved(vault, opened.record.case, folder, 1)
        with new_file(path) as target:
            target.write(data)
    return path
