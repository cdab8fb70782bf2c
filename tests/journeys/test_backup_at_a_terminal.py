"""Shares of a drop's backup at a real terminal: shown one by one and gone again, typed with a slip."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup_room import KeptDrop, kept_drop
from tests.drop_process import BIN
from tests.terminals import Terminal

_WORD = re.compile(r"(\d+)\. ([a-z]+)")


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDrop]:
    with kept_drop(tmp_path_factory.mktemp("kept")) as kept:
        yield kept


def terminal(*arguments: str | Path) -> Terminal:
    return Terminal([str(BIN / "dropbox-server"), *map(str, arguments)], {**os.environ, "TERM": "xterm"})


def share_in(shown: str) -> str:
    found = {int(place): word for place, word in _WORD.findall(shown)}
    return " ".join(found[place] for place in range(1, 34))


def test_shares_are_written_down_one_by_one_and_bring_the_drop_back(drop: KeptDrop, tmp_path: Path) -> None:
    shares = []
    arguments = ("backup", tmp_path / "one.backup", "--config", drop.config, "--shares", "3", "--needed", "2")
    with terminal(*arguments) as screen:
        for number in range(1, 4):
            screen.wait(f"to see share {number} of 3")
            screen.type("")
            shares.append(share_in(screen.wait("it is not shown again")))
            screen.type("")
        screen.wait("Destroy it")
        assert screen.end() == 0
        # each share stood on a screen of its own, which was left again
        assert screen.raw.count("\x1b[?1049h") == screen.raw.count("\x1b[?1049l") == 3
    assert len(set(shares)) == 3
    places = ("--config", tmp_path / "new/config.toml", "--data", tmp_path / "new/data")
    with terminal("restore", tmp_path / "one.backup", *places, "--shares") as screen:
        first = shares[2].split()
        screen.wait("Share 1")
        screen.type(" ".join(["x" + first[0], *first[1:]]))
        screen.wait("Word 1 is not on the list")
        screen.type(shares[2].upper())
        screen.wait("Share 2 of 2")
        screen.type(shares[0])
        screen.wait(f"again, with {len(drop.items)} items")
        assert screen.end() == 0
    assert (tmp_path / "new/data/store.sqlite").exists()
