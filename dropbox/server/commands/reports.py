"""reports: close the drop for new reports while somebody floods it, and open it again. Works while the site is served.

Who has a codename comes in as ever. What is set holds at once, and after a restart.
"""

from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop
from dropbox.server.happened import RETURNING_ONLY, take_new_reports


def add(command: Adder) -> None:
    verb = command.group("reports", "take new reports, or only what returning reporters send")
    verb("open", _open, "take new reports")
    verb(RETURNING_ONLY, _close, "take no new reports for now; who has a codename comes in as ever")


def _open(arguments: Arguments, _say: Say) -> Answer:
    return _set(arguments, taken=True)


def _close(arguments: Arguments, _say: Say) -> Answer:
    return _set(arguments, taken=False)


def _set(arguments: Arguments, *, taken: bool) -> Answer:
    with Drop.open(settings_of(arguments), beside_server=True) as drop:
        take_new_reports(drop.store.happenings, taken=taken)
    line = "new reports are taken" if taken else "only returning reporters for now: the site says so to everybody else"
    return Answer({"new_reports": taken}, lambda _width: [line])
