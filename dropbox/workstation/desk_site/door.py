"""Who may come in: the holder of the link that the terminal showed, once, and from then on of one cookie.

A session lives in this process's memory and nowhere else: its language, its form token, what the next page has to say,
and what was looked for.
"""

import secrets
from dataclasses import dataclass, field

from itsdangerous import BadSignature, TimestampSigner

COOKIE = "desk"
LINK_SECONDS = 10 * 60
SESSION_SECONDS = 8 * 60 * 60


@dataclass
class Session:
    """What one browser's visit keeps between two requests; `token` stands in each of its forms.

    kept: what a page keeps under its own name, such as a search, which must not stand in the browser's history.
    """

    language: str = ""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    messages: list[str] = field(default_factory=list)
    kept: dict[str, object] = field(default_factory=dict)


class Door:
    """Lets in the link's holder. Lives as long as the program: no cookie of an earlier run opens anything."""

    def __init__(self) -> None:
        self._links = TimestampSigner(secrets.token_bytes(32), salt="link")
        self._cookies = TimestampSigner(secrets.token_bytes(32), salt="cookie")
        # short, so that the link fits a terminal's line: what cannot be guessed is its signature
        self._link: str | None = secrets.token_urlsafe(8)
        self._sessions: dict[str, Session] = {}
        self.link = self._links.sign(self._link).decode()

    def renew(self) -> bool:
        """Make a new link, unless the last one still waits to be used; say whether there is a new one."""
        if self._link is not None and _signed(self._links, self.link, LINK_SECONDS) is not None:
            return False
        self._link = secrets.token_urlsafe(8)
        self.link = self._links.sign(self._link).decode()
        return True

    def enter(self, link: str) -> str | None:
        """Return a cookie's value for the unspent link, and spend it; None for anything else."""
        given = _signed(self._links, link, LINK_SECONDS)
        if self._link is None or given is None or not secrets.compare_digest(given.encode(), self._link.encode()):
            return None
        self._link = None
        name = secrets.token_urlsafe(32)
        self._sessions[name] = Session()
        return self._cookies.sign(name).decode()

    def session(self, cookie: str) -> Session | None:
        """Return the session that this cookie stands for, or None."""
        name = _signed(self._cookies, cookie, SESSION_SECONDS)
        return None if name is None else self._sessions.get(name)

    def ended(self, cookie: str) -> Session | None:
        """Return the session of this run that this cookie stood for and that is over, or None."""
        name = _signed(self._cookies, cookie, None)
        return None if name is None or self.session(cookie) is not None else self._sessions.get(name)


def _signed(signer: TimestampSigner, text: str, max_age: int | None) -> str | None:
    try:
        return signer.unsign(text, max_age=max_age).decode()
    except BadSignature:
        return None
