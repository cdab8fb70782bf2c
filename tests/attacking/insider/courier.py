"""The courier's passphrase without the client key: there is no way to the site but its onion, and no onion for you.

Without a network, what tor is told; in the long form once over a private Tor network, with the very way of the tests.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest import mock

from dropbox.client_key import ClientKey
from dropbox.server.onion import clients
from dropbox.server.onion.courier import CourierDoor
from tests.attacking.insider.grounds import Grounds
from tests.attacking.insider.rows import Row, Seen
from tests.onions import register
from tests.unit.test_onion_courier import Door, Recorder


def published_to_others(grounds: Grounds, chance: Random) -> Seen:
    """Investigators come and go; tor is told each time for whose keys the service is, and never of none at all."""
    with TemporaryDirectory(dir=grounds.folder) as folder:
        data = Path(folder)
        (data / "tor").mkdir(mode=0o700)
        way = Recorder(data)
        said: list[str] = []
        door = Door(data, way, CourierDoor(data, way, said.append), said)
        known = {f"m{number}": ClientKey.new() for number in range(4)}
        good = True
        with mock.patch("tests.unit.test_onion_courier.TOR", mock.sentinel.tor):
            for _ in range(chance.randrange(1, 6)):
                named = {name: key for name, key in known.items() if chance.random() < 0.5}
                register(data, **named)
                door.tend()
                told = [keys for keys in way.told if keys is not None]
                wanted = {key.public for key in named.values()}
                good = good and bool(told) and told[-1] - {clients.NOBODY} == wanted and all(told)
        return Seen(good)


ROWS = (Row("A courier passphrase without the client key", {"what tor is told": published_to_others}),)
