"""Files that a member sends along: none that belongs to the drop itself, whatever it is called and however sealed.

A mistake would hand what one reporter sealed for the desk to another, or to whoever has their codename.
"""

from collections.abc import Sequence
from pathlib import Path

from dropbox.canonical import sha256_hex
from dropbox.errors import AttachmentUnreadable, NotForYou, OwnItemAttached, UnsealError
from dropbox.workstation import alarms
from dropbox.workstation.file_types import FileKind
from dropbox.workstation.seals import dearmored, is_own_whole
from dropbox.workstation.sniffing import HEAD_BYTES, sniff
from dropbox.workstation.vault import Vault
from dropbox.writing import MAX_ATTACHMENTS_BYTES, HeldFile

MAX_SEALS = 3
_CPU_SECONDS = 20


def refuse_own(vault: Vault, files: Sequence[Path | HeldFile]) -> None:
    """Raise OwnItemAttached for an item, key or bundle of the drop, also in a seal that this member's key opens."""
    own = alarms.own_sha256s(vault.casebook) if files else frozenset()
    for file in files:
        data = _content(file)
        if sha256_hex(data) in own or _is_own(vault, data):
            raise OwnItemAttached


def _content(file: Path | HeldFile) -> bytes:
    """Return a file's content, or as much as cannot be sent anyway."""
    if isinstance(file, HeldFile):
        return file.content
    if not file.is_file():  # a named pipe would never end
        raise AttachmentUnreadable
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_ATTACHMENTS_BYTES + 1)
    except OSError:
        raise AttachmentUnreadable from None


def _is_own(vault: Vault, data: bytes) -> bool:
    for opened in range(MAX_SEALS + 1):
        if is_own_whole(data, unsealed=opened > 0):
            return True
        if opened == MAX_SEALS or sniff(data[:HEAD_BYTES], len(data)).kind is not FileKind.SEALED:
            return False
        try:
            data = vault.own.unseal_foreign_bytes(dearmored(data), MAX_ATTACHMENTS_BYTES, _CPU_SECONDS)
        except (NotForYou, UnsealError):
            return False  # whatever it is, it is not for this desk's members
    return False
