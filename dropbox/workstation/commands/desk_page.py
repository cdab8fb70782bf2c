"""open: the desk page on loopback, in the investigator's own browser."""

import logging
import sys
import webbrowser

from waitress import create_server

from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.desk_site import Door, create_site
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    command("open", _open, "Show the cases in your browser, for reading.")


def _open(arguments: Arguments, show: Show) -> None:
    """Serve the desk page until it is stopped. Its answers stay in memory, however large they are."""
    with open_vault(arguments.vault):
        pass
    door = Door()
    site = create_site(arguments.vault, door)
    server = create_server(site, host="127.0.0.1", port=0, threads=1, ident=None, outbuf_overflow=1 << 40)
    site.config["HOST"] = f"127.0.0.1:{server.effective_port}"
    # It would tell how many requests wait, which says nothing to whoever sits here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    url = f"http://{site.config['HOST']}/enter/{door.link}"
    text = ["The desk page opens once, with this link:", f"  {url}", "To stop it, press Ctrl-C here."]
    show(Answer({"url": url}, lambda _: text))
    if sys.stdin.isatty():
        webbrowser.open(url)
    server.run()
