"""Which licence everything has that travels in the package and the kit, and whether it may travel under AGPL-3.0.

Reads what each distribution says of itself. What says nothing, or names a licence that is not in the table below, is
refused: somebody must read that licence first. `scripts/licences` writes docs/licences.md; a test says when it lags.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "scripts" / "lock"
PAGE = ROOT / "docs" / "licences.md"
DATA = ROOT / "dropbox" / "data"
OURS = "AGPL-3.0-or-later"

COMPATIBLE = {
    "0BSD": "asks for nothing",
    "AGPL-3.0-or-later": "the program's own",
    "Apache-2.0": "one way into version 3 of the GPL family, as the FSF and the ASF both say",
    "BSD-2-Clause": "keep the notice",
    "BSD-3-Clause": "keep the notice",
    "Bitstream-Vera": "a font, beside the program; may be embedded and passed on with software",
    "CC-BY-3.0": "a list of words, beside the program; named with its source",
    "FTL": "keep the notice; compatible with version 3",
    "GPL-2.0-or-later": "may be taken as version 3",
    "GPL-3.0-or-later": "section 13 joins it with the AGPL",
    "IJG": "keep the notice",
    "ISC": "keep the notice",
    "LGPL-2.1-or-later": "may be taken as version 3",
    "LGPL-3.0-only": "section 4, and the GPL that it rests on joins with the AGPL; its source travels along",
    "LGPL-3.0-or-later": "as LGPL-3.0-only",
    "MIT": "keep the notice",
    "MIT-0": "asks for nothing",
    "MIT-CMU": "keep the notice",
    "MIT-open-group": "keep the notice",
    "MPL-2.0": "section 3.3 names the AGPL",
    "PSF-2.0": "compatible, as the FSF lists it",
    "X11": "keep the notice",
    "ZPL-2.1": "compatible, as the FSF lists it",
    "Zlib": "keep the notice",
    "libtiff": "keep the notice",
}
"""SPDX names that may travel in a program under AGPL-3.0-or-later, with the reason."""
SAID_OTHERWISE = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "LGPLv3": "LGPL-3.0-or-later",
    "MPL": "MPL-2.0",
    "MPL 2.0": "MPL-2.0",
    "MPLv2.0": "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "ZPL 2.1": "ZPL-2.1",
    "OSI Approved :: MIT License": "MIT",
    "OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Names in distributions' own words, where they leave no doubt. "BSD" leaves one: two or three clauses."""
READ_BY_HAND = {
    "atheris": "Apache-2.0",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "pysocks": "BSD-3-Clause",
    "python-gnupg": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
}
"""Distributions that do not name theirs exactly: what stands in the licence file that they bring along."""
INSIDE = {
    "cffi": (("libffi", "MIT"),),
    "pynacl": (("libsodium", "ISC"),),
    "uharfbuzz": (("HarfBuzz", "MIT"),),
}
"""Libraries built into compiled packages that carry no list of their own."""
NAMED_WITHOUT = {"libXau": "MIT-open-group"}
"""Libraries that such a list names without a licence: read in their own sources."""
PLAIN_DATA = (
    ("EFF large word list", "2016", "CC-BY-3.0", "eff_large_words.txt", "https://www.eff.org/dice"),
    ("DejaVu Sans", "2.37", "Bitstream-Vera", "DejaVuSans.ttf", "https://dejavu-fonts.github.io"),
    ("DejaVu Sans Bold", "2.37", "Bitstream-Vera", "DejaVuSans-Bold.ttf", "https://dejavu-fonts.github.io"),
)
"""What is no program and lies in dropbox/data: name, version, licence, file, source."""


class UnknownLicence(Exception):
    """A licence that nobody has read."""


@dataclass(frozen=True)
class Part:
    """A library built into a distribution. `version` is empty where nothing tells it."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class Piece:
    """A distribution as it is pinned: its licence by SPDX's names, and the libraries that are built into it."""

    name: str
    version: str
    licence: str
    parts: tuple[Part, ...] = ()


def piece_of(headers: Message, lists: list[Any]) -> Piece:
    """Return what a distribution says of itself. Raises UnknownLicence.

    `headers`: its METADATA. `lists`: the bills of materials (PEP 770) that it carries, read as JSON.
    """
    name = normal(str(headers["Name"]))
    parts = [Part(each, "", licence) for each, licence in INSIDE.get(name, ())]
    for part in (part for document in lists for part in _parts(document)):
        if not part.licence:
            raise UnknownLicence(f"{name} brings {part.name} along and does not name its licence")
        parts.append(part)
    return Piece(name, str(headers["Version"]), licence_of(headers), tuple(sorted(parts, key=lambda part: part.name)))


def licence_of(headers: Message) -> str:
    """Return the SPDX expression. Raises UnknownLicence."""
    name = normal(str(headers["Name"]))
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    said = [str(headers["License-Expression"] or ""), str(headers["License"] or "")]
    said += [line[11:] for line in headers.get_all("Classifier") or () if line.startswith("License :: ")]
    for words in filter(None, said):
        licence = SAID_OTHERWISE.get(words, words)
        if _alternatives(licence):
            return licence
    raise UnknownLicence(f"{name}: {' / '.join(filter(None, said)) or 'no word of a licence'}")


