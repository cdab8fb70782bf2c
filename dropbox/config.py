"""The configuration: one TOML file becomes frozen settings, or one line that names the key and what is allowed.

No value of the file enters an error, only keys. Paths are relative to the file. Keys of a desk are checked for their
form here; whether they are there and can be used is the keyring's question.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from dropbox import config_running
from dropbox.config_organisation import organisation_of
from dropbox.config_running import MAX_SOCKET_PATH_BYTES
from dropbox.config_table import Schema, Table, exists, is_folder, wrong
from dropbox.errors import ConfigError, InvalidValue
from dropbox.models import DeskId, Fingerprint, parse_desk_id, parse_fingerprint
from dropbox.settings import (
    KEEP_DEFAULT,
    KEEP_MONTHS,
    LANGUAGES,
    ONION_MODES,
    OUTCOMES,
    Backup,
    Courier,
    Desk,
    Log,
    Logo,
    Onion,
    OnionMode,
    Operator,
    Organisation,
    Question,
    Retention,
    Sealing,
    Server,
    Sessions,
    Settings,
    Status,
    in_language,
)

__all__ = [
    "LANGUAGES",
    "MAX_SOCKET_PATH_BYTES",
    "ONION_MODES",
    "OUTCOMES",
    "Backup",
    "Courier",
    "Desk",
    "Log",
    "Logo",
    "Onion",
    "OnionMode",
    "Operator",
    "Organisation",
    "Question",
    "Retention",
    "Sealing",
    "Server",
    "Sessions",
    "Settings",
    "Status",
    "in_language",
    "load",
    "names_a_desk",
]

MAX_DESKS = 50
MAX_MEMBERS = 50
MAX_RECIPIENTS = 100  # as many as leave every text in the least padded size; format 1 promises no more
MAX_QUESTIONS = 20
MIN_QUOTA_MIB = 16
MAX_KEEP_MONTHS = 240
MAX_FILE_BYTES = 1 << 20

_HINT_FILE = "Copy config.example.toml to config.toml and edit it, or name yours after the command: --config FILE"
_HINT_TOML = "Each [table] stands once, each key once in its table, and every text in quotes."
_PLACE = re.compile(r"\(at (line \d+, column \d+|end of document)\)$")


def _names(settings: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(settings))


_SCHEMA: Schema = {
    "": (
        "keys_dir",
        "organisation",
        "server",
        "onion",
        "courier",
        "operator",
        "backup",
        "status",
        "log",
        "sessions",
        "retention",
        "sealing",
        "desk",
        "question",
    ),
    "organisation": _names(Organisation),
    "server": _names(Server),
    "onion": _names(Onion),
    "courier": _names(Courier),
    "operator": _names(Operator),
    "backup": _names(Backup),
    "status": _names(Status),
    "log": _names(Log),
    "sessions": _names(Sessions),
    "retention": _names(Retention),
    "sealing": _names(Sealing),
    "desk": _names(Desk),
    "question": _names(Question),
}


def load(path: Path, *, trial: bool = False) -> Settings:
    """Return the settings of a file; ConfigError for anything that is wrong with it. `trial` only sets the flag."""
    return _settings(_read(path), path.absolute().parent, trial)


def names_a_desk(path: Path) -> bool:
    """Return whether the file lists any desk: one that lists none, or is not there, leaves room for a trial drop."""
    return exists(path) and bool(_read(path).get("desk"))


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError):
        raise _unusable(path, "must be a file that can be read", _HINT_FILE) from None
    if len(data) > MAX_FILE_BYTES:
        raise _unusable(path, "must be at most 1 MiB")
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise _unusable(path, "must be UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        place = _PLACE.search(str(error))
        allowed = f"must be valid TOML; see {place[1]}" if place else "must be valid TOML"
        raise _unusable(path, allowed, _HINT_TOML) from None


def _unusable(path: Path, allowed: str, hint: str = "") -> ConfigError:
    shown = "".join(letter if letter.isprintable() else "?" for letter in str(path))
    error = ConfigError(shown, allowed)
    error.hint = hint
    return error


def _settings(document: dict[str, object], base: Path, trial: bool) -> Settings:
    top = Table(document, base, _SCHEMA)
    organisation = organisation_of(top.table("organisation"))
    keys_dir = top.path("keys_dir", Path("keys"))
    if not is_folder(keys_dir):
        raise wrong("keys_dir", "must be a folder that exists")
    server = _server(top.table("server"), keys_dir)
    return Settings(
        keys_dir=keys_dir,
        organisation=organisation,
        server=server,
        onion=_onion(top.table("onion")),
        sessions=_sessions(top.table("sessions")),
        retention=_retention(top.table("retention")),
        sealing=Sealing(top.table("sealing").integer("floor_kib", Sealing.floor_kib, 64, 1024)),
        desks=_desks(top.tables("desk", 1, MAX_DESKS), organisation.languages),
        questions=_questions(top.tables("question", 0, MAX_QUESTIONS), organisation.languages),
        courier=config_running.courier_of(top.table("courier"), server),
        trial=trial,
        operator=config_running.operator_of(top.table("operator")),
        backup=config_running.backup_of(top.table("backup")),
        status=config_running.status_of(top.table("status")),
        log=config_running.log_of(top.table("log")),
    )


def _server(table: Table, keys_dir: Path) -> Server:
    data_dir = table.path("data_dir", Path("data"))
    if data_dir == keys_dir or not (is_folder(data_dir) or (is_folder(data_dir.parent) and not exists(data_dir))):
        raise wrong("server.data_dir", "must be a folder of its own, or a new one in a folder that exists")
    min_free_mib = table.integer("min_free_mib", Server.min_free_mib, 16, 1 << 20)
    return Server(
        data_dir,
        config_running.listen_of(table, "listen", data_dir, "drop.sock"),
        max_upload_mib=table.integer("max_upload_mib", Server.max_upload_mib, 1, 2000),
        max_files=table.integer("max_files", Server.max_files, 1, 100),
        max_uploads_at_once=table.integer("max_uploads_at_once", Server.max_uploads_at_once, 1, 256),
        max_uploads_per_circuit=table.integer("max_uploads_per_circuit", Server.max_uploads_per_circuit, 1, 256),
        min_upload_rate=table.integer("min_upload_rate", Server.min_upload_rate, 1, 1024),
        max_upload_minutes=table.integer("max_upload_minutes", Server.max_upload_minutes, 1, 1440),
        min_free_mib=min_free_mib,
        returning_reserve_mib=table.integer("returning_reserve_mib", min_free_mib, 0, 1 << 20),
        page_threads=table.integer("page_threads", Server.page_threads, 1, 64),
        allow_swap=table.flag("allow_swap", Server.allow_swap),
        stop_seconds=table.integer("stop_seconds", Server.stop_seconds, 5, 3600),
        **config_running.budget_of(table),
    )


def _onion(table: Table) -> Onion:
    torrc = table.path("torrc_defaults", Path()) if "torrc_defaults" in table.values else None
    if torrc is not None and not (exists(torrc) and not is_folder(torrc)):
        raise wrong("onion.torrc_defaults", "must be a file that exists, with lines of torrc")
    return Onion(
        mode=table.choice("mode", Onion.mode, ONION_MODES),
        control_socket=table.path("control_socket", Onion.control_socket),
        tor_binary=table.text("tor_binary", Onion.tor_binary, max_length=4000),
        torrc_defaults=torrc,
        circuit_ids=table.flag("circuit_ids", Onion.circuit_ids),
        socks=table.path("socks", Onion.socks),
    )


def _sessions(table: Table) -> Sessions:
    idle_minutes = table.integer("idle_minutes", Sessions.idle_minutes, 5, 1440)
    lowest = idle_minutes if "absolute_minutes" in table.values else 5
    absolute_minutes = table.integer("absolute_minutes", max(Sessions.absolute_minutes, idle_minutes), lowest, 1440)
    return Sessions(idle_minutes, absolute_minutes, table.integer("form_hours", Sessions.form_hours, 1, 168))


def _retention(table: Table) -> Retention:
    return Retention(
        table.integer("days_after_receipt", Retention.days_after_receipt, 0, 3650),
        table.integer("months_after_last_contact", Retention.months_after_last_contact, 1, 120),
        table.integer("erase_delay_days", Retention.erase_delay_days, 7, 90),
    )


def _desks(tables: Sequence[Table], languages: Sequence[str]) -> tuple[Desk, ...]:
    identifiers = _identifiers(tables)
    desks = tuple(_desk(*pair, languages) for pair in zip(identifiers, tables, strict=True))
    if len({fingerprint for desk in desks for fingerprint in desk.fingerprints}) > MAX_RECIPIENTS:
        raise wrong("desk", f"must have at most {MAX_RECIPIENTS} different fingerprints in all desks together")
    return desks


def _questions(tables: Sequence[Table], languages: Sequence[str]) -> tuple[Question, ...]:
    identifiers = _identifiers(tables)
    texts = [_needed_texts(table, "text", languages, 500) for table in tables]
    return tuple(Question(*pair) for pair in zip(identifiers, texts, strict=True))


def _identifiers(tables: Sequence[Table]) -> list[DeskId]:
    """Return the tables' ids: desks and questions write them alike, because both name a field of a form."""
    found: list[DeskId] = []
    for table in tables:
        try:
            identifier = parse_desk_id(table.values.get("id"))
        except InvalidValue:
            raise wrong(table.key("id"), "must be 1 to 32 of a-z, 0-9 and inner hyphens, in quotes") from None
        if identifier in found:
            raise wrong(table.key("id"), "must be another id than those before it")
        found.append(identifier)
    return found


