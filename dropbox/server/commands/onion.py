"""onion: the services' own keys, saved sealed to the operator's key, put back, taken out; the courier's made anew."""

from collections.abc import Mapping
from pathlib import Path

from dropbox.disk import read_up_to
from dropbox.errors import ConfigError, GpgError, SavedKeysUnusable
from dropbox.gpg import Gpg
from dropbox.server import onion, running
from dropbox.server.backup.operator import operator_recipient
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.commands.serve import only_server
from dropbox.server.drop import Drop
from dropbox.server.onion import OnionKey, Service, saved_keys
from dropbox.settings import Settings
from dropbox.target import new_file

_MAX_SEALED_BYTES = 64 * 1024
_WHOSE = {Service.REPORTERS: "the reporters' onion key", Service.COURIER: "the courier's onion key"}


def add(command: Adder) -> None:
    verb = command.group("onion", "keep the onion keys, put them back, and make the courier's anew")
    saving = verb("save", _save, "write both onion keys into one new file, sealed to the operator's key")
    saving.add_argument("file", type=Path, metavar="FILE", help="a new file; nothing is ever overwritten")
    restoring = verb("restore", _restore, "put saved onion keys back into the data folder of their drop")
    restoring.add_argument("file", type=Path, metavar="FILE", help="what `onion save` wrote")
    text = "write over other onion keys than those of the file: the drop changes its address"
    restoring.add_argument("--replace", action="store_true", help=text)
    taking = verb("take-out", _take_out, "remove the onion keys from a stopped drop, once the saved file proves good")
    taking.add_argument("file", type=Path, metavar="FILE", help="what `onion save` wrote; it must open here")
    verb("rotate-courier", _rotate_courier, "give the courier a new onion key, and so a new address")


def _save(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    keys = saved_keys.keys_here(settings)
    gpg, recipient = operator_recipient(settings)
    with Drop.open(settings, beside_server=True) as drop:
        sealed = gpg.seal_bytes(saved_keys.pack(drop.identity.drop, keys), [recipient])
    with new_file(arguments.file) as stream:
        stream.write(sealed)
    lines = [
        *(f"{_WHOSE[service]} is in {arguments.file}: {key.address}" for service, key in keys.items()),
        f"It opens with the secret key {recipient.fingerprint} alone. Try it where that key is:",
        f"    gpg --decrypt {arguments.file.name}",
        "Whoever opens it can answer in the drop's place: keep file and key apart from this machine, and apart.",
    ]
    return Answer({"file": str(arguments.file), "addresses": _addresses(keys)}, lambda _width: lines)


def _restore(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    saved_keys.refuse_elsewhere(settings)
    with only_server(settings.server.data_dir):
        saved = _open(settings, arguments.file)
        done = saved_keys.put_back(settings, saved, replace=arguments.replace)
    lines = [
        *(f"{_WHOSE[service]} is back: {saved[service].address}" for service in done.restored),
        *(f"{_WHOSE[service]} was there already: {saved[service].address}" for service in done.same),
        *(f"{_WHOSE[service]} was made anew since, and stays; --replace takes the old one" for service in done.kept),
        "The drop answers under it when it is served again.",
    ]
    document = {"restored": list(done.restored), "same": list(done.same), "kept": list(done.kept)}
    return Answer(document, lambda _width: lines)


def _take_out(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    saved_keys.refuse_elsewhere(settings)
    with only_server(settings.server.data_dir):
        saved = _open(settings, arguments.file)
        saved_keys.take_out(settings, saved)
    lines = [
        f"The onion keys are out of {settings.server.data_dir}. They are in {arguments.file} alone: copy it, now.",
        "The drop does not start without them; put them back first: dropbox-server onion restore FILE",
        "A disk may keep the bytes of a removed file for a while. Only an encrypted one keeps them from a finder.",
    ]
    return Answer({"file": str(arguments.file), "addresses": _addresses(saved)}, lambda _width: lines)


def _rotate_courier(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    saved_keys.refuse_elsewhere(settings)
    if not settings.courier.enabled:
        raise ConfigError("courier.enabled", "must be true: there is no courier's service to rotate")
    data_dir, key = settings.server.data_dir, OnionKey.new()
    onion.refuse_away(data_dir)
    with Drop.open(settings, beside_server=True):
        onion.write_key(data_dir, settings.onion.mode, Service.COURIER, key)
    serving = running.running_pid(data_dir) is not None
    when = "It takes effect now; tor needs a minute." if serving else "It takes effect when the drop is served again."
    lines = [
        f"The courier's new address: {key.address}",
        when,
        "The old address then leads nowhere. Give every investigator the new one; their client keys stay good:",
        "Tor Browser asks for the key once more, and `dropbox-courier show` says again what to paste.",
        "A file that `onion save` wrote before holds the old key: save again.",
    ]
    return Answer({"address": key.address, "at_once": serving}, lambda _width: lines)


def _open(settings: Settings, file: Path) -> Mapping[Service, OnionKey]:
    """Open a saved file with the caller's own gpg, and read the keys of this drop."""
    sealed = read_up_to(file, _MAX_SEALED_BYTES)
    try:
        data = Gpg(None, agent=True).unseal_bytes(sealed, saved_keys.MAX_SAVED_BYTES)
    except GpgError:
        raise SavedKeysUnusable from None
    with Drop.open(settings, beside_server=True) as drop:
        return saved_keys.unpack(data, drop.identity.drop)


def _addresses(keys: Mapping[Service, OnionKey]) -> dict[str, str]:
    return {service.value: key.address for service, key in keys.items()}
