"""Opening the drop: what makes a start unsafe refuses it, and a refused start leaves nothing open."""

from dataclasses import replace
from pathlib import Path

import pytest

from dropbox import config
from dropbox.errors import SecretKeyFound, StartRefused
from dropbox.models import DeskId, current_members, today
from dropbox.server.drop import Drop
from tests import factories, seating
from tests.conftest import Members
from tests.site_room import CONFIDANT, new_site


def test_opening_twice_finds_the_same_drop(members: Members) -> None:
    with new_site(members) as site:
        codename = site.report(site.browser())
        again = site.reopen()
        assert again.drop.identity.drop == site.drop.identity.drop
        assert again.sign_in(again.browser(), codename).path.startswith("/case")
        again.drop.close()


def test_a_secret_key_among_the_keys_refuses_before_anything_is_made(members: Members, short_dir: Path) -> None:
    factories.publish_keys(members.home, short_dir / "keys", [members.anna])
    path = factories.write_config(short_dir, {"desk": [members.anna]})
    (short_dir / "keys" / "oops.asc").write_bytes(factories.export_secret(members.home, members.bram))
    with pytest.raises(SecretKeyFound):
        Drop.open(config.load(path))
    assert not (short_dir / "data" / "store.sqlite").exists()


def test_a_desk_with_stored_items_may_not_leave_the_configuration(members: Members) -> None:
    with new_site(members) as site:
        site.report(site.browser(), desks=["committee"])
        settings = site.drop.settings
        site.drop.close()
        without = replace(settings, desks=tuple(desk for desk in settings.desks if desk.id != "committee"))
        with pytest.raises(StartRefused, match="committee"):
            Drop.open(without)
        closed = tuple(replace(desk, closed=desk.id == "committee") for desk in settings.desks)
        with Drop.open(replace(settings, desks=closed)) as drop:
            assert drop.store.counts().items == 1


def test_a_desk_without_items_may_leave(members: Members) -> None:
    with new_site(members) as site:
        site.report(site.browser(), desks=["confidant"])
        settings = site.drop.settings
        site.drop.close()
        with Drop.open(replace(settings, desks=settings.desks[:1])) as drop:
            assert drop.store.counts().cases == 1


def test_a_real_store_is_no_trial_s(members: Members) -> None:
    with new_site(members) as site:
        settings = site.drop.settings
        site.drop.close()
        with pytest.raises(StartRefused):
            Drop.open(replace(settings, trial=True))


def test_opening_changes_nobodys_seat_and_proposes_what_the_configuration_lists(members: Members) -> None:
    with new_site(members) as site:
        assert set(current_members(site.drop.store.roster(CONFIDANT))) == {members.anna, members.bram}
        settings = site.drop.settings
        site.drop.close()
        edited = seating.with_members(settings, CONFIDANT, (members.bram, members.cora))
        with Drop.open(edited) as drop:
            assert set(current_members(drop.store.roster(CONFIDANT))) == {members.anna, members.bram}
            assert {each.fingerprint for each in drop.store.statements.proposals()[CONFIDANT].members} == {
                members.bram,
                members.cora,
            }
        with seating.open_signed(edited, members.gpg, members.bram) as drop:
            assert set(current_members(drop.store.roster(CONFIDANT))) == {members.bram, members.cora}
        with Drop.open(settings) as drop:
            assert set(current_members(drop.store.roster(CONFIDANT))) == {members.bram, members.cora}


def test_nothing_prints_what_the_drop_holds(members: Members) -> None:
    with new_site(members) as site:
        assert "secret" not in repr(site.drop)
        assert site.drop.identity.drop not in repr(site.drop)


def test_a_command_beside_the_server_proposes_and_states_no_desk_that_the_server_does_not_know(
    members: Members,
) -> None:
    with new_site(members) as site:
        desks = site.drop.settings.desks
        new = replace(desks[1], id=DeskId("new"))
        changed = replace(desks[0], fingerprints=(*desks[0].fingerprints, members.cora))
        edited = replace(site.drop.settings, desks=(changed, *desks[1:], new))
        before = site.drop.store.rosters()
        with Drop.open(edited, beside_server=True) as drop:
            assert drop.store.rosters() == before
            assert drop.store.statements.proposals().keys() == {CONFIDANT}
        assert site.drop.store.statements.proposals().keys() == {CONFIDANT}
        with Drop.open(edited) as drop:
            assert drop.store.statements.proposals().keys() == {CONFIDANT}
            assert current_members(drop.store.roster(new.id)) == (members.cora,)


def test_a_drop_of_an_earlier_version_states_whom_it_sealed_to_and_not_what_the_file_says_by_now(
    members: Members,
) -> None:
    with new_site(members) as site:
        settings = site.drop.settings
        with site.drop.store._database.write() as connection:
            connection.exec_driver_sql("delete from roster_statements")
        site.drop.close()
        with Drop.open(seating.with_members(settings, CONFIDANT, (members.cora,))) as drop:
            (first,) = drop.store.statements.chain(CONFIDANT)
            assert first.statement.members_on(today()) == {members.anna, members.bram}
            assert drop.store.statements.proposals()[CONFIDANT].members_on(today()) == {members.cora}


def test_a_first_command_of_all_does_not_leave_the_desks_empty(members: Members, short_dir: Path) -> None:
    factories.publish_keys(members.home, short_dir / "keys", [members.anna])
    settings = config.load(factories.write_config(short_dir, {"desk": [members.anna]}))
    with Drop.open(settings, beside_server=True) as drop:
        assert current_members(drop.store.roster(settings.desks[0].id)) == (members.anna,)
