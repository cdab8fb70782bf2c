"""The bill of materials (CycloneDX 1.6, JSON) that lies in the package and in the kit: what they are made of.

Written from what was really put there, not from what was asked for. The same contents make the same bytes: no moment
but the one that is given, no number drawn by chance.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts.licences import DATA, OURS, PLAIN_DATA, Part, Piece, installed, piece_of, verify_compatible

NAME = "sbom.cdx.json"
_OWN = re.compile(r"^onion[-_.]dropbox$", re.IGNORECASE)


@dataclass(frozen=True)
class Whole:
    """What the list is of: "onion-dropbox" or the kit. `moment`: of the commit, in seconds. `debian`: what it needs."""

    name: str
    version: str
    moment: int
    debian: tuple[str, ...] = ()


def of_site(site: Path, whole: Whole) -> bytes:
    """Return the list of a folder of installed packages. Raises UnknownLicence."""
    names = sorted({str(each.metadata["Name"]) for each in metadata.distributions(path=[str(site)])})
    pieces = [installed(name, [str(site)]) for name in names if not _OWN.match(name)]
    verify_compatible(pieces)
    return _document(whole, [_library(piece) for piece in pieces])


def of_wheels(wheels: Iterable[Path], whole: Whole) -> bytes:
    """Return the list of a folder of wheels, each with its hash. Raises UnknownLicence."""
    found = []
    for wheel in sorted(wheels):
        if _OWN.match(wheel.name.split("-")[0]):
            continue
        piece = _piece_of_wheel(wheel)
        verify_compatible([piece])
        found.append(_library(piece) | _as_file(wheel, piece))
    return _document(whole, found)


def _piece_of_wheel(wheel: Path) -> Piece:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        headers = next(name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        lists = [name for name in names if re.fullmatch(r"[^/]+\.dist-info/sboms/[^/]+\.json", name)]
        return piece_of(message_from_bytes(archive.read(headers)), [json.loads(archive.read(name)) for name in lists])


def _as_file(wheel: Path, piece: Piece) -> dict[str, Any]:
    ref = f"{_purl(piece)}?file_name={quote(wheel.name)}"
    return {"bom-ref": ref, "purl": ref, "hashes": [_hash(wheel.read_bytes())]}


def _document(whole: Whole, libraries: list[dict[str, Any]]) -> bytes:
    components = sorted([*libraries, *_data(), *map(_debian, whole.debian)], key=lambda part: str(part["bom-ref"]))
    for component in components:  # a part's name may stand in two wheels: a reference names one place
        for part in component.get("components", ()):
            part["bom-ref"] = f"{component['bom-ref']}#{part['name']}@{part.get('version', '')}"
    own = f"pkg:generic/{whole.name}@{whole.version}"
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{datetime.fromtimestamp(whole.moment, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": whole.name,
                "version": whole.version,
                "licenses": [{"license": {"id": OURS}}],
            },
        },
        "components": components,
        "dependencies": [
            {"ref": own, "dependsOn": [str(each["bom-ref"]) for each in components]},
        ],
    }
    body = json.dumps(document, sort_keys=True).encode()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256(body).hexdigest())}"
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode("ascii")


def _library(piece: Piece) -> dict[str, Any]:
    library: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(piece),
        "purl": _purl(piece),
        "name": piece.name,
        "version": piece.version,
        "licenses": _licences(piece.licence),
    }
    if piece.parts:
        library["components"] = [_part(part) for part in piece.parts]
    return library


def _part(part: Part) -> dict[str, Any]:
    version = {"version": part.version} if part.version else {}
    return {"type": "library", "name": part.name, "licenses": _licences(part.licence), **version}


def _data() -> Iterable[dict[str, Any]]:
    for name, version, licence, file, source in PLAIN_DATA:
        yield {
            "type": "data",
            "bom-ref": f"dropbox/data/{file}",
            "name": name,
            "version": version,
            "licenses": _licences(licence),
            "hashes": [_hash((DATA / file).read_bytes())],
            "externalReferences": [{"type": "website", "url": source}],
        }


def _debian(package: str) -> dict[str, Any]:
    purl = f"pkg:deb/debian/{package}"
    return {"type": "application", "bom-ref": purl, "purl": purl, "name": package, "scope": "excluded"}


def _purl(piece: Piece) -> str:
    return f"pkg:pypi/{piece.name}@{quote(piece.version, safe='')}"


def _licences(expression: str) -> list[dict[str, Any]]:
    if re.search(r"\s(?:AND|OR)\s", expression):
        return [{"expression": expression}]
    return [{"license": {"id": expression}}]


def _hash(data: bytes) -> dict[str, str]:
    return {"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}


def debian_needs(control: str) -> tuple[str, ...]:
    """Return the names of the Debian packages that a control file asks for or recommends, each once."""
    lines = re.findall(r"^(?:Depends|Recommends): (.*)$", control, re.MULTILINE)
    return tuple(sorted({part.split()[0] for line in lines for part in line.split(",")}))
