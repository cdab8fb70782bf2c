"""What a request's headers tell of how its sender came here, and what they are told about it.

A pure look at headers: nothing is kept, counted or refused, and what a browser says of itself is taken only as a hint.
Ordinary Firefox on a computer says the same as Tor Browser; it finds no .onion address by itself, so the host tells.
"""

import re
from collections.abc import Mapping
from enum import Enum

from dropbox.server.reporter_site.speech import Lazy, _l


class Caution(Enum):
    """A reason to come here in another way."""

    GATEWAY = "gateway"
    NOT_ONION = "not_onion"
    NOT_TOR_BROWSER = "not_tor_browser"


TEXTS: Mapping[Caution, Lazy] = {
    Caution.GATEWAY: _l(
        "You come here through another website. It can see where you are and read what you type. Do not go on here: "
        "open the .onion address in Tor Browser."
    ),
    Caution.NOT_ONION: _l(
        "You are not at the .onion address, so Tor does not hide where you are. Open the .onion address in Tor Browser."
    ),
    Caution.NOT_TOR_BROWSER: _l(
        "This does not look like Tor Browser. Another browser can give you away. Open this address in Tor Browser."
    ),
}
SCRIPTS = _l("Scripts may be on in your browser. This site needs none: set Tor Browser to “Safest”.")
"""Only the style sheet can know, so every page holds it and `@media (scripting)` shows it."""

# Every Tor Browser since version 11 says one of these (Firefox's nsRFPService.h): up to 14.0 all computers said
# "Windows NT 10.0", since then each says its kind. The numbers follow Firefox's long-term releases and are left open.
_SYSTEMS = (
    r"Windows NT 10\.0",
    r"Windows NT 10\.0; Win64; x64",
    r"Macintosh; Intel Mac OS X 10\.15",
    r"X11; Linux x86_64",
)
_ON_COMPUTERS = rf"\((?:{'|'.join(_SYSTEMS)}); rv:\d{{2,3}}\.0\) Gecko/20100101 Firefox/\d{{2,3}}\.0"
# Version 12 said Android 9; ordinary Firefox says the true version, which is 11 or later on nearly all phones.
_ON_PHONES = r"\(Android (?:9|10); Mobile; rv:(\d{2,3}\.0)\) Gecko/\1 Firefox/\1"
_TOR_BROWSER = re.compile(rf"Mozilla/5\.0 (?:{_ON_COMPUTERS}|{_ON_PHONES})")

_ONION_HOST = re.compile(r"(?i)(?:[a-z0-9-]+\.)*[a-z2-7]{56}\.onion(?::\d{1,5})?")
# No browser sends these over an onion service, and our tor adds none: something stands in between.
_GATEWAY_HEADERS = ("x-tor2web", "via", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip")
_GATEWAY_PREFIX = "x-forwarded-"


def cautions(headers: Mapping[str, str]) -> tuple[Caution, ...]:
    """Return what is unsafe about this way of coming here, the worst first; () when nothing is seen."""
    sent = {name.lower(): value for name, value in headers.items()}
    return tuple(_cautions(sent))


def _cautions(sent: Mapping[str, str]) -> list[Caution]:
    found = []
    if any(name in _GATEWAY_HEADERS or name.startswith(_GATEWAY_PREFIX) for name in sent):
        found.append(Caution.GATEWAY)
    elif not _ONION_HOST.fullmatch(sent.get("host", "")):
        found.append(Caution.NOT_ONION)
    if not _TOR_BROWSER.fullmatch(sent.get("user-agent", "")):
        found.append(Caution.NOT_TOR_BROWSER)
    return found
