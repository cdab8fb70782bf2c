"""init and status: what a drop is, and what it holds."""

from dropbox.server import onion, screens
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop
from dropbox.server.happened import LOOP, day_of
from dropbox.trust_words import roster_words


def add(command: Adder) -> None:
    command("init", _init, "make the data folder ready, if it is not")
    command("status", _status, "count what is held and waiting")


def _init(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        words = drop.identity.drop_words()
    data_dir = str(settings.server.data_dir)
    lines = [f"the drop is ready in {data_dir}", "drop key:", *screens.word_lines(words)]
    return Answer({"data_dir": data_dir, "drop_key": words}, lambda _width: lines)


def _status(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        counts = drop.store.counts()
        keys = [
            {"fingerprint": key.fingerprint, "desk": key.desk, "expires": key.expires and key.expires.isoformat()}
            for key in drop.keyring.report()
        ]
        words = drop.identity.drop_words()
        last_loop = day_of(drop.store.happenings, LOOP)
        rosters = {desk.id: roster_words(desk.id, drop.store.roster(desk.id)) for desk in settings.desks}
    waiting = {desk.id: counts.waiting.get(desk.id, 0) for desk in settings.desks}
    found = {"cases": counts.cases, "items": counts.items, "waiting": waiting, "keys": keys, "drop_key": words}
    found["last_loop"] = last_loop and last_loop.isoformat()
    address = onion.known_address(settings.server.data_dir) or "none yet"
    return Answer(found, lambda _width: screens.status_lines(counts, rosters, address, words, last_loop))
