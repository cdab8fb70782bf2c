"""Where everything of one drop lies on its machine. `root` is another folder than / only in tests."""

import re
from dataclasses import dataclass
from pathlib import Path

SHARE = Path("/usr/share/onion-dropbox")
TEMPLATE = SHARE / "config.toml"
MAX_NAME = 20
_NAME = re.compile(r"[a-z](?:-?[a-z0-9]){0,19}")
_RESERVED = frozenset({"default", "daily", "canary", "tor"})


class Refused(Exception):
    """What is not done, in one line, and what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Places:
    """The places of one drop."""

    name: str
    root: Path = Path("/")

    @property
    def user(self) -> str:
        return f"drop-{self.name}"

    @property
    def settings(self) -> Path:
        return self.root / "etc/onion-dropbox" / self.name

    @property
    def config(self) -> Path:
        return self.settings / "config.toml"

    @property
    def data(self) -> Path:
        return self.root / "var/lib/onion-dropbox" / self.name

    @property
    def clients(self) -> Path:
        return self.data / "courier/authorized_clients"

    @property
    def spool(self) -> Path:
        return self.root / "var/spool/onion-dropbox" / self.name

    @property
    def sockets(self) -> Path:
        return self.root / "run/onion-dropbox" / self.name

    @property
    def exchange(self) -> Path:
        """Root's folder, where a file waits on its way between an operator's stick and the drop's user."""
        return self.root / "var/lib/onion-dropbox-exchange"

    @property
    def onion(self) -> Path:
        return self.root / f"var/lib/tor/onion-dropbox-{self.name}"

    @property
    def courier_onion(self) -> Path:
        return self.root / f"var/lib/tor/onion-dropbox-{self.name}-courier"

    @property
    def torrc(self) -> Path:
        return self.root / "etc/tor/torrc"

    @property
    def snippet(self) -> Path:
        return self.root / f"etc/tor/onion-dropbox/{self.name}.conf"

    @property
    def units(self) -> tuple[str, ...]:
        """Its units, what is enabled by onion-dropbox-add first."""
        name = self.name
        helpers = (f"onion-dropbox-tor@{name}.path", f"onion-dropbox-daily@{name}.timer")
        return (f"onion-dropbox@{name}.service", *helpers, f"onion-dropbox-canary@{name}.timer")


def template_of(places: Places) -> str:
    """Return a new drop's configuration."""
    return TEMPLATE.read_text(encoding="utf-8").replace("@NAME@", places.name)


def places_of(name: str, root: Path = Path("/")) -> Places:
    """Return the places of a drop; Refused for what cannot be the name of a user, a unit and a folder at once."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or name in _RESERVED or name.endswith("-courier"):
        allowed = f"1 to {MAX_NAME} of a-z, 0-9 and inner hyphens, a letter first, as in adviser or my-town"
        raise Refused("this cannot be the name of a drop", f"Take {allowed}.")
    return Places(name, root)
