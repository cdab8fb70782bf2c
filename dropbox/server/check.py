"""What the operator sees of the drop's health: one row a thing, ok, warn or fail, each with what to do.

Reads only; works while the server runs. The main prints what this room returns.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from dropbox.config import Settings
from dropbox.errors import DropboxError, OnionControlFailed, SecretKeyFound
from dropbox.keyring import KeyReport, Keyring
from dropbox.models import current_members
from dropbox.server import hardening, onion
from dropbox.server.store import Store

EXPIRY_WARNING = timedelta(days=60)
MIB = 1024 * 1024

_KEY_PROBLEMS = {
    "missing": "there is no key with this fingerprint in the keys folder",
    "expired": "the key has expired",
    "revoked": "the key is revoked",
    "cannot_encrypt": "the key has no part that can be encrypted to",
}


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Row:
    """One thing that was looked at; `advice` says what to do and is empty when nothing is."""

    verdict: Verdict
    subject: str
    finding: str
    advice: str = ""


def examine(settings: Settings, store: Store, keyring: Keyring, day: date) -> tuple[Row, ...]:
    """Look at keys, rosters, permissions, disk, swap, tor and the desks' fetching."""
    return (*_keys(keyring, day), *_rosters(settings, store), *_machine(settings), *_behind(store, day))


def examine_refused(settings: Settings, keyring: Keyring, day: date, refusal: DropboxError) -> tuple[Row, ...]:
    """Look at what can be seen of a drop that does not open; its refusal is the first row."""
    return (
        Row(Verdict.FAIL, "the drop", str(refusal), refusal.hint or "Mend this first."),
        *_keys(keyring, day),
        *_machine(settings),
    )


def _machine(settings: Settings) -> Iterator[Row]:
    yield from _folders(settings)
    yield _disk(settings)
    yield _swap(settings)
    yield from _tor(settings)


def _keys(keyring: Keyring, day: date) -> Iterator[Row]:
    try:
        keyring.refuse_secret_keys()
    except SecretKeyFound as found:
        yield Row(Verdict.FAIL, "keys folder", str(found), found.hint)
    for report in keyring.report():
        yield _key(report, day)
    for name in keyring.strangers():
        advice = "Remove it, or name its fingerprint under a desk, every digit as gpg --show-keys FILE shows it."
        yield Row(Verdict.WARN, f"keys/{name}", "belongs to no desk", advice)


def _key(report: KeyReport, day: date) -> Row:
    subject = f"key of {report.desk} …{report.fingerprint[-8:]}"
    if report.problem is not None:
        advice = "No report to this desk is taken until its member's current public key is in the keys folder."
        return Row(Verdict.FAIL, subject, _KEY_PROBLEMS.get(report.problem, "the key cannot be used"), advice)
    if report.expires is None:
        return Row(Verdict.OK, subject, "usable, does not expire")
    if report.expires - day <= EXPIRY_WARNING:
        advice = "Ask the member to extend it, and put the renewed public key into the keys folder."
        return Row(Verdict.WARN, subject, f"expires on {report.expires}", advice)
    return Row(Verdict.OK, subject, f"usable until {report.expires}")


def _rosters(settings: Settings, store: Store) -> Iterator[Row]:
    """Compare whom the server seals to, which is what it was started with, with what the configuration lists now."""
    for desk in settings.desks:
        if set(current_members(store.roster(desk.id))) != set(desk.fingerprints):
            advice = "Start the server again: until then it seals to the members that it was started with."
            yield Row(Verdict.WARN, f"desk {desk.id}", "its members in the configuration have changed", advice)


def _folders(settings: Settings) -> Iterator[Row]:
    data = settings.server.data_dir
    yield _private(data, "data folder", 0o700)
    for name in ("secret.key", "signing.key", "store.sqlite"):
        yield _private(data / name, name, 0o600)
    if settings.keys_dir.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        advice = f"chmod go-w {settings.keys_dir}"
        yield Row(Verdict.FAIL, "keys folder", "others may write to it", advice)
    else:
        yield Row(Verdict.OK, "keys folder", "only its owner may write to it")


