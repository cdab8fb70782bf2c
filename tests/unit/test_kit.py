"""The checker on the offline machine starts nothing that the operator did not sign, and says why in two languages."""

import gettext
import hashlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scripts import kit, kit_wheels
from scripts.kit_files import checking, starting
from tests import factories, kits
from tests.conftest import Members
from tests.kits import SmallKit, Started

A_LIST = f"{'0' * 64}  a\n{'1' * 64}  b/c\n"


@pytest.fixture
def small(short_dir: Path, members: Members) -> SmallKit:
    return kits.make(short_dir, members.home, members.anna)


def assert_refused(started: Started, dutch: str, english: str) -> None:
    """It says why in both languages, and what to do, and nothing was started."""
    assert started.code == 1
    assert started.out == ""
    assert f"fout: {dutch}" in started.err
    assert f"error: {english}" in started.err
    assert "Traceback" not in started.err


def test_a_signed_kit_is_not_refused_and_gets_its_arguments(small: SmallKit) -> None:
    done = small.trusted("cases", "--json")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert said["arguments"] == ["dropbox-workstation", "cases", "--json"]
    assert json.loads(small.start().out)["arguments"] == ["dropbox-workstation", "open"]
    assert small.start("seven").code == 7


def test_the_online_machine_gets_the_couriers_command_and_no_warning_of_its_network(small: SmallKit) -> None:
    done = small.trusted("courier", "key", "--json")
    assert json.loads(done.out)["arguments"] == ["dropbox-courier", "key", "--json"]
    assert "network" not in done.err


