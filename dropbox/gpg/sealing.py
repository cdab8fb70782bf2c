"""Sealing: one gpg process per message, from a stream into a new file or from bytes into bytes. Fails closed.

Which subkey of a recipient is used is decided and checked here at the real time; gpg is only told.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path

from dropbox.errors import GpgError, SealError, TargetExists, TargetUnusable
from dropbox.gpg.keys import KeyInfo
from dropbox.gpg.owning import LOOPBACK, through_a_pipe
from dropbox.gpg.process import Engine, Source, memory, read_whole
from dropbox.gpg.verdicts import check_sealed
from dropbox.models import Fingerprint, Passphrase, Recipient, today

# without an agent gpg has nobody to ask how often to hash: as often as the format allows, whoever the passphrase is of
_STRETCHED = ("--s2k-mode", "3", "--s2k-digest-algo", "SHA512", "--s2k-count", "65011712")


def seal_file(engine: Engine, source: Source, arguments: Sequence[str], target: Path) -> None:
    """Seal a stream into a new file (0600) and fsync it; whatever fails, no file is left."""
    descriptor = _create(target)
    try:
        _encrypt(engine, source, arguments, descriptor)
        _sync(descriptor)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def seal_bytes(engine: Engine, data: bytes, arguments: Sequence[str]) -> bytes:
    with memory("sealed") as target:
        _encrypt(engine, BytesIO(data), arguments, target)
        return read_whole(target)


def seal_into(
    engine: Engine, source: Source, arguments: Sequence[str], target: int, passphrase: Passphrase | None
) -> None:
    with given(passphrase) as (by_passphrase, descriptors):
        symmetric = [*_STRETCHED, "--symmetric"] if passphrase is not None else []
        _encrypt(engine, source, [*arguments, *by_passphrase, *symmetric], target, descriptors)


@contextmanager
def given(passphrase: Passphrase | None) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Give the arguments and descriptors by which gpg gets a passphrase; without one there are none."""
    if passphrase is None:
        yield [], ()
        return
    with through_a_pipe(passphrase) as descriptor:
        yield [*LOOPBACK, "--passphrase-fd", str(descriptor)], (descriptor,)


def seal_signed_bytes(engine: Engine, data: bytes, arguments: Sequence[str], signer: Fingerprint) -> bytes:
    return seal_bytes(engine, data, [*arguments, "--sign", "--local-user", signer])


def seal_arguments(known: Mapping[Fingerprint, KeyInfo], recipients: Sequence[Recipient]) -> list[str]:
    """Name each recipient's encryption subkey exactly (`!`); raises SealError when one has none to use now.

    gpg finds a fingerprint among subkeys too, and would take another's key that has it hung under its own. It runs
    with this day's first second as its clock: what it writes into the message tells its readers the day, not the time.
    """
    arguments = clock_arguments(today())
    for recipient in recipients:
        key = known.get(recipient.fingerprint)
        part = key.encryption_part if key else None
        if part is None:
            raise SealError
        arguments += ["--hidden-recipient" if recipient.hidden else "--recipient", f"{part.fingerprint}!"]
    if not recipients:
        raise SealError
    return arguments


def clock_arguments(day: date) -> list[str]:
    """Make gpg's clock stand still (`!`) at a day's first second in UTC; keys may be younger than that."""
    return ["--faked-system-time", f"{day:%Y%m%d}T000000!"]


def _encrypt(
    engine: Engine, source: Source, arguments: Sequence[str], target: int, descriptors: Sequence[int] = ()
) -> None:
    try:
        code, status = engine.encrypt(source, arguments, target, descriptors)
    except GpgError:
        raise SealError from None
    check_sealed(code, status)


def _create(target: Path) -> int:
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise TargetExists from None
    except OSError:
        raise TargetUnusable from None


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError:
        raise SealError from None
