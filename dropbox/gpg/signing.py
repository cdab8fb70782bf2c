"""Detached signatures: made with SHA-512, verified to the letter. Trust is a list of primary fingerprints alone."""

import os
import time
from collections.abc import Collection
from datetime import UTC, date, datetime
from datetime import time as clock

from dropbox.errors import GpgError, SignatureInvalid
from dropbox.gpg.packets import parse_signature
from dropbox.gpg.process import Engine
from dropbox.gpg.sealing import clock_arguments
from dropbox.gpg.verdicts import Signature, check_signature
from dropbox.models import Fingerprint

CLOCK_LEEWAY_SECONDS = 86_400  # a machine that touches no network keeps its own time


def sign_detached(engine: Engine, data: bytes, signer: Fingerprint) -> bytes:
    result = engine.call(["--local-user", signer, "--armor", "--detach-sign"], data)
    if result.returncode != 0 or [word for word, _ in result.lines].count("SIG_CREATED") != 1:
        raise GpgError
    parse_signature(result.data)
    return result.data


def verify_detached(
    engine: Engine, data: bytes, signature: bytes, allowed: Collection[Fingerprint], at: date | None
) -> Fingerprint:
    """Verify as of now or of a day. Keys are judged at the day's first second, the signature's own time at its last."""
    latest = time.time() if at is None else datetime.combine(at, clock.max, UTC).timestamp()
    found = _verified(engine, data, signature, allowed, at)
    if found.made_at > latest + CLOCK_LEEWAY_SECONDS:
        raise SignatureInvalid
    return found.signer


def verify_stated(
    engine: Engine, data: bytes, signature: bytes, allowed: Collection[Fingerprint], day: date
) -> Fingerprint:
    """Verify what was stated on a day and may have been signed later: its key must have been good on both days.

    The second day is the signer's word, and no later than today.
    """
    found = _verified(engine, data, signature, allowed, day)
    if found.made_at > time.time() + CLOCK_LEEWAY_SECONDS:
        raise SignatureInvalid
    signed_on = datetime.fromtimestamp(found.made_at, UTC).date()
    if signed_on > day:
        _verified(engine, data, signature, [found.signer], signed_on)
    return found.signer


def _verified(
    engine: Engine, data: bytes, signature: bytes, allowed: Collection[Fingerprint], at: date | None
) -> Signature:
    arguments = [] if at is None else clock_arguments(at)
    descriptor = os.memfd_create("signature", os.MFD_CLOEXEC)
    try:
        os.pwrite(descriptor, parse_signature(signature), 0)
        command = [*arguments, "--verify", "--", f"-&{descriptor}", "-"]
        result = engine.passing(descriptor).call(command, data)
    finally:
        os.close(descriptor)
    try:
        return check_signature(result.lines, allowed)
    except SignatureInvalid as error:
        error.unchecked = (result.returncode or 0) < 0
        raise
