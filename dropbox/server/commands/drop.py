"""init, status and check: what a drop is, what it holds, and whether it is well."""

from dropbox.errors import SecretKeyFound, StartRefused, StoreError
from dropbox.keyring import Keyring
from dropbox.models import today
from dropbox.server import check, onion, screens
from dropbox.server.check import Verdict
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop
from dropbox.trust_words import roster_words


def add(command: Adder) -> None:
    command("init", _init, "make the data folder ready, if it is not")
    command("check", _check, "say what is well and what is not")
    command("status", _status, "count what is held and waiting")


def _init(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        words = drop.identity.drop_words()
    data_dir = str(settings.server.data_dir)
    lines = [f"the drop is ready in {data_dir}", "drop key:", *screens.word_lines(words)]
    return Answer({"data_dir": data_dir, "drop_key": words}, lambda _width: lines)


def _check(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    try:
        with Drop.open(settings, beside_server=True) as drop:
            rows = check.examine(settings, drop.store, drop.keyring, today())
    except (StartRefused, SecretKeyFound, StoreError) as refusal:
        keyring = Keyring(settings.keys_dir, settings.desks, settings.server.data_dir / "gnupg")
        rows = check.examine_refused(settings, keyring, today(), refusal)
    keys = ("verdict", "subject", "finding", "advice")
    document = [{key: str(getattr(row, key)) for key in keys} for row in rows]
    code = 1 if any(row.verdict is Verdict.FAIL for row in rows) else 0
    return Answer(document, lambda width: screens.check_lines(rows, width), code)


def _status(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        counts = drop.store.counts()
        keys = [
            {"fingerprint": key.fingerprint, "desk": key.desk, "expires": key.expires and key.expires.isoformat()}
            for key in drop.keyring.report()
        ]
        words = drop.identity.drop_words()
        rosters = {desk.id: roster_words(desk.id, drop.store.roster(desk.id)) for desk in settings.desks}
    waiting = {desk.id: counts.waiting.get(desk.id, 0) for desk in settings.desks}
    found = {"cases": counts.cases, "items": counts.items, "waiting": waiting, "keys": keys, "drop_key": words}
    address = onion.known_address(settings.server.data_dir) or "none yet"
    return Answer(found, lambda _width: screens.status_lines(counts, rosters, address, words))
