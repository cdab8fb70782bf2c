"""The courier's door: a flood of made-up names, or of one investigator's, never keeps another one out."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from dropbox.errors import Busy, SignInTooSoon
from dropbox.models import DeskId, Passphrase
from dropbox.server.courier.door import FORGET_SECONDS, LONGEST_WAIT_SECONDS, MAX_STRANGERS, Door
from dropbox.server.store.investigators import Investigator, Investigators
from tests.arrivals import eventually
from tests.clock import Clock

RIGHT, WRONG = Passphrase("right"), Passphrase("wrong")


class Registry:
    """Two investigators; trying a passphrase of a name that is `held` waits until it is let go."""

    def __init__(self) -> None:
        self.people = {name: Investigator(name, (DeskId("board"),), "KEY", "0" * 32) for name in ("anna", "bram")}
        self.tried: list[str] = []
        self.held: set[str] = set()
        self.go = threading.Event()

    def find(self, name: str) -> Investigator | None:
        return self.people.get(name)

    def verify(self, name: str, passphrase: Passphrase) -> Investigator | None:
        self.tried.append(name)
        if name in self.held or (name not in self.people and "strangers" in self.held):
            self.go.wait(10)
        return self.people.get(name) if passphrase == RIGHT else None


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(registry: Registry, clock: Clock) -> Iterator[Door]:
    yield Door(cast(Investigators, registry), clock)
    registry.go.set()


def test_made_up_names_that_fill_their_line_keep_nobody_else_out(door: Door, registry: Registry) -> None:
    registry.held.add("strangers")
    with ThreadPoolExecutor(30) as pool:
        tries = [pool.submit(door.open, f"made-up-{number}", WRONG) for number in range(30)]
        assert eventually(lambda: sum(each.done() for each in tries) >= 26)
        assert door.open("anna", RIGHT) is not None
        assert registry.tried.count("anna") == 1
        assert len(registry.tried) == 2
        registry.go.set()
        refused = [each.exception() for each in tries]
    assert sum(isinstance(error, SignInTooSoon) for error in refused) >= 26


def test_one_name_is_tried_once_at_a_time(door: Door, registry: Registry) -> None:
    registry.held.add("anna")
    with ThreadPoolExecutor(10) as pool:
        tries = [pool.submit(door.open, "anna", WRONG) for _ in range(10)]
        assert eventually(lambda: sum(each.done() for each in tries) == 9)
        assert registry.tried == ["anna"]
        registry.go.set()
    assert sum(each.exception() is None for each in tries) == 1


def test_a_right_passphrase_ends_the_waiting_and_a_quiet_hour_too(door: Door, clock: Clock) -> None:
    for _ in range(5):
        assert door.open("anna", WRONG) is None
        clock.wait(LONGEST_WAIT_SECONDS)
    assert door.open("anna", RIGHT) is not None
    assert door.open("anna", WRONG) is None
    with pytest.raises(SignInTooSoon) as refused:
        door.open("anna", RIGHT)
    assert refused.value.seconds == 1
    clock.wait(FORGET_SECONDS + 2)
    assert door.open("anna", WRONG) is None
    with pytest.raises(SignInTooSoon) as again:
        door.open("anna", RIGHT)
    assert again.value.seconds == 1


def test_no_number_of_made_up_names_makes_a_known_one_forget_its_wait(door: Door) -> None:
    door.open("anna", WRONG)
    for number in range(MAX_STRANGERS + 10):
        door.open(f"name-{number}", WRONG)
    assert len(door._strangers) == MAX_STRANGERS
    with pytest.raises(SignInTooSoon):
        door.open("anna", RIGHT)


def test_a_name_without_memory_left_may_be_tried_again(
    door: Door, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(_name: str, _passphrase: Passphrase) -> None:
        raise Busy

    with monkeypatch.context() as without:
        without.setattr(registry, "verify", no_memory)
        with pytest.raises(Busy):
            door.open("anna", RIGHT)
    assert door.open("anna", RIGHT) is not None


def test_no_name_that_was_typed_is_kept_as_it_was_typed(door: Door) -> None:
    door.open("typed-by-somebody", WRONG)
    door.open("anna", WRONG)
    assert "typed-by-somebody" not in repr(vars(door))
    assert door.open("\ud800 not unicode", WRONG) is None
