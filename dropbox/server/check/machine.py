"""The machine: room on the disk, swap, chance, and who may reach the drop's files."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from dropbox.server import hardening, private
from dropbox.server.check.rows import Looked, Row, Telling, Verdict, fail, ok

MIB = 1024 * 1024
_GRND_NONBLOCK = 1
_SECRETS = ("secret.key", "signing.key", "store.sqlite")


def look(looked: Looked) -> Iterator[Row]:
    yield _disk(looked)
    yield _swap(looked)
    yield _entropy()


def look_at_files(looked: Looked) -> Iterator[Row]:
    data = looked.settings.server.data_dir
    yield _private(data, "data folder", 0o700)
    for name in _SECRETS:
        yield _private(data / name, name, 0o600)
    said = {data, *(data / name for name in _SECRETS)}
    for found in private.opened(data) if data.is_dir() else ():
        if found.path not in said:
            yield fail(found.subject, found.finding, found.mend)
    if looked.config is not None:
        yield _configuration(looked.config)


def _private(path: Path, subject: str, mode: int) -> Row:
    if not path.exists():
        return fail(subject, "is missing", "Restore it from the backup; a new one would open nothing.")
    status = path.stat()
    if status.st_uid != os.getuid():
        return fail(subject, "belongs to another user", "Run the server and its commands as one user.")
    if stat.S_IMODE(status.st_mode) & ~mode:
        return fail(subject, f"has mode {stat.S_IMODE(status.st_mode):o}", f"chmod {mode:o} {path.resolve()}")
    return ok(subject, "private")


def _configuration(config: Path) -> Row:
    if config.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        advice = f"chmod go-w {config}, and see that it still says what you wrote: it names who can read."
        return fail("configuration", "others may write to it", advice)
    return ok("configuration", "only its owner may write to it")


def _disk(looked: Looked) -> Row:
    """Say how much room there is; how fast it goes tells how much comes in, so that it stays on this machine."""
    data_dir = looked.settings.server.data_dir
    free = shutil.disk_usage(data_dir if data_dir.exists() else data_dir.parent).free
    least = looked.settings.server.min_free_bytes
    finding = f"{free // MIB} MiB free, {least // MIB} MiB are kept free"
    verdict, advice = Verdict.OK, ""
    if free < least:
        verdict, advice = Verdict.FAIL, "Uploads are refused. Make room or lower server.min_free_mib."
    elif free < least + looked.settings.server.max_upload_bytes:
        verdict, advice = Verdict.WARN, "One upload of the largest size would not fit. Make room."
    return Row(verdict, "disk", finding, advice, Telling.VERDICT)


def _swap(looked: Looked) -> Row:
    areas = hardening.clear_swap()
    if not areas:
        return ok("swap", "none, or encrypted")
    advice = "Encrypt the swap, or switch it off: swapoff -a."
    verdict = Verdict.WARN if looked.settings.server.allow_swap or looked.settings.trial else Verdict.FAIL
    return Row(verdict, "swap", f"in clear: {', '.join(areas)}", advice)


def _entropy() -> Row:
    try:
        os.getrandom(32, _GRND_NONBLOCK)
    except BlockingIOError:
        advice = "Wait until the machine has gathered some, or give it a source: apt install rng-tools-debian"
        return fail("entropy", "the kernel has gathered too little chance to make secrets of", advice)
    return ok("entropy", "the kernel has gathered enough chance")
