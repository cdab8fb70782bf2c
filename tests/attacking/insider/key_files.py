"""Keys that are slipped in: into the folder, a member's file, the configuration, a bundle, a roster."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from dropbox.errors import DropboxError
from dropbox.gpg import count_recipients
from dropbox.models import Fingerprint, today
from dropbox.server import check
from dropbox.server.drop import Drop
from tests import factories
from tests.attacking.insider.desk import Story
from tests.attacking.insider.items import on_desk
from tests.attacking.insider.rows import Row, Seen
from tests.attacking.insider.server import ServerGround
from tests.site_room import CONFIDANT, Site, new_site


def _spoil_keys(ground: ServerGround, site: Site, chance: Random) -> None:
    keys, people = site.folder / "keys", ground.members
    stranger = factories.export_public(ground.stranger_home, ground.stranger)
    path = next(each for each in keys.iterdir() if people.anna in each.name or people.anna[-8:] in each.name)
    how = chance.randrange(4)
    if how == 0:
        (keys / chance.choice(["a.asc", "anna (new).asc", "zz"])).write_bytes(stranger)
    elif how == 1:
        path.write_bytes(stranger)
    elif how == 2:
        path.write_bytes(chance.choice([path.read_bytes() + stranger, stranger + path.read_bytes()]))
    else:
        config = site.folder / "config.toml"
        (keys / "a.asc").write_bytes(stranger)
        text = config.read_text()
        wanted = chance.choice([
            f'"{people.anna}", "{people.bram}", "{ground.stranger}"', f'"{ground.stranger}", "{people.bram}"',
        ])  # fmt: skip
        config.write_text(text.replace(f'"{people.anna}", "{people.bram}"', wanted))


def slipped_key(grounds: Any, chance: Random) -> Seen:
    """Nothing is sealed to it, and whoever looks is told: a refused report, or a row of `check`."""
    ground: ServerGround = grounds.server
    with ExitStack() as held:
        site = held.enter_context(new_site(ground.members))
        items = site.folder / "data" / "items"
        _spoil_keys(ground, site, chance)
        if chance.random() < 0.5:
            try:
                site = site.reopen()
            except DropboxError:
                return Seen(noticed=True)
        browser = site.browser()
        page = browser.submit(
            browser.get("/report").form("message", "mandate"),
            {"desk": [CONFIDANT], "message": "A true report.", "mandate": "listen"},
        )
        stored = list(items.iterdir())
        stolen = [each for each in stored if _opens(ground.stranger_home, each) or count_recipients(each) != 2]
        site = site.reopen() if not stored else site
        told = _check_tells(site.drop, ground.stranger)
        site.drop.close()
        return Seen(not stolen and (told or page.status != 200), lost=0 if stored or page.status != 200 else 1)


def _check_tells(drop: Drop, stranger: Fingerprint) -> bool:
    rooms = tuple(each for each in check._ANYHOW if each.subject != "gpg")
    with mock.patch.object(check, "_ANYHOW", rooms):
        found = check.examine(drop.settings, drop.store, drop.keyring, today())
    bad = [row for row in found if row.verdict is not check.Verdict.OK]
    return any(
        stranger in row.subject + row.finding or "signature" in row.finding or "key" in row.subject for row in bad
    )


def _opens(home: Path, item: Path) -> bool:
    line = ["gpg", "--batch", "--homedir", str(home), "--status-fd", "2", "--decrypt", str(item)]
    return b"DECRYPTION_OKAY" in subprocess.run(line, capture_output=True, check=False, timeout=60).stderr


def a_key_in_a_bundle(story: Story, chance: Random) -> Seen:
    """The drop hands out another key under a member's name."""
    here = story.here
    export = here.drop.public.export_key
    victim = chance.choice([here.anna.key, here.bram.key])
    # a vault reads a member's key once, so it is the new one's that tells
    person = here.cora
    person.ok("init", "--drop-key", here.drop.words)
    with mock.patch.object(
        here.drop.public, "export_key", lambda name: export(here.dirk.key if name == victim else name)
    ):
        bundle = here.drop.pickup()
    result = person.run("import", bundle)
    return Seen(result.code == 1 and not list((person.vault / "items").iterdir()))


def a_stranger_on_the_roster(story: Story, chance: Random) -> Seen:
    from tests.factories_bundles import DESK, joined

    here = story.here
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    seen = story.judge()
    held_up = here.anna.run("export", here.folder / "no.tar").code == 1
    return Seen(seen.noticed and held_up, seen.shown, seen.lost)


ROWS = (
    Row("A key slipped into `keys/`", {
        "on the server": slipped_key,
        "in a bundle": on_desk(a_key_in_a_bundle),
        "on the roster": on_desk(a_stranger_on_the_roster),
    }),
)  # fmt: skip
