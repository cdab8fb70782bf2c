"""Attachments into a folder that the investigator names, under names that no reporter can make dangerous.

A file is called `<item>-<attachment>-<true name>`: two numbers of ours in front, so that it never begins with a dot or
a dash and sorts as the thread does, and the true name without anything that a file system, a shell or a screen obeys.
"""

import hashlib
import os
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dropbox.disk import file_sha256
from dropbox.envelope import Attachment
from dropbox.envelope.account import LogAct
from dropbox.errors import TargetUnusable
from dropbox.models import CaseId, ItemId
from dropbox.target import new_file
from dropbox.workstation import acts, alarms, case_log
from dropbox.workstation.casebook import Act
from dropbox.workstation.opening import Opened, extract_item
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.vault import Vault

MAX_NAME_BYTES = 150
MAX_EXTENSION_BYTES = 16
Place = tuple[ItemId, int]
"""An attachment: its item, and its number there (from 1)."""
_SEPARATORS = frozenset('/\\:*?"<>|')
_UNSAFE_CATEGORIES = ("C", "Zl", "Zp")


@dataclass(frozen=True)
class Extracted:
    """One attachment in the folder; `already_there` when a file of that name held the same bytes before."""

    item: ItemId
    path: Path
    attachment: Attachment
    already_there: bool


def extract_case(vault: Vault, shown: ReadCase, folder: Path, only: Place | None = None) -> list[Extracted]:
    """Write every attachment of every item that could be opened into `folder`, which is made when it is not there.

    Nothing is overwritten: a name that is taken by other bytes gets a number. `only` names one attachment. That copies
    were made is kept in the casebook, which is saved. An attachment that is an item of this desk is left out: see
    `refused_own`. Raises TargetUnusable, AlreadyWithdrawn.
    """
    acts.require(vault.casebook, shown.case.case, Act.SAVE)
    own = alarms.own_sha256s(vault.casebook)
    make_folder(folder)
    wanted = [
        (opened, _plans(opened, folder, position, only, own))
        for position, opened in enumerate(shown.opened, start=1)
        if opened is not None and (only is None or only[0] == opened.record.item)
    ]
    files = [plan for _, plans in wanted for plan in plans.values()]
    # first: a copy that nobody knows of would be left out where a reporter takes something back
    record_saved(vault, shown.case.case, folder, sum(1 for each in files if not each.already_there))
    for opened, plans in wanted:
        _extract_item(vault, opened, plans)
    return files


def refused_own(vault: Vault, shown: ReadCase, only: Place | None = None) -> list[Place]:
    """Keep an alarm for each attachment that `extract_case` left out, and return which; the caller saves the vault."""
    own = alarms.own_sha256s(vault.casebook)
    found = [
        (opened.record.item, number)
        for opened in shown.opened
        if opened is not None and (only is None or only[0] == opened.record.item)
        for number, attachment in enumerate(opened.envelope.index.attachments, start=1)
        if attachment.sha256 in own and (only is None or only[1] == number)
    ]
    for item, number in found:
        alarms.keep(vault.casebook, (shown.case.case, item, number))
    return found


def write_pages(vault: Vault, opened: Opened, folder: Path, prefix: str, pages: Mapping[int, bytes]) -> list[Path]:
    """Write pictures of pages, by their numbers, as `<prefix>-page-<number>.png`, under the same rules."""
    acts.require(vault.casebook, opened.record.case, Act.SAVE)
    make_folder(folder)
    places = {
        number: free_name(folder, f"{prefix}-page-{number:03d}", ".png", len(png), hashlib.sha256(png).hexdigest())
        for number, png in pages.items()
    }
    record_saved(vault, opened.record.case, folder, sum(1 for _, is_there in places.values() if not is_there))
    for number, (path, is_there) in places.items():
        if not is_there:
            with new_file(path) as target:
                target.write(pages[number])
    return [path for path, _ in places.values()]


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise TargetUnusable from None


def record_saved(vault: Vault, case: CaseId, folder: Path, count: int) -> None:
    """Keep that so many files of a case were copied out, because a narrower mandate must tell of them."""
    if count:
        case_log.add(vault.casebook, case, LogAct.SAVED, files=str(count), where=str(folder.absolute()))
        vault.save()


def safe_name(true_name: str) -> str:
    """Return a file name, at most MAX_NAME_BYTES of UTF-8, that is only a name; "file" where nothing is left."""
    text = unicodedata.normalize("NFC", true_name)
    kept = "".join(_safe_character(character) for character in text)
    stem, dot, extension = " ".join(kept.split()).strip(" .-").rpartition(".")
    if not dot or len(extension.encode()) > MAX_EXTENSION_BYTES:
        stem, extension = stem + dot + extension, ""
    ending = f".{extension}" if extension else ""
    room = MAX_NAME_BYTES - len(ending.encode())
    stem = stem.encode()[:room].decode(errors="ignore").strip(" .-")
    return (stem or "file") + ending


def _safe_character(character: str) -> str:
    if character in _SEPARATORS:
        return "_"
    return " " if unicodedata.category(character).startswith(_UNSAFE_CATEGORIES) else character


def _plans(
    opened: Opened, folder: Path, position: int, only: Place | None, own: Collection[str]
) -> dict[str, Extracted]:
    """Say for each wanted attachment, by its path in the envelope, where its copy goes; what is `own` gets no copy."""
    return {
        attachment.path: _plan(folder, opened.record.item, attachment, f"{position:02d}-{number:02d}")
        for number, attachment in enumerate(opened.envelope.index.attachments, start=1)
        if (only is None or only[1] == number) and attachment.sha256 not in own
    }


def _extract_item(vault: Vault, opened: Opened, plans: Mapping[str, Extracted]) -> None:
    @contextmanager
    def sink(attachment: Attachment) -> Iterator[BinaryIO]:
        plan = plans.get(attachment.path)
        if plan is None or plan.already_there:
            with Path(os.devnull).open("wb") as nowhere:
                yield nowhere
        else:
            with new_file(plan.path) as target:
                yield target

    if not all(plan.already_there for plan in plans.values()):
        extract_item(vault, opened, sink)


def _plan(folder: Path, item: ItemId, attachment: Attachment, prefix: str) -> Extracted:
    stem, dot, extension = safe_name(attachment.name).rpartition(".")
    stem, ending = (stem, dot + extension) if dot else (extension, "")
    path, is_there = free_name(folder, f"{prefix}-{stem}", ending, attachment.size, attachment.sha256)
    return Extracted(item, path, attachment, is_there)


def free_name(folder: Path, stem: str, ending: str, size: int, sha256: str) -> tuple[Path, bool]:
    """Choose a name that is free in the folder, or find that the same bytes are there already (then True)."""
    number = 1
    while True:
        path = folder / f"{stem}{'' if number == 1 else f'-{number}'}{ending}"
        if not os.path.lexists(path):
            return path, False
        if _holds(path, size, sha256):
            return path, True
        number += 1


def _holds(path: Path, size: int, sha256: str) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
            return False
        return file_sha256(path) == sha256
    except OSError:
        return False
