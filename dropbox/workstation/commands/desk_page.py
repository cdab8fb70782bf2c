"""open: the desk page on loopback, in the investigator's own browser."""

from dropbox.workstation.commands import Adder, Arguments, Show
from dropbox.workstation.speech import _


def add(command: Adder) -> None:
    parser = command("open", _open, _("Work on the cases in your browser."))
    parser.add_argument(
        "--no-browser", action="store_true", help=_("show the link only; open it yourself in a browser")
    )


def _open(arguments: Arguments, show: Show) -> None:
    # what serves pages takes a third of a second to load, and no other command needs it
    from dropbox.workstation.commands.desk_serving import open_page  # noqa: PLC0415

    open_page(arguments, show)
