"""investigator: who may fetch and bring bundles at the courier. Works while the site is being served."""

import argparse
from collections.abc import Sequence

from dropbox import client_key
from dropbox.errors import ConfigError, InvalidValue
from dropbox.models import Passphrase
from dropbox.server import onion
from dropbox.server.commands import Adder, Answer, Arguments, Say, desk_argument, desk_of, settings_of
from dropbox.server.courier import clients
from dropbox.server.drop import Drop
from dropbox.server.store.investigators import Investigator, parse_name
from dropbox.settings import Settings


def add(command: Adder) -> None:
    verb = command.group("investigator", "say who may use the courier")
    adding = verb("add", _add, "let somebody use the courier, and print their passphrase once")
    _add_name(adding)
    text = "a desk whose bundles they fetch and bring; may be repeated"
    adding.add_argument("--desk", required=True, action="append", type=desk_argument, metavar="ID", help=text)
    text = "the public half that dropbox-courier showed them: 52 letters, or the whole line"
    adding.add_argument("--client-key", required=True, type=_client_key, metavar="KEY", help=text)
    verb("list", _list, "list them with their desks")
    _add_name(verb("revoke", _revoke, "end somebody's passphrase, sessions and client key at once"))


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", type=_name, metavar="NAME", help="2 to 32 of a-z, 0-9 and hyphens, a letter first")


def _add(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    if not settings.courier.enabled:
        raise ConfigError("courier.enabled", "must be true before anybody can be let in")
    desks = sorted({desk_of(settings, desk) for desk in arguments.desk})
    with Drop.open(settings, beside_server=True) as drop:
        passphrase = drop.store.courier.add(arguments.name, desks, arguments.client_key)
        _tell_tor(drop)
    address = onion.courier_address(settings.server.data_dir)
    document = {"name": arguments.name, "desks": desks, "passphrase": passphrase.reveal(), "address": address}
    return Answer(document, lambda _width: _added(arguments.name, passphrase, address, settings))


def _added(name: str, passphrase: Passphrase, address: str | None, settings: Settings) -> Sequence[str]:
    return (
        f"{name} may use the courier. Their passphrase, shown only now:",
        "",
        f"    {passphrase.reveal()}",
        "",
        f"The courier's address: {address or 'not published yet; see it later with dropbox-server investigator list'}",
        "",
        "Give them name, passphrase and address in person or on paper, never by mail.",
        "They sign in on the courier machine on which they made the client key, with Tor Browser.",
        *(() if settings.onion.mode != "external" else ("tor knows the key within a minute.",)),
    )


def _list(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        people = drop.store.courier.list()
    address = onion.courier_address(settings.server.data_dir)
    document = {"address": address, "investigators": [{"name": one.name, "desks": list(one.desks)} for one in people]}
    return Answer(document, lambda _width: [*_listed(people), f"The courier's address: {address or 'not published'}"])


def _listed(people: Sequence[Investigator]) -> Sequence[str]:
    if not people:
        return ("Nobody may use the courier yet.",)
    width = max(len(one.name) for one in people)
    return [f"{one.name:<{width}}  {' '.join(one.desks)}" for one in people]


def _revoke(arguments: Arguments, _say: Say) -> Answer:
    with Drop.open(settings_of(arguments), beside_server=True) as drop:
        drop.store.courier.revoke(arguments.name)
        _tell_tor(drop)
    line = f"{arguments.name} is out: passphrase, sessions and client key are gone."
    return Answer({"revoked": arguments.name}, lambda _width: [line])


def _tell_tor(drop: Drop) -> None:
    clients.write(drop.settings.server.data_dir, drop.store.courier.list())


def _name(text: str) -> str:
    try:
        return parse_name(text)
    except InvalidValue:
        reason = "2 to 32 of a-z, 0-9 and inner hyphens are wanted, a letter first; nobody is taken"
        raise argparse.ArgumentTypeError(reason) from None


def _client_key(text: str) -> str:
    try:
        return client_key.parse_public(text)
    except InvalidValue:
        reason = "a client's public key is wanted: 52 letters and digits, or the line descriptor:x25519:..."
        raise argparse.ArgumentTypeError(reason) from None