def test_nothing_but_the_kit_and_pythons_own_library_can_be_imported(small: SmallKit, tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text("WORD = 'planted'\n")
    done = small.trusted("x", environment={"PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "shown.py")})
    said = json.loads(done.out)
    assert said["shown"] == "first"
    assert said["path"][0] == str(small.program)
    assert not [path for path in said["path"][1:] if "-packages" in path or not path.startswith("/usr/lib")]


def test_nothing_is_written_into_the_kit_or_readable_for_others(small: SmallKit) -> None:
    before = sorted(small.folder.rglob("*"))
    small.trusted("x")
    assert sorted(small.folder.rglob("*")) == before
    made = list(small.kits.rglob("*"))
    assert made
    assert not [path for path in (small.kits, *made) if path.stat().st_mode & 0o077]
    assert not list(small.kits.rglob("*.pyc"))


def test_a_file_that_is_not_on_the_list_is_not_overlooked(small: SmallKit) -> None:
    (small.folder / "wheels" / "extra.whl").touch()
    assert_refused(
        small.trusted(), "dit hoort niet in de kit: wheels/extra.whl", "this does not belong in the kit: wheels/extra"
    )


def test_a_missing_file_is_not_overlooked(small: SmallKit) -> None:
    (small.folder / "wheels" / kits.SHOWN_WHEEL).unlink()
    assert_refused(
        small.trusted(), f"dit ontbreekt in de kit: wheels/{kits.SHOWN_WHEEL}", "this is missing from the kit"
    )


@pytest.mark.parametrize("name", ["kit.json", f"wheels/{kits.OWN}", "verify_and_start/starting.py"])
def test_a_changed_file_is_not_started(small: SmallKit, name: str) -> None:
    with (small.folder / name).open("ab") as file:
        file.write(b"\n")
    assert_refused(small.trusted(), f"dit is veranderd: {name}", f"this has changed: {name}")


def test_a_link_in_the_place_of_a_file_is_not_followed(small: SmallKit, tmp_path: Path) -> None:
    wheel = small.folder / "wheels" / kits.SHOWN_WHEEL
    wheel.rename(tmp_path / "elsewhere")
    wheel.symlink_to(tmp_path / "elsewhere")
    assert_refused(small.trusted(), "dit hoort niet in de kit", "this does not belong in the kit")


def test_names_of_stray_files_do_not_reach_the_terminal_as_they_are(small: SmallKit) -> None:
    (small.folder / "a\x1b[2J\u202e\n").touch()
    started = small.trusted()
    assert "a\\x1b[2J\\u202e\\n" in started.err
    assert "\x1b" not in started.err


def test_a_changed_list_is_not_believed(small: SmallKit) -> None:
    with (small.folder / checking.LIST).open("a") as file:
        file.write(f"{'0' * 64}  zzz\n")
    assert_refused(small.trusted(), "de handtekening onder de lijst klopt niet", "the signature under the list is")


@pytest.mark.parametrize("name", sorted(checking.UNLISTED))
def test_a_kit_without_a_signature_is_not_started(small: SmallKit, name: str) -> None:
    (small.folder / name).unlink()
    assert_refused(small.trusted(), f"{name} ontbreekt", f"{name} is missing")


def test_another_key_beside_the_list_is_not_taken_for_the_operators(small: SmallKit, members: Members) -> None:
    small.trusted("x")
    small.sign(signer=members.bram)
    assert_refused(small.start(), "dit is niet de sleutel van wie u vertrouwt", "this is not the key of whom you trust")


def test_a_fingerprint_that_is_not_the_one_told_is_not_accepted(small: SmallKit, members: Members) -> None:
    assert_refused(
        small.start("--signer", members.bram), "dit is niet de sleutel van wie u", "this is not the key of whom you"
    )
    assert not (small.kits / "signer.json").exists()


def test_a_new_operators_key_is_not_refused_once_their_fingerprint_was_told(small: SmallKit, members: Members) -> None:
    small.trusted("x")
    small.sign(signer=members.bram)
    grouped = re.sub("(....)", r"\1 ", members.bram.lower())
    assert small.start("--signer", grouped, "x").code == 0
    assert small.start("x").code == 0


def test_nobody_is_trusted_without_being_asked_for(small: SmallKit, members: Members) -> None:
    started = small.start("x")
    assert_refused(started, "nog niemand heeft deze vingerafdruk", "nobody has compared this fingerprint")
    assert checking.in_groups(members.anna) in started.err


@pytest.mark.parametrize(("answer", "code"), [("ja", 0), ("YES", 0), ("j", 1), ("", 1), ("nee", 1)])
def test_only_a_whole_word_accepts_a_fingerprint(small: SmallKit, answer: str, code: int) -> None:
    controller, terminal = pty.openpty()
    os.write(controller, f"{answer}\n".encode())
    command = ["sh", str(small.folder / "verify-and-start"), "--check"]
    done = subprocess.run(command, stdin=terminal, capture_output=True, check=False, env={"HOME": str(small.home)})
    os.close(controller)
    os.close(terminal)
    assert done.returncode == code
    assert (small.kits / "signer.json").exists() is (code == 0)


def test_a_kit_is_not_locked_out_on_the_day_its_operators_key_expires(small: SmallKit, short_dir: Path) -> None:
    home = factories.new_home(short_dir, "operator")
    then = datetime.now(UTC) - timedelta(days=30)
    operator = factories.make_key(home, "operator", expires="20d", at=then, encrypt=False)
    small.sign(home, operator, "--faked-system-time", (then + timedelta(days=1)).strftime("%Y%m%dT%H%M%S!"))
    refused = small.start("--signer", operator, "x")
    assert_refused(refused, "de sleutel waarmee deze kit is ondertekend, is verlopen", "the key that signed this kit")
    accepted = hashlib.sha256((small.folder / checking.LIST).read_bytes()).hexdigest()
    (small.kits / "signer.json").write_text(json.dumps({"signer": operator, "lists": [accepted]}))
    assert small.start("x").code == 0, "this very kit was accepted while the key was good"


def test_a_revoked_key_signs_nothing_any_more(small: SmallKit, short_dir: Path) -> None:
    home = factories.new_home(short_dir, "operator")
    operator = factories.make_key(home, "operator", encrypt=False)
    small.sign(home, operator)
    factories.revoke_key(home, operator)
    (small.folder / checking.SIGNER).write_bytes(factories.export_public(home, operator))
    assert_refused(small.start("--signer", operator), "de handtekening", "the signature")


def test_two_signatures_are_not_taken_for_one(small: SmallKit, members: Members) -> None:
    first = factories.run_gpg(members.home, "-u", members.anna, "-b", "-o", "-", str(small.folder / checking.LIST))
    second = factories.run_gpg(members.home, "-u", members.bram, "-b", "-o", "-", str(small.folder / checking.LIST))
    both = factories.export_public(members.home, members.anna) + factories.export_public(members.home, members.bram)
    (small.folder / checking.SIGNER).write_bytes(both)
    (small.folder / checking.SIGNATURE).write_bytes(second + first)
    assert_refused(small.trusted(), "de handtekening", "the signature")


def test_a_weak_hash_under_the_list_is_not_enough(small: SmallKit) -> None:
    small.sign_list(None, "", "--digest-algo", "RIPEMD160")
    assert_refused(small.trusted(), "de handtekening", "the signature")


def test_a_kit_from_the_future_is_not_started_by_a_wrong_clock(small: SmallKit) -> None:
    listed = (small.folder / checking.LIST).read_bytes()
    signature = checking.Signature(small.signer, int(time.time()) + 3 * 86400, expired=False)
    made = checking.Kit(small.folder, checking.parse_list(listed), "0" * 64, signature)
    with pytest.raises(checking.Refusal, match="clock is behind"):
        checking.trust(made, small.signer, small.home / "signer.json")


@pytest.mark.parametrize(
    "listed",
    [
        A_LIST[:-1],
        A_LIST + A_LIST,
        "".join(reversed(A_LIST.splitlines(keepends=True))),
        f"{'0' * 64}  ../a\n",
        f"{'0' * 64}  /a\n",
        f"{'0' * 64} *a\n",
        f"{'0' * 63}  a\n",
        f"{'0' * 64}  a//b\n",
        f"{'0' * 64}  {checking.SIGNER}\n",
        f"{'0' * 64}  \u00e9\n",
    ],
)
def test_no_list_but_a_plain_one_is_read(listed: str) -> None:
    assert len(checking.parse_list(A_LIST.encode())) == 2
    with pytest.raises(checking.Refusal, match="cannot be read"):
        checking.parse_list(listed.encode())


def test_an_unpacked_program_that_was_changed_is_not_run(small: SmallKit) -> None:
    small.trusted("x")
    for change in ("change", "add", "remove"):
        main = small.program / "dropbox/workstation/main.py"
        if change == "change":
            main.write_text("def main(): print('planted')\n")
        elif change == "add":
            (small.program / "json.py").write_text("planted\n")
        else:
            (small.program / "shown.py").unlink()
        started = small.start("x")
        assert json.loads(started.out)["shown"] == "first", started.err
        assert "warning: the unpacked program had changed" in started.err
        assert "let op: het uitgepakte programma was veranderd" in started.err
        assert "changed" not in small.start("x").err


def test_an_unpacking_that_was_cut_off_does_no_harm(small: SmallKit) -> None:
    small.trusted("--check")
    (small.kits / "unpacking" / "dropbox").mkdir(parents=True)
    (small.kits / "unpacking" / "dropbox" / "half").touch()
    assert small.start("x").code == 0
    assert not (small.kits / "unpacking").exists()
    assert not list(small.program.rglob("half"))


def test_a_new_kit_does_not_run_the_old_ones_program(small: SmallKit) -> None:
    small.trusted("x")
    kits.write_wheel(small, kits.SHOWN_WHEEL, {"shown.py": "WORD = 'second'\n"})
    small.sign()
    assert json.loads(small.start("x").out)["shown"] == "second"


@pytest.mark.parametrize("path", ["../out.py", "/tmp/out.py", "a/../../out.py", "a\\..\\out.py"])
def test_a_wheel_cannot_write_outside(small: SmallKit, path: str) -> None:
    kits.write_wheel(small, kits.SHOWN_WHEEL, {"shown.py": "", path: "planted"})
    small.sign()
    assert_refused(small.trusted("x"), "dit pad deugt niet", "this path is no good")
    assert not list(small.home.rglob("out.py"))


def test_two_wheels_cannot_claim_one_path(small: SmallKit) -> None:
    kits.write_wheel(small, kits.SHOWN_WHEEL, {"shown.py": "", "dropbox/workstation/main.py": "planted"})
    small.sign()
    assert_refused(small.trusted("x"), "dit pad deugt niet", "this path is no good")


@pytest.mark.parametrize("about", [{"glibc": [2, 17], "wheels": {}}, {"glibc": [9, 0]}])
def test_a_kit_for_another_machine_is_not_started(small: SmallKit, about: dict[str, object]) -> None:
    table = json.loads((small.folder / "kit.json").read_text())
    (small.folder / "kit.json").write_text(json.dumps(table | about))
    small.sign()
    assert_refused(small.trusted("x"), "deze kit heeft niets voor deze machine", "this kit has nothing for this mach")


def programs(folder: Path, *without: str) -> str:
    """Return a PATH with the programs that the checker uses, but for some."""
    folder.mkdir()
    for name in {"sh", "gpg", "dirname", "python3", "gpg-agent", "pinentry", "bwrap", "pdftoppm"} - set(without):
        found = next((path for path in (Path("/usr/bin") / name, Path("/bin") / name) if path.exists()), None)
        (folder / name).symlink_to(found or "/bin/true")
    return str(folder)


def test_a_machine_without_gpg_is_told_which_package(small: SmallKit, tmp_path: Path) -> None:
    started = small.trusted(environment={"PATH": programs(tmp_path / "bin", "gpg")})
    assert_refused(started, "gpg ontbreekt", "gpg is missing")
    assert "gnupg" in started.err


def test_what_only_limits_the_view_does_not_stop_the_work(small: SmallKit, tmp_path: Path) -> None:
    started = small.trusted("x", environment={"PATH": programs(tmp_path / "bin", "bwrap", "pdftoppm")})
    assert started.code == 0
    assert "warning: Debian packages are missing: bubblewrap, poppler-utils." in started.err
    assert "let op: Debian-pakketten ontbreken: bubblewrap, poppler-utils." in started.err


def test_a_python_that_is_too_old_is_not_tried(small: SmallKit, tmp_path: Path) -> None:
    script = (small.folder / "verify-and-start").read_text().replace("/usr/bin/python3 python3 ", "python3 ")
    (small.folder / "verify-and-start").write_text(script)
    small.sign()
    path = programs(tmp_path / "bin", "python3")
    old = tmp_path / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    started = small.trusted(environment={"PATH": path})
    assert_refused(started, "er is geen Python 3.11, 3.12 of 3.13", "there is no Python 3.11, 3.12 or 3.13")


def test_a_machine_on_a_network_is_not_left_unsaid(tmp_path: Path) -> None:
    assert not starting.is_on_a_network(tmp_path)
    (tmp_path / "route").write_text("Iface\tDestination\n")
    (tmp_path / "ipv6_route").write_text("0 00 0 00 0 0 0 0 00200200       lo\n")
    assert not starting.is_on_a_network(tmp_path)
    (tmp_path / "route").write_text("Iface\tDestination\nwlan0\t00000000\n")
    assert starting.is_on_a_network(tmp_path)


def test_tails_is_not_taken_for_a_machine_that_keeps_things(tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('NAME="Tails"\nID="tails"\nID_LIKE="debian"\n')
    assert checking.is_tails(tmp_path / "os-release")
    (tmp_path / "os-release").write_text("ID=debian\n")
    assert not checking.is_tails(tmp_path / "os-release")


def test_the_menu_does_not_start_anything_else(small: SmallKit) -> None:
    assert small.trusted("--menu").code == 0
    entry = (small.home / ".local/share/applications/onion-dropbox-workstation.desktop").read_text()
    assert f'Exec=sh "{small.folder}/verify-and-start" --wait\n' in entry
    command = small.home / ".local/bin/dropbox-workstation"
    environment = {"HOME": str(small.home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([command, "cases", "a b"], capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout)["arguments"] == ["dropbox-workstation", "cases", "a b"]


def test_a_refusal_in_a_window_does_not_vanish_with_it(small: SmallKit) -> None:
    (small.folder / "stray").touch()
    started = small.start("--wait", stdin="\n")
    assert_refused(started, "dit hoort niet in de kit", "this does not belong")
    assert started.err.rstrip().endswith("Press Enter to close this window.")


# -- what makes the kit


def making(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["kit", "--to", str(folder), *arguments])
    return kit.main()


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make kits without fetching or building a wheel."""

    def put(room: Path, _pairs: object) -> None:
        (room / "kit.json").write_text("{}")

    monkeypatch.setattr(kit, "put_wheels", put)


@pytest.mark.usefixtures("no_wheels")
def test_the_same_sources_do_not_make_other_bytes(tmp_path: Path) -> None:
    for name, mask in (("a", 0o022), ("b", 0o077)):
        before = os.umask(mask)
        kit.make_kit(kit.Order(tmp_path / name))
        os.umask(before)
    first, second = (next((tmp_path / name).glob("*.tar")).read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_compiled_catalogue_does_not_tell_when_it_was_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "nl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = kit_wheels.ROOT / "dropbox/translations/nl/LC_MESSAGES/workstation.po"
    (folder / "workstation.po").write_bytes(source.read_bytes())
    kit_wheels.compile_catalogue(folder / "workstation.po")
    compiled = (folder / "workstation.mo").read_bytes()
    assert set(re.findall(rb"[\w-]+-Date: (\d{4}-\d\d-\d\d \d\d:\d\d)", compiled)) <= {b"2020-01-01 00:00"}
    with (folder / "workstation.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Cases") == "Zaken"


@pytest.mark.usefixtures("no_wheels")
def test_nothing_is_overwritten_or_left_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert making(tmp_path, monkeypatch=monkeypatch) == 0
    assert "It is not signed" in capsys.readouterr().out
    before = sorted(tmp_path.rglob("*"))
    assert making(tmp_path, monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert making(tmp_path / "other", "--sign", "0" * 40, monkeypatch=monkeypatch) == 1
    assert sorted(tmp_path.rglob("*")) == [*before, tmp_path / "other"]


@pytest.mark.usefixtures("no_wheels")
def test_letters_and_keys_go_along_and_nothing_else_does(tmp_path: Path, members: Members) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "welcome.nl.txt").write_text("Dank u.", encoding="utf-8")
    public = tmp_path / "public"
    public.write_bytes(factories.export_public(members.home, members.bram))
    made = kit.make_kit(kit.Order(tmp_path / "kit", letters=letters, keys=[public]))
    assert (made / "letters/welcome.nl.txt").read_text(encoding="utf-8") == "Dank u."
    assert (made / f"keys/{members.bram}.asc").read_bytes() == public.read_bytes()
    assert f"keys/{members.bram}.asc" in checking.parse_list((made / checking.LIST).read_bytes())


@pytest.mark.parametrize("name", ["Welcome.nl.txt", "welcome.french.txt", "welcome.txt", ".hidden.nl.txt"])
def test_what_is_no_letter_does_not_go_along(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(kit_wheels.KitError, match="is no letter"):
        kit.put_letters(tmp_path / "to", tmp_path)


def test_a_secret_key_does_not_go_along(tmp_path: Path, members: Members) -> None:
    (tmp_path / "key").write_bytes(factories.export_secret(members.home, members.anna))
    with pytest.raises(kit_wheels.KitError, match="exactly one public key"):
        kit.put_key(tmp_path / "to", tmp_path / "key")
    assert not (tmp_path / "to").exists()


def test_no_wheel_needs_a_newer_glibc_than_debian_12_has() -> None:
    assert kit_wheels.oldest_glibc("a-1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl") == (2, 27)
    assert kit_wheels.oldest_glibc("a-1-cp311-cp311-manylinux2014_x86_64.whl") == (2, 17)
    assert kit_wheels.oldest_glibc("a-1-py3-none-any.whl") == (2, 0)


@pytest.mark.parametrize(
    "name", ["json.py", "hashlib/__init__.py", "verify_and_start.py", "verify_and_start/checking/__init__.py"]
)
def test_what_was_planted_beside_the_checker_is_not_run_before_it_is_found(small: SmallKit, name: str) -> None:
    """`sha256sum --check`, the check by hand, says nothing of files that are on no list."""
    (small.folder / name).parent.mkdir(exist_ok=True)
    (small.folder / name).write_text("print('planted')\n")
    assert_refused(small.trusted("x"), "dit hoort niet in de kit", "this does not belong in the kit")


@pytest.mark.parametrize("name", ["__init__", "checking", "starting"])
def test_a_compiled_file_beside_the_checker_is_not_run_in_its_place(small: SmallKit, tmp_path: Path, name: str) -> None:
    source = tmp_path / "planted.py"
    source.write_text("print('planted')\n")
    compiling = (
        "import py_compile, importlib.util, sys\n"
        "target = importlib.util.cache_from_source(sys.argv[2])\n"
        "mode = py_compile.PycInvalidationMode.UNCHECKED_HASH\n"
        "py_compile.compile(sys.argv[1], cfile=target, doraise=True, invalidation_mode=mode)\n"
    )
    place = small.folder / "verify_and_start" / f"{name}.py"
    subprocess.run(["/usr/bin/python3", "-I", "-c", compiling, source, place], check=True)
    assert_refused(small.trusted("x"), "dit hoort niet in de kit", "this does not belong in the kit")


def test_an_older_kit_is_not_slipped_into_the_place_of_a_newer_one(small: SmallKit) -> None:
    """What was mended since stands in the older one still, and its signature is as good as ever."""
    older = small.folder.with_name("older")
    shutil.copytree(small.folder, older)
    time.sleep(1.1)  # signatures count whole seconds
    (small.folder / "kit.json").write_text((small.folder / "kit.json").read_text() + " ")
    small.sign()
    assert small.trusted("x").code == 0
    put_back = replace(small, folder=older)
    assert_refused(put_back.start("x"), "deze kit is ouder", "this kit is older")
    assert put_back.trusted("x").code == 0, "unless the operator says so"
    assert put_back.start("x").code == small.start("x").code == 0
