"""The attack on the supply chain calls what is loose: a line unpinned, a hash missing, a licence nobody has read."""

import json
import os
from email.message import Message
from pathlib import Path

import pytest

from scripts import kit_wheels, licences, sbom
from scripts.licences import Piece, UnknownLicence
from tests.attacking.supply import building, pins

HASH = f"--hash=sha256:{'0' * 64}"
GOOD = f"""\
first==1.0 \\
    {HASH}
second==2.0 ; platform_machine == "x86_64" \\
    {HASH} \\
    {HASH}
    # via first
"""


def headers(**said: str) -> Message:
    message = Message()
    for name, value in {"Name": "shown", "Version": "1.0", **said}.items():
        message[name.replace("_", "-")] = value
    return message


def test_a_lock_as_it_should_be_is_not_called() -> None:
    assert pins.read_lock(GOOD) == pins.Lock(2, 3, ())


@pytest.mark.parametrize(
    "line",
    [
        f"third>=3.0 \\\n    {HASH}\n",
        f"third \\\n    {HASH}\n",
        "third==3.0\n",
        "third==3.0 \\\n    --hash=md5:00\n",
        "third @ https://example.org/third.whl\n",
        "git+https://example.org/third\n",
        "-e ./third\n",
        "--index-url https://example.org\n",
    ],
)
def test_no_loose_line_of_a_lock_is_overlooked(line: str) -> None:
    assert len(pins.read_lock(GOOD + line).bare) == 1
    assert len(pins.read_lock(line + GOOD).bare) == 1


def test_no_npm_package_without_an_integrity_is_overlooked() -> None:
    lock = {
        "": {},
        "node_modules/a": {"integrity": "sha512-x"},
        "node_modules/b": {},
        "node_modules/c": {"integrity": "sha1-x"},
    }
    assert pins.bare_npm(json.dumps({"packages": lock})) == ["node_modules/b", "node_modules/c"]


@pytest.mark.parametrize(
    "code",
    [
        '"${pip[@]}" -r lock.txt',
        ".venv/bin/pip install shown",
        "python -m pip --no-input -q install -r lock.txt",
        'kit_wheels.pip("install", "-r", str(lock))',
        'pip("download", "-r", str(LOCK))',
        "npm install axe-core",
    ],
)
def test_no_installation_without_hashes_is_overlooked(code: str) -> None:
    assert len(list(pins.unheld("script", f"begun\n{code}\n"))) == 1


def test_nothing_of_ours_installs_without_hashes() -> None:
    assert [place for each in pins.scripts() for place in pins.unheld(*each)] == []


def test_pip_takes_no_wheel_that_is_not_as_locked(tmp_path: Path) -> None:
    taken = pins.try_changed(tmp_path)
    assert taken.pop("as locked"), "the attempt itself must work"
    assert not any(taken.values())


@pytest.mark.parametrize(
    "said", [{}, {"License": "BSD"}, {"License": "SSPL-1.0"}, {"License_Expression": "MIT AND NoSuch"}]
)
def test_no_licence_that_nobody_has_read_passes(said: dict[str, str]) -> None:
    with pytest.raises(UnknownLicence):
        licences.piece_of(headers(**said), [])


def test_no_built_in_library_passes_without_a_licence() -> None:
    with pytest.raises(UnknownLicence):
        licences.piece_of(headers(License="MIT"), [{"components": [{"name": "libshown", "version": "1"}]}])


def test_one_side_of_an_or_is_not_refused() -> None:
    licences.verify_compatible([Piece("shown", "1", "NoSuch OR MIT"), Piece("shown", "1", "Apache-2.0 AND MIT")])
    with pytest.raises(UnknownLicence):
        licences.verify_compatible([Piece("shown", "1", "NoSuch AND MIT OR NoSuch")])


def test_the_page_of_licences_is_not_behind() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page()


def test_a_bill_of_materials_has_no_time_or_chance_and_leaves_nothing_out(tmp_path: Path) -> None:
    wheel = pins.write_wheel(tmp_path)
    with pytest.raises(UnknownLicence):
        sbom.of_wheels([wheel], sbom.Whole("shown", "1.0", 0))
    whole = sbom.Whole("shown", "1.0", 1_577_836_800, ("tor",))
    library = [sbom._library(Piece("carried", "1.0", "MIT"))]
    first, second = (json.loads(sbom._document(whole, list(library))) for _ in range(2))
    assert first == second
    assert first["metadata"]["timestamp"] == "2020-01-01T00:00:00Z"
    assert building.pieces(first) == {"carried@1.0"}
    assert building.without_licence(first) == []
    names = {component["name"] for component in first["components"]}
    assert {"tor", "EFF large word list", "DejaVu Sans"} <= names
    assert building.without_licence({"components": [{"name": "bare"}]}) == ["bare"]


def test_a_compiled_catalogue_does_not_carry_its_makers_umask(tmp_path: Path) -> None:
    catalogue = tmp_path / "nl" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8")
    before = os.umask(0o077)
    try:
        kit_wheels.compile_catalogue(catalogue)
    finally:
        os.umask(before)
    assert catalogue.with_suffix(".mo").stat().st_mode & 0o777 == 0o644
