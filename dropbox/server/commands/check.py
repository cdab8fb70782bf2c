"""check, also called doctor: what is well with the drop and what is not, whether its server runs or does not."""

from dropbox.errors import SecretKeyFound, StartRefused, StoreError
from dropbox.keyring import Keyring
from dropbox.models import today
from dropbox.server import check, screens
from dropbox.server.check import Row
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop

_TOLD = ("verdict", "subject", "finding", "advice")


def add(command: Adder) -> None:
    for name in ("check", "doctor"):
        command(name, _check, "say what is well and what is not")


def rows_of(arguments: Arguments) -> tuple[Row, ...]:
    """Return what there is to see of the drop that a command line names, whether it opens or does not."""
    settings = settings_of(arguments)
    try:
        with Drop.open(settings, beside_server=True) as drop:
            return check.examine(settings, drop.store, drop.keyring, today(), arguments.config)
    except (StartRefused, SecretKeyFound, StoreError) as refusal:
        keyring = Keyring(settings.keys_dir, settings.desks, settings.server.data_dir / "gnupg")
        return check.examine_refused(settings, keyring, today(), refusal, arguments.config)


def _check(arguments: Arguments, _say: Say) -> Answer:
    rows = rows_of(arguments)
    document = [{key: str(getattr(row, key)) for key in _TOLD} for row in rows]
    return Answer(document, lambda width: screens.check_lines(rows, width), 1 if check.has_failed(rows) else 0)
