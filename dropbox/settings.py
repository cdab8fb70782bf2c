"""What the configuration says, as frozen values with their defaults; config.py is the only one that makes them.

Sizes and times carry the unit of their key; properties give bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from dropbox.colours import ACCENT, ACCENT_DARK
from dropbox.errors import InvalidValue
from dropbox.models import DeskId, Fingerprint

LANGUAGES = ("nl", "en", "de", "fr", "ar")
OnionMode = Literal["launch", "control", "external", "off"]
ONION_MODES: tuple[OnionMode, ...] = ("launch", "control", "external", "off")
KEEP_DEFAULT = "default"
KEEP_MONTHS = {KEEP_DEFAULT: 24, "withdrawn": 1}
OUTCOMES = (
    "heard",
    "advised",
    "mediated",
    "founded",
    "partly_founded",
    "unfounded",
    "not_established",
    "reported",
    "handed_over",
    "no_contact",
    "withdrawn",
)
"""How a case may end, for which a desk can name months of its own; the same words as in the notes that say so."""
_KIB = 1 << 10
_MIB = 1 << 20


@dataclass(frozen=True)
class Logo:
    """A picture as it was when the configuration was read and checked."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Organisation:
    name: str
    languages: tuple[str, ...] = ("nl", "en")
    about: Mapping[str, str] = field(default_factory=dict)
    danger: Mapping[str, str] = field(default_factory=dict)
    leave_to: str = "https://www.wikipedia.org/"
    colour: str = ACCENT
    colour_dark: str = ACCENT_DARK
    logo: Logo | None = None


@dataclass(frozen=True)
class Server:
    data_dir: Path
    listen: Path
    max_upload_mib: int = 500
    max_files: int = 20
    max_uploads_at_once: int = 16
    max_uploads_per_circuit: int = 4
    min_upload_rate: int = 2
    max_upload_minutes: int = 180
    min_free_mib: int = 512
    page_threads: int = 8
    allow_swap: bool = False
    stop_seconds: int = 60
    circuit_requests_per_minute: int = 480
    circuit_burst: int = 120
    circuit_costly_per_minute: int = 6
    circuit_costly_burst: int = 10
    returning_reserve_mib: int = 512

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mib * _MIB

    @property
    def min_free_bytes(self) -> int:
        return self.min_free_mib * _MIB

    @property
    def returning_reserve_bytes(self) -> int:
        """Room on the disk, above `min_free_bytes`, that no first report may use."""
        return self.returning_reserve_mib * _MIB

    @property
    def min_upload_rate_bytes(self) -> int:
        """Bytes a second."""
        return self.min_upload_rate * _KIB


@dataclass(frozen=True)
class Onion:
    mode: OnionMode = "launch"
    control_socket: Path = Path("/run/tor/control")
    tor_binary: str = "tor"
    torrc_defaults: Path | None = None
    circuit_ids: bool = False
    socks: Path = Path("/run/tor/socks")


@dataclass(frozen=True)
class Courier:
    """The second onion service, for investigators. `release`: minutes of the machine's day; empty: at any time."""

    listen: Path
    enabled: bool = False
    release: tuple[int, ...] = ()
    max_answer_mib: int = 512
    keep_hours: int = 48
    idle_minutes: int = 30

    @property
    def max_answer_bytes(self) -> int:
        return self.max_answer_mib * _MIB


@dataclass(frozen=True)
class Operator:
    """Whose PGP key backups and the daily status are sealed to; its public key lies in the keys folder."""

    key: Fingerprint | None = None


@dataclass(frozen=True)
class Backup:
    max_age_days: int = 30
    remind_days: int = 7


@dataclass(frozen=True)
class Status:
    """Where the daily status goes: into a folder, to a mail command that takes a whole message, to both or nowhere."""

    folder: Path | None = None
    mail_command: tuple[str, ...] = ()
    mail_from: str = ""
    mail_to: str = ""
    size_kib: int = 32


@dataclass(frozen=True)
class Log:
    """The drop's own log files; without a folder its lines go to standard output only."""

    folder: Path | None = None
    max_kib: int = 256
    keep: int = 5
    memory_only: bool = False


@dataclass(frozen=True)
class Sessions:
    idle_minutes: int = 30
    absolute_minutes: int = 480
    form_hours: int = 24


@dataclass(frozen=True)
class Retention:
    days_after_receipt: int = 30
    months_after_last_contact: int = 12
    erase_delay_days: int = 14


@dataclass(frozen=True)
class Sealing:
    floor_kib: int = 64

    @property
    def floor_bytes(self) -> int:
        return self.floor_kib * _KIB


@dataclass(frozen=True)
class Desk:
    id: DeskId
    name: Mapping[str, str]
    about: Mapping[str, str]
    fingerprints: tuple[Fingerprint, ...]
    hidden_recipients: bool = True
    closed: bool = False
    place: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    keep_months: Mapping[str, int] = field(default_factory=lambda: dict(KEEP_MONTHS))
    leaving: Mapping[Fingerprint, date] = field(default_factory=dict)
    quota_mib: int = 8192
    returning_percent: int = 20

    @property
    def quota_bytes(self) -> int:
        """0: only the disk limits what is held for this desk."""
        return self.quota_mib * _MIB

    @property
    def quota_for_new_bytes(self) -> int:
        return self.quota_bytes * (100 - self.returning_percent) // 100


@dataclass(frozen=True)
class Question:
    """A guiding question on the report's form; its answer comes in the field `answer-<id>`."""

    id: str
    text: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    keys_dir: Path
    organisation: Organisation
    server: Server
    onion: Onion
    sessions: Sessions
    retention: Retention
    sealing: Sealing
    desks: tuple[Desk, ...]
    questions: tuple[Question, ...]
    courier: Courier
    trial: bool = False
    operator: Operator = Operator()
    backup: Backup = Backup()
    status: Status = Status()
    log: Log = Log()

    def desk(self, desk: DeskId) -> Desk:
        for candidate in self.desks:
            if candidate.id == desk:
                return candidate
        raise InvalidValue


def in_language(texts: Mapping[str, str], language: str, languages: Sequence[str]) -> str:
    """Return the text in a language, else in the first of `languages` that has it, else ""."""
    return next((texts[each] for each in (language, *languages) if each in texts), "")
