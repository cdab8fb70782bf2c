"""init and status: what a drop is, and what it holds."""

from dropbox.server import onion, screens
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop
from dropbox.server.happened import LOOP, day_of, takes_new_reports
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
        new_reports, letterboxes = takes_new_reports(drop.store.happenings), drop.intake.letterboxes.look()
        last_loop = day_of(drop.store.happenings, LOOP)
        rosters = {desk.id: roster_words(desk.id, drop.store.roster(desk.id)) for desk in settings.desks}
    waiting = {desk.id: counts.waiting.get(desk.id, 0) for desk in settings.desks}
    found = {"cases": counts.cases, "items": counts.items, "waiting": waiting, "keys": keys, "drop_key": words}
    found["last_loop"] = last_loop and last_loop.isoformat()
    found["new_reports"] = new_reports
    found["letterboxes"] = {
        desk: {"bytes": each.held_bytes, "quota_bytes": each.quota_bytes, "for_new_bytes": each.for_new_bytes}
        for desk, each in letterboxes.items()
    }
    address = onion.known_address(settings.server.data_dir) or "none yet"
    lines = screens.status_lines(counts, rosters, address, words, last_loop)
    held = screens.letterbox_lines(letterboxes, new_reports=new_reports)
    return Answer(found, lambda _width: [lines[0], *held, *lines[1:]])
