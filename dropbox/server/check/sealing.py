"""gpg itself: a key made on the spot in a home in memory, something sealed to it and unsealed again.

The members' own keys are not used: no secret half of theirs is here. Nothing of this look outlives it.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from dropbox.errors import GpgError, MemoryFolderMissing
from dropbox.gpg import Gpg
from dropbox.in_memory import memory_folder
from dropbox.models import Recipient
from dropbox.server.check.rows import Looked, Row, fail, ok, warn

_TEST_BYTES = 64 * 1024
_ADVICE = "Without gpg no report can be sealed. See that the package gnupg is whole: apt install --reinstall gnupg"


def look(_looked: Looked) -> Iterator[Row]:
    try:
        works = _seal_and_unseal()
    except MemoryFolderMissing:
        yield warn("gpg", "could not be tried: no folder lies in memory", "Mount a tmpfs on /dev/shm.")
    except GpgError:
        yield fail("gpg", "could not seal to a test key and unseal again", _ADVICE)
    else:
        found = "sealed to a test key and unsealed again"
        yield ok("gpg", found) if works else fail("gpg", "unsealed something else than was sealed", _ADVICE)


def _seal_and_unseal() -> bool:
    with _home_in_memory() as home:
        key = home.make_trial_key("test key of dropbox-server check")
        text = secrets.token_bytes(_TEST_BYTES)
        sealed = home.seal_bytes(text, [Recipient(key, hidden=True)])
        return text not in sealed and home.unseal_bytes(sealed, _TEST_BYTES) == text


@contextmanager
def _home_in_memory() -> Iterator[Gpg]:
    folder = Path(mkdtemp(prefix="c", dir=memory_folder()))
    home = Gpg(folder, agent=True)
    try:
        yield home
    finally:
        with suppress(GpgError):
            home.end_agent()
        shutil.rmtree(folder, ignore_errors=True)