def _private(path: Path, subject: str, mode: int) -> Row:
    if not path.exists():
        return Row(Verdict.FAIL, subject, "is missing", "Restore it from the backup; a new one would open nothing.")
    status = path.stat()
    if status.st_uid != os.getuid():
        return Row(Verdict.FAIL, subject, "belongs to another user", "Run the server and its commands as one user.")
    if stat.S_IMODE(status.st_mode) & ~mode:
        return Row(Verdict.FAIL, subject, f"has mode {stat.S_IMODE(status.st_mode):o}", f"chmod {mode:o} {path}")
    return Row(Verdict.OK, subject, "private")


def _disk(settings: Settings) -> Row:
    data_dir = settings.server.data_dir
    free = shutil.disk_usage(data_dir if data_dir.exists() else data_dir.parent).free
    least = settings.server.min_free_bytes
    finding = f"{free // MIB} MiB free, {least // MIB} MiB are kept free"
    if free < least:
        return Row(Verdict.FAIL, "disk", finding, "Uploads are refused. Make room or lower server.min_free_mib.")
    if free < least + settings.server.max_upload_bytes:
        return Row(Verdict.WARN, "disk", finding, "One upload of the largest size would not fit. Make room.")
    return Row(Verdict.OK, "disk", finding)


def _swap(settings: Settings) -> Row:
    areas = hardening.clear_swap()
    if not areas:
        return Row(Verdict.OK, "swap", "none, or encrypted")
    advice = "Encrypt the swap, or switch it off: swapoff -a."
    verdict = Verdict.WARN if settings.server.allow_swap or settings.trial else Verdict.FAIL
    return Row(verdict, "swap", f"in clear: {', '.join(areas)}", advice)


def _tor(settings: Settings) -> Iterator[Row]:
    mode = settings.onion.mode
    if mode in ("off", "external"):
        finding = "switched off" if mode == "off" else "carried by tor's own configuration"
        yield Row(Verdict.OK, "onion service", finding)
        return
    if mode == "launch":
        yield from _tor_binary(settings.onion.tor_binary)
    else:
        advice = 'Put HiddenServiceEnableIntroDoSDefense into tor\'s own configuration, or use onion.mode = "launch".'
        yield Row(Verdict.WARN, "onion defences", "introduction limits and circuit ids cannot be set this way", advice)
    yield _tor_running(settings)


def _tor_binary(binary: str) -> Iterator[Row]:
    version = onion.tor_version(binary)
    if version is None:
        yield Row(Verdict.FAIL, "tor", "is not installed", "apt install tor")
        return
    if not onion.is_supported(version):
        yield Row(Verdict.FAIL, "tor", f"version {version} is too old", "Install tor 0.4.8 or newer.")
        return
    yield Row(Verdict.OK, "tor", f"version {version}")
    if not onion.has_proof_of_work(binary):
        advice = "Install a tor built with it; without it a flood can make the drop unreachable."
        yield Row(Verdict.WARN, "onion defences", "this tor has no proof-of-work defence", advice)


def _tor_running(settings: Settings) -> Row:
    address = onion.known_address(settings.server.data_dir)
    try:
        percent = onion.bootstrap_percent(settings)
    except OnionControlFailed as failure:
        advice = "Start the server: dropbox-server serve" if settings.onion.mode == "launch" else failure.hint
        return Row(Verdict.WARN, "onion service", "tor does not answer", advice)
    if percent < 100:
        advice = "Check this machine's way to the internet and its clock."
        return Row(Verdict.WARN, "onion service", f"tor is at {percent} % of its way in", advice)
    return Row(Verdict.OK, "onion service", f"tor is up; {address or 'not published yet'}")


def _behind(store: Store, day: date) -> Iterator[Row]:
    for late in store.behind(day):
        if late.fingerprint is None:
            advice = "Name its members' fingerprints in the configuration, or its items are never let go of."
            yield Row(Verdict.FAIL, f"desk {late.desk}", f"{late.items} items, and no members", advice)
            continue
        subject = f"desk {late.desk} …{late.fingerprint[-8:]}"
        advice = "Ask this member to import and to send receipts; until then these items stay on the server."
        since = f"the oldest of {late.oldest_day}; {_fetched(late.fetched)}"
        yield Row(Verdict.WARN, subject, f"{late.items} items without this member's receipt, {since}", advice)


def _fetched(day: date | None) -> str:
    return "the desk has never fetched" if day is None else f"the desk last fetched on {day}"
