"""The Nu HTML checker over a folder of captured pages: one Java process for all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.pages.room import Captured
from tests.pages.tools import VNU

CHECK_SECONDS = 300


@dataclass(frozen=True)
class Message:
    """What the checker says of one place; `kind` is its own word: error, warning (an info of that sort) or info."""

    file: str
    kind: str
    text: str
    extract: str

    def __str__(self) -> str:
        return f"{self.file}: {self.kind}: {self.text}\n    {self.extract}"


def check(folder: Path, captured: Sequence[Captured], styles: Mapping[str, bytes]) -> list[Message]:
    """Write the pages and the style sheets (by name) into a folder and return all that the checker says of them."""
    for each in captured:
        (folder / f"{each.key}.html").write_bytes(each.page.body)
    for name, style in styles.items():
        (folder / name).write_bytes(style)
    command = ["java", "-Xss2m", "-jar", str(VNU), "--format", "json", "--also-check-css", "--stdout", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False)
    assert done.stdout, done.stderr
    return [_message(each) for each in json.loads(done.stdout)["messages"]]


def _message(said: dict[str, str]) -> Message:
    kind = said.get("subType") or said["type"]
    return Message(Path(said.get("url", "")).name, kind, said["message"], said.get("extract", "").replace("\n", " "))
