"""What the configuration says of running the drop: sockets, the courier, backups, the daily status, logs, who leaves.

Only values are read here; whether a key or a folder is fit for its use is said where it is used.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from dropbox.config_table import Table, is_folder, wrong
from dropbox.errors import InvalidValue
from dropbox.models import Fingerprint, parse_fingerprint
from dropbox.settings import Backup, Courier, Log, Operator, Server, Status

MAX_SOCKET_PATH_BYTES = 107  # sun_path of Linux, without its closing zero
MAX_RELEASES = 24
MAX_MAIL_WORDS = 20
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")


def listen_of(table: Table, key: str, data_dir: Path, name: str) -> Path:
    """Return a socket's path, by default `name` in the data folder."""
    listen = table.path(key, data_dir / name)
    if len(bytes(listen)) > MAX_SOCKET_PATH_BYTES:
        most = f"at most {MAX_SOCKET_PATH_BYTES} bytes, its folders included"
        if key in table.values:
            raise wrong(table.key(key), f"must be a path of {most}")
        allowed = f"must leave its {name} a path of {most}; or set {table.key(key)} to such a one"
        raise wrong("server.data_dir", allowed)
    if listen.parent != data_dir and not is_folder(listen.parent):
        raise wrong(table.key(key), "must be a socket's path in a folder that exists")
    return listen


def budget_of(table: Table) -> dict[str, int]:
    """Return what one circuit may ask of the server."""
    return {
        "circuit_requests_per_minute": table.integer(
            "circuit_requests_per_minute", Server.circuit_requests_per_minute, 60, 6000
        ),
        "circuit_burst": table.integer("circuit_burst", Server.circuit_burst, 30, 6000),
        "circuit_costly_per_minute": table.integer(
            "circuit_costly_per_minute", Server.circuit_costly_per_minute, 1, 600
        ),
        "circuit_costly_burst": table.integer("circuit_costly_burst", Server.circuit_costly_burst, 3, 600),
    }


def courier_of(table: Table, server: Server) -> Courier:
    return Courier(
        listen_of(table, "listen", server.data_dir, "courier.sock"),
        enabled=table.flag("enabled", Courier.enabled),
        release=_release(table),
        max_answer_mib=table.integer("max_answer_mib", Courier.max_answer_mib, 1, 4000),
        keep_hours=table.integer("keep_hours", Courier.keep_hours, 1, 336),
        idle_minutes=table.integer("idle_minutes", Courier.idle_minutes, 5, 1440),
    )


def operator_of(table: Table) -> Operator:
    if "key" not in table.values:
        return Operator()
    return Operator(_fingerprint(table.values["key"], table.key("key")))


def backup_of(table: Table) -> Backup:
    return Backup(
        table.integer("max_age_days", Backup.max_age_days, 1, 365),
        table.integer("remind_days", Backup.remind_days, 1, 365),
    )


def status_of(table: Table) -> Status:
    folder = table.path("folder", Path()) if "folder" in table.values else None
    words = table.strings("mail_command", "words", MAX_MAIL_WORDS) if "mail_command" in table.values else ()
    mail = {key: _address(table, key) for key in ("mail_from", "mail_to") if words or key in table.values}
    return Status(
        folder,
        tuple(word for _, word in words),
        mail_from=mail.get("mail_from", ""),
        mail_to=mail.get("mail_to", ""),
        size_kib=table.integer("size_kib", Status.size_kib, 16, 1024),
    )


def log_of(table: Table) -> Log:
    folder = table.path("folder", Path()) if "folder" in table.values else None
    memory_only = table.flag("memory_only", Log.memory_only)
    if memory_only and folder is None:
        raise wrong("log.memory_only", "needs log.folder, a folder in memory such as one under /run or /dev/shm")
    return Log(
        folder,
        max_kib=table.integer("max_kib", Log.max_kib, 16, 102400),
        keep=table.integer("keep", Log.keep, 1, 100),
        memory_only=memory_only,
    )


def leaving_of(table: Table) -> Mapping[Fingerprint, date]:
    """Return who leaves a desk after which day; its members in `fingerprints` stay listed until then."""
    values = table.values.get("leaving", {})
    if not isinstance(values, dict):
        raise wrong(table.key("leaving"), 'must be written as { "FINGERPRINT" = 2027-01-31 }')
    found: dict[Fingerprint, date] = {}
    for name, day in values.items():
        key = f"{table.key('leaving')}.{str(name)[:60]}"
        if not isinstance(day, date) or isinstance(day, datetime):
            raise wrong(key, "must be a day without quotes, such as 2027-01-31")
        found[_fingerprint(name, key)] = day
    return found


def _release(table: Table) -> tuple[int, ...]:
    if "release" not in table.values:
        return ()
    minutes = []
    for key, text in table.strings("release", "times", MAX_RELEASES):
        time = _TIME.fullmatch(text)
        if time is None:
            raise wrong(key, 'must be a time of the day in quotes, such as "07:00"')
        minutes.append(60 * int(time[1]) + int(time[2]))
    return tuple(sorted(set(minutes)))


def _fingerprint(value: object, key: str) -> Fingerprint:
    try:
        return parse_fingerprint(value)
    except InvalidValue:
        raise wrong(key, "must be a key's whole fingerprint, 40 hex digits, as gpg --fingerprint shows it") from None


def _address(table: Table, key: str) -> str:
    address = table.text(key, "", max_length=254) if key in table.values else ""
    if not _ADDRESS.fullmatch(address):
        raise wrong(table.key(key), 'must be a mail address in quotes, such as "status@example.org"')
    return address
