"""The keys: each member's and the operator's, when the first of them expires, and strangers in the keys folder."""

import stat
from collections.abc import Collection, Iterator
from datetime import date, timedelta

from dropbox.disk import read_up_to
from dropbox.errors import FileUnreadable, GpgError, OperatorKeyUnusable, SecretKeyFound
from dropbox.gpg import scan_keys
from dropbox.keyring import MAX_KEY_FILE_BYTES, KeyReport
from dropbox.models import Fingerprint
from dropbox.server.backup.operator import operator_recipient
from dropbox.server.check.rows import Looked, Row, fail, ok, warn
from dropbox.server.identity import STORE_FILE

EXPIRY_WARNING = timedelta(days=60)

_KEY_PROBLEMS = {
    "missing": "there is no key with this fingerprint in the keys folder",
    "expired": "the key has expired",
    "revoked": "the key is revoked",
    "cannot_encrypt": "the key has no part that can be encrypted to",
}


def look(looked: Looked) -> Iterator[Row]:
    keyring = looked.keyring
    try:
        keyring.refuse_secret_keys()
    except SecretKeyFound as found:
        yield fail("keys folder", str(found), found.hint)
    reports = keyring.report()
    for report in reports:
        yield _key(report, looked.day)
    yield from _operator(looked)
    # who sits at a desk stands in the store: of a drop that does not open, a member's key could seem a stranger's
    unknown = looked.store is None and (looked.settings.server.data_dir / STORE_FILE).exists()
    for name in () if unknown else keyring.strangers():
        if _is_operators(looked, name, {report.fingerprint for report in reports}):
            continue
        advice = "Remove it, or name its fingerprint under a desk, every digit as gpg --show-keys FILE shows it."
        yield warn(f"keys/{name}", "holds a key that belongs to no desk", advice)
    yield from _next_expiry(reports, looked.day)


def look_at_folder(looked: Looked) -> Iterator[Row]:
    folder = looked.settings.keys_dir
    if not folder.is_dir():
        yield fail("keys folder", "is missing", f"mkdir {folder}, and put the members' public keys into it.")
    elif folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield fail("keys folder", "others may write to it", f"chmod go-w {folder}")
    else:
        yield ok("keys folder", "only its owner may write to it")


def _key(report: KeyReport, day: date) -> Row:
    subject = f"key of {report.desk} …{report.fingerprint[-8:]}"
    if report.problem is not None:
        advice = "No report to this desk is taken until its member's current public key is in the keys folder."
        return fail(subject, _KEY_PROBLEMS.get(report.problem, "the key cannot be used"), advice)
    if report.expires is None:
        return ok(subject, "usable, does not expire")
    if report.expires - day <= EXPIRY_WARNING:
        advice = "Ask the member to extend it, and put the renewed public key into the keys folder."
        return warn(subject, f"expires on {report.expires}", advice)
    return ok(subject, f"usable until {report.expires}")


def _operator(looked: Looked) -> Iterator[Row]:
    """Look at the key that backups and the daily status are sealed to; that there is none the backup's row says."""
    key = looked.settings.operator.key
    if key is None:
        return
    subject = f"operator's key …{key[-8:]}"
    try:
        gpg, _recipient = operator_recipient(looked.settings)
    except OperatorKeyUnusable as error:
        yield fail(subject, str(error), "Put the current public key into the keys folder: no backup can be made.")
        return
    except SecretKeyFound:
        return  # said of the folder
    expires = gpg.known()[key].expires
    if expires is not None and expires - looked.day <= EXPIRY_WARNING:
        yield warn(subject, f"expires on {expires}", "Extend it, and put the renewed public key into the keys folder.")
    else:
        yield ok(subject, "usable, does not expire" if expires is None else f"usable until {expires}")


def _is_operators(looked: Looked, name: str, members: Collection[Fingerprint]) -> bool:
    """Whether the operator's key is the only one in a file that is no member's."""
    key = looked.settings.operator.key
    if key is None:
        return False
    try:
        found = scan_keys(read_up_to(looked.settings.keys_dir / name, MAX_KEY_FILE_BYTES))
    except (FileUnreadable, GpgError, SecretKeyFound):
        return False
    return {info.fingerprint for info in found if info.fingerprint not in members} == {key}


def _next_expiry(reports: tuple[KeyReport, ...], day: date) -> Iterator[Row]:
    """Say when the next key ends; that it is near stands in the key's own row."""
    coming = [report.expires for report in reports if report.problem is None and report.expires is not None]
    if coming:
        first = min(coming)
        yield ok("next expiry", f"{first}, in {(first - day).days} days")
