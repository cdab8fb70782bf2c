"""The courier: is its onion service known, and does tor let in exactly those who are on the list?

tor lets everybody in where it is told of nobody, so a folder without keys is the worst there can be.
"""

from collections.abc import Iterator

from dropbox.server import onion
from dropbox.server.check.rows import Looked, Row, fail, ok, warn
from dropbox.server.courier.clients import NOBODY
from dropbox.server.onion.clients import registered
from dropbox.server.onion.places import registry_dir

_AGAIN = "Start the server again: it writes them anew from its list. See: dropbox-server investigator list"


def look(looked: Looked) -> Iterator[Row]:
    settings = looked.settings
    if not settings.courier.enabled:
        return
    yield _clients(looked)
    if settings.onion.mode == "off":
        yield ok("courier", "its onion service is switched off")
        return
    address = onion.courier_address(settings.server.data_dir)
    if address is None:
        yield warn("courier", "its onion service is not known yet", "Start the server with tor, and check again.")
    else:
        yield ok("courier", f"its onion service is {address}")
    if looked.store is not None:
        known = {desk.id for desk in settings.desks}
        for one in looked.store.courier.list():
            if not known & set(one.desks):
                advice = f"Take them off the list: dropbox-server investigator revoke {one.name}"
                yield warn(f"investigator {one.name}", "has no desk that there still is", advice)


def _clients(looked: Looked) -> Row:
    """Compare the keys that tor is told of with the list. One that nobody holds must be among their files."""
    data_dir = looked.settings.server.data_dir
    folder = registry_dir(data_dir)
    if not folder.is_dir():
        return warn("courier's keys", "the folder that tor reads them from is not made yet", _AGAIN)
    if not (folder / f"{NOBODY}.auth").is_file():
        return fail("courier's keys", "nobody's own is missing; without any key tor lets everybody in", _AGAIN)
    told = registered(data_dir)
    listed = told if looked.store is None else {one.client_key for one in looked.store.courier.list()}
    if told != listed:
        return fail("courier's keys", "tor is told of other keys than are on the list", _AGAIN)
    return ok("courier's keys", f"tor lets in those on the list ({len(listed)})")