def verify_compatible(pieces: list[Piece]) -> None:
    """Raises UnknownLicence for what may not travel in a program under AGPL-3.0-or-later, or is not known to."""
    for piece in pieces:
        for name, licence in ((piece.name, piece.licence), *((part.name, part.licence) for part in piece.parts)):
            if not _alternatives(licence):
                raise UnknownLicence(f"{name}: {licence}")


def _alternatives(expression: str) -> bool:
    """Say whether one side of each OR is wholly known. SPDX's AND binds closer than its OR."""
    sides = re.split(r"\s+OR\s+", expression.strip("() "))
    return any(all(each.strip("() ") in COMPATIBLE for each in re.split(r"\s+AND\s+", side)) for side in sides)


def _parts(document: Any) -> Iterator[Part]:
    """Yield a carried list's components that come from elsewhere, each once."""
    for each in document.get("components", ()):
        if str(each.get("purl", "")).startswith("pkg:pypi/"):
            continue  # the distribution itself, and its own compiled modules
        ids = [entry.get("expression") or entry["license"].get("id", "") for entry in each.get("licenses", ())]
        # the wheel builder's own system, which differs from machine to machine
        version = "" if str(each.get("purl", "")).startswith("pkg:rpm/") else str(each.get("version") or "")
        licence = " AND ".join(filter(None, ids)) or NAMED_WITHOUT.get(str(each["name"]), "")
        yield Part(str(each["name"]), version, licence)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: str) -> list[str]:
    return re.findall(r"^([\w.-]+)==", (LOCKS / f"{lock}.txt").read_text(encoding="ascii"), re.MULTILINE)


def installed(name: str, path: list[str] | None = None) -> Piece:
    """Return a distribution that is installed here, or in the folders of `path`. Raises UnknownLicence."""
    found = next(iter(metadata.distributions(name=name, path=sys.path if path is None else path)), None)
    if found is None:
        raise UnknownLicence(f"{name} is not installed")
    lists = [file for file in found.files or () if ".dist-info/sboms/" in str(file) and file.suffix == ".json"]
    return piece_of(found.metadata, [json.loads(file.read_text(encoding="utf-8")) for file in lists])  # type: ignore[arg-type]


def page() -> str:
    """Return docs/licences.md. Raises UnknownLicence."""
    carried = [installed(name) for name in pinned("runtime")]
    verify_compatible(carried)
    return "\n".join(_lines(carried, sorted(set(pinned("dev") + pinned("build")) - set(pinned("runtime")))))


def _lines(carried: list[Piece], tools: list[str]) -> Iterator[str]:
    yield "# Licences\n"
    yield f"onion-dropbox is {OURS}. Written by `scripts/licences` from what each distribution says of itself; a"
    yield "licence that the program does not know stops it, and the tests.\n"
    yield "## In the package and the kit\n"
    yield "| what | version | licence | built into it |\n|---|---|---|---|"
    for piece in carried:
        parts = ", ".join(f"{_shown(part)} ({part.licence})" for part in piece.parts)
        yield f"| {piece.name} | {piece.version} | {piece.licence} | {parts} |"
    for name, version, licence, file, source in PLAIN_DATA:
        yield f"| {name} (`dropbox/data/{file}`, <{source}>) | {version} | {licence} | |"
    yield "\n## Why each may travel with it\n"
    yield "| licence | why |\n|---|---|"
    used = {piece.licence for piece in carried} | {part.licence for piece in carried for part in piece.parts}
    used |= {licence for _, _, licence, _, _ in PLAIN_DATA}
    for licence in sorted({each for one in used for each in re.split(r"\s+(?:AND|OR)\s+", one) if each}):
        yield f"| {licence} | {COMPATIBLE[licence]} |"
    yield "\n## Only where it is built and tested\n"
    yield "Not passed on. " + ", ".join(_tools(tools)) + ".\n"
    yield "The tools of `scripts/eyes` are run as programs of their own and not passed on: semgrep (LGPL-2.1-or-later),"
    yield "wapiti (GPL-2.0), cyclonedx-bom (Apache-2.0), each with what it asks for."
    yield ""


def _tools(names: list[str]) -> Iterator[str]:
    for name in names:  # one that this machine cannot have is known by its name alone
        licence = READ_BY_HAND.get(name) or licence_of(metadata.distribution(name).metadata)  # type: ignore[arg-type]
        yield f"{name} ({licence})"


def _shown(part: Part) -> str:
    return f"{part.name} {part.version}".rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/licences", description="Write docs/licences.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is behind")
    options = parser.parse_args()
    try:
        text = page()
    except UnknownLicence as error:
        print(f"error: a licence that nobody has read: {error}", file=sys.stderr)
        return 1
    if options.check:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("error: docs/licences.md is behind\nhint: scripts/licences", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