def _desk(identifier: DeskId, table: Table, languages: Sequence[str]) -> Desk:
    return Desk(
        identifier,
        _needed_texts(table, "name", languages, 100),
        table.texts("about", LANGUAGES, 2000),
        _fingerprints(table),
        hidden_recipients=table.flag("hidden_recipients", Desk.hidden_recipients),
        closed=table.flag("closed", Desk.closed),
        place=table.texts("place", LANGUAGES, 60),
        members=table.texts("members", LANGUAGES, 500),
        keep_months=KEEP_MONTHS | table.integers("keep_months", (KEEP_DEFAULT, *OUTCOMES), 0, MAX_KEEP_MONTHS),
        leaving=config_running.leaving_of(table),
        quota_mib=_quota(table),
        returning_percent=table.integer("returning_percent", Desk.returning_percent, 5, 90),
    )


def _quota(table: Table) -> int:
    most = table.integer("quota_mib", Desk.quota_mib, 0, 1 << 20)
    if 0 < most < MIN_QUOTA_MIB:
        raise wrong(table.key("quota_mib"), f"must be 0 (only the disk limits it) or at least {MIN_QUOTA_MIB}")
    return most


def _needed_texts(table: Table, key: str, languages: Sequence[str], max_length: int) -> Mapping[str, str]:
    texts = table.texts(key, LANGUAGES, max_length)
    if not set(texts) & set(languages):
        raise wrong(table.key(key), f"must be there in one of the site's languages: {', '.join(languages)}")
    return texts


def _fingerprints(table: Table) -> tuple[Fingerprint, ...]:
    found: list[Fingerprint] = []
    for key, text in table.strings("fingerprints", "fingerprints", MAX_MEMBERS):
        try:
            fingerprint = parse_fingerprint(text)
        except InvalidValue:
            raise wrong(
                key, "must be a key's whole fingerprint, 40 hex digits, as gpg --fingerprint shows it"
            ) from None
        if fingerprint in found:
            raise wrong(key, "must be another fingerprint than those before it in this desk")
        found.append(fingerprint)
    return tuple(found)
