"""succeed: the drop gets a new signing key. Its name, its address and everything sealed stay what they are.

Works while the site is served: each pickup bundle is signed with the key that is the drop's at that moment.
"""

from dropbox.errors import StartRefused
from dropbox.models import today
from dropbox.server import screens
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.identity import STORE_FILE, Identity
from dropbox.server.store import Store

_SIGNED = (
    "From the next pickup bundle on, the drop signs with a new key. Workstations",
    "follow by themselves: the old key signed for the new one. Make a backup now: one",
    "from before brings back the old key, and every workstation refuses it.",
    "Whoever starts a vault from now on compares these words:",
)
_LOST = (
    "From the next pickup bundle on, the drop signs with a new key that the old one",
    "did not sign for. Each workstation refuses its bundles until its owner has",
    "confirmed the new words. Make a backup now; one from before has the old key.",
    "Tell the words to each investigator, by voice:",
)


def add(command: Adder) -> None:
    parser = command("succeed", _succeed, "give the drop a new signing key")
    text = "the old key is gone, or somebody else has it: each investigator must confirm the new one"
    parser.add_argument("--lost", action="store_true", help=text)


def _succeed(arguments: Arguments, _say: Say) -> Answer:
    settings, lost = settings_of(arguments), bool(arguments.lost)
    data_dir = settings.server.data_dir
    if not (data_dir / STORE_FILE).exists():
        raise StartRefused("the data folder: holds no drop yet", "Make one with: dropbox-server init")
    identity = Identity.load_or_create(data_dir, without_signing_key=lost)
    store = Store.open(data_dir, identity, trial=settings.trial, retention=settings.retention, key_lost=lost)
    try:
        with store.transfer_lock():
            made = store.successions.succeed(identity, today(), lost=lost)
    finally:
        store.close()
    words = identity.drop_words()
    document = {"drop": made.drop, "number": made.number, "day": made.day.isoformat(), "lost": lost, "drop_key": words}
    lines = [*(_LOST if lost else _SIGNED), *screens.word_lines(words)]
    return Answer(document, lambda _width: lines)
