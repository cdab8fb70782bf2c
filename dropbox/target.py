"""A new file that is there whole or not at all. Nothing is ever overwritten, and a failure leaves nothing behind."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dropbox.disk import private_file, sync_folder
from dropbox.errors import TargetExists, TargetUnusable


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """Give a stream to write to; on a clean exit its bytes are on disk under `target`, mode 0600.

    Raises TargetExists, and TargetUnusable for a full disk or a folder that is missing or not writable.
    """
    if os.path.lexists(target):
        raise TargetExists
    part = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with private_file(part) as stream:
            yield stream
        _give_name(part, target)
        sync_folder(target.parent)
    except OSError:
        raise TargetUnusable from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _give_name(part: Path, target: Path) -> None:
    """Name the finished file without ever replacing another one."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise TargetExists from None
    except OSError:
        # FAT, which most USB sticks carry, knows no links: claim the name first, then replace our own empty claim.
        try:
            with private_file(target):
                pass
        except FileExistsError:
            raise TargetExists from None
        part.replace(target)
