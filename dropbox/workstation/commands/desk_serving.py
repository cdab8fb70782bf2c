"""The desk page on loopback, served until it is stopped.

Apart from its command, because only `open` needs what serves pages, and every command would load it.
"""

import logging
import sys
import webbrowser
from typing import Any

from flask import Flask
from waitress import create_server
from waitress.server import BaseWSGIServer

from dropbox.workstation.commands import Answer, Arguments, Show
from dropbox.workstation.desk_site import Desk, create_site
from dropbox.workstation.desk_site.forms import MAX_REQUEST_BYTES
from dropbox.workstation.desk_site.neighbours import Address, is_own
from dropbox.workstation.speech import _

THREADS = 4
_IN_MEMORY = 1 << 40


def open_page(arguments: Arguments, show: Show) -> None:
    """Serve the desk page until it is stopped; where there is no vault yet, it begins with making one."""
    desk = Desk(arguments.vault)
    if desk.has_vault:
        with desk.reading():  # what is wrong with the vault is told here, and the first page need not open it again
            pass
    site = create_site(desk)
    server = make_server(site)
    # It would tell how many requests wait, which says nothing to whoever sits here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    url = _link(site, desk)
    text = [_("The desk page opens once, with this link:"), f"  {url}", _("To stop it, press Ctrl-C here.")]
    show(Answer({"url": url}, lambda _width: text))
    if not arguments.json:  # which is one document, and no person reads it
        desk.tell_link = lambda: show(_new_link(site, desk))
    if sys.stdin.isatty() and not arguments.no_browser:
        webbrowser.open(url)
    try:
        server.run()
    finally:
        desk.flush()


def _link(site: Flask, desk: Desk) -> str:
    return f"http://{site.config['HOST']}/enter/{desk.door.link}"


def _new_link(site: Flask, desk: Desk) -> Answer:
    text = [_("The session in the browser has ended. This link opens the page again, once:"), f"  {_link(site, desk)}"]
    return Answer({"url": _link(site, desk)}, lambda _width: text)


def make_server(site: Flask) -> BaseWSGIServer:
    """Return the server on a free port of loopback. What it takes in and gives out stays in memory, however large."""
    server = create_server(
        site,
        host="127.0.0.1",
        port=0,
        threads=THREADS,
        ident=None,
        max_request_body_size=MAX_REQUEST_BYTES,
        inbuf_overflow=_IN_MEMORY,
        outbuf_overflow=_IN_MEMORY,
    )
    _let_in_own_user_only(server)
    site.config["HOST"] = f"127.0.0.1:{server.effective_port}"
    return server


def _let_in_own_user_only(server: BaseWSGIServer) -> None:
    """Hang up on everybody else on this machine before a byte of theirs is taken in."""
    accept = server.accept

    def accept_own() -> tuple[Any, Address] | None:
        found: tuple[Any, Address] | None = accept()
        if found is None or is_own(found[1], found[0].getsockname()):
            return found
        found[0].close()
        return None

    server.accept = accept_own
