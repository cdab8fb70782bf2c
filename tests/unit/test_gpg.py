"""GnuPG as the drop uses it: real processes, real keys. What must not be believed, lost, leaked or left behind."""

import io
import logging
import os
import signal
import stat
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dropbox.errors import (
    GpgError,
    NotForYou,
    SealError,
    SecretKeyFound,
    SignatureInvalid,
    TargetExists,
    TargetUnusable,
    UnsealError,
)
from dropbox.gpg import Gpg, count_recipients, scan_keys
from dropbox.gpg.process import Source
from dropbox.models import Fingerprint, Recipient, today
from tests.conftest import Members
from tests.factories import end_agents, export_public, export_secret, make_key, new_home, revoke_key, run_gpg

NOW = datetime.now(UTC)
CANARY = b"zonnebloem-7719"


class Endless:
    """A source of so many bytes that does something when half of them are read."""

    def __init__(self, size: int, halfway: Callable[[], None] | None = None) -> None:
        self._left = size
        self._half = size // 2
        self._halfway = halfway

    def read(self, size: int, /) -> bytes:
        if self._halfway is not None and self._left <= self._half:
            action, self._halfway = self._halfway, None
            action()
        block = min(size, self._left)
        self._left -= block
        return bytes(block)


@pytest.fixture(scope="session")
def public(members: Members, tmp_path_factory: pytest.TempPathFactory) -> Gpg:
    """A home as the server has it: the three members' public keys."""
    gpg = Gpg(tmp_path_factory.mktemp("public") / "home")
    for fingerprint in (members.anna, members.bram, members.cora):
        gpg.import_keys(export_public(members.home, fingerprint))
    return gpg


def everybody(members: Members) -> list[Recipient]:
    return [Recipient(members.anna), Recipient(members.bram), Recipient(members.cora)]


def seal_by_hand(members: Members, data: bytes, *arguments: str) -> bytes:
    return run_gpg(members.home, "--trust-model", "always", "-r", members.anna, *arguments, "-e", data=data)


def literal(members: Members, data: bytes) -> bytes:
    return run_gpg(members.home, "--compress-algo", "none", "--store", data=data)


def gpg_children() -> list[int]:
    """Return the pids of our gpg processes, zombies included."""
    found = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(os.getpid())], capture_output=True, check=True)
    return [int(line.split()[0]) for line in found.stdout.decode().splitlines() if line.split()[1].startswith("gpg")]


# --- sealing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 3_000_001])
def test_sealed_bytes_of_no_size_are_changed(size: int, members: Members, public: Gpg, tmp_path: Path) -> None:
    data = os.urandom(size)
    public.seal(io.BytesIO(data), everybody(members), tmp_path / "item.pgp")
    assert members.gpg.unseal_bytes((tmp_path / "item.pgp").read_bytes(), size) == data
    with members.gpg.unseal(tmp_path / "item.pgp") as stream:
        assert stream.read() == data


def test_sealed_file_is_nobody_elses_and_names_nobody(members: Members, public: Gpg, tmp_path: Path) -> None:
    target = tmp_path / "item.pgp"
    public.seal(io.BytesIO(b"x"), everybody(members), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert count_recipients(target) == 3
    listed = run_gpg(members.home, "--list-packets", data=target.read_bytes()).decode()
    assert listed.count("keyid 0000000000000000") == 3
    assert "mdc_method: 2" in listed
    assert "compressed" not in listed
    assert 'name=""' in listed


def test_sealed_message_does_not_tell_the_time_of_day(members: Members, public: Gpg) -> None:
    before = today()
    listed = run_gpg(members.home, "--list-packets", data=public.seal_bytes(b"x", everybody(members))).decode()
    made = datetime.fromtimestamp(int(listed.split("created ")[1].split(",")[0]), UTC)
    assert made.time().isoformat() == "00:00:00"
    assert before <= made.date() <= today()


def test_a_shown_recipient_is_not_hidden_and_a_hidden_one_not_shown(members: Members, public: Gpg) -> None:
    sealed = public.seal_bytes(b"x", [Recipient(members.anna, hidden=False), Recipient(members.bram)])
    listed = run_gpg(members.home, "--list-packets", data=sealed).decode()
    subkey = public.known()[members.anna].subkeys[0]
    assert f"keyid {subkey.fingerprint[-16:]}" in listed
    assert listed.count("keyid 0000000000000000") == 1


def test_sealing_to_nobody_or_an_unknown_key_leaves_no_file(members: Members, public: Gpg, tmp_path: Path) -> None:
    for recipients in ([], [Recipient(members.anna), Recipient(Fingerprint("A" * 40))]):
        with pytest.raises(SealError):
            public.seal(io.BytesIO(b"x"), recipients, tmp_path / "item.pgp")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_never_overwritten(members: Members, public: Gpg, tmp_path: Path) -> None:
    target = tmp_path / "item.pgp"
    target.write_bytes(b"older")
    with pytest.raises(TargetExists):
        public.seal(io.BytesIO(b"x"), everybody(members), target)
    assert target.read_bytes() == b"older"
    with pytest.raises(TargetUnusable):
        public.seal(io.BytesIO(b"x"), everybody(members), tmp_path / "nowhere" / "item.pgp")


@pytest.mark.parametrize("failure", [LookupError(CANARY.decode()), KeyboardInterrupt()])
def test_a_failing_source_leaves_no_file_no_process_and_no_thread(
    failure: BaseException, members: Members, public: Gpg, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise failure

    threads = threading.active_count()
    with caplog.at_level(logging.DEBUG), pytest.raises(type(failure)) as caught:
        public.seal(Endless(4_000_000, fail), everybody(members), tmp_path / "item.pgp")
    assert caught.value is failure
    assert list(tmp_path.iterdir()) == []
    assert gpg_children() == []
    assert threading.active_count() == threads
    assert caplog.records == []


def test_a_gpg_that_dies_midway_leaves_no_file(members: Members, public: Gpg, tmp_path: Path) -> None:
    def kill() -> None:
        (pid,) = gpg_children()
        os.kill(pid, signal.SIGKILL)

    threads = threading.active_count()
    with pytest.raises(SealError) as caught:
        public.seal(Endless(20_000_000, kill), everybody(members), tmp_path / "item.pgp")
    assert str(caught.value) == SealError.message
    assert caught.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []
    assert gpg_children() == []
    assert threading.active_count() == threads


def test_a_source_that_fails_after_gpg_died_is_still_waited_for(members: Members, public: Gpg, tmp_path: Path) -> None:
    failure = LookupError()

    def kill_then_fail() -> None:
        (pid,) = gpg_children()
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.15)
        raise failure

    threads = threading.active_count()
    with pytest.raises(LookupError):
        public.seal(Endless(4_000_000, kill_then_fail), everybody(members), tmp_path / "item.pgp")
    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_file(
    members: Members, public: Gpg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "item.pgp"

    def open_full(path: Path | str, flags: int, mode: int = 0o777) -> int:
        opened = real_open(path, flags, mode)
        if path != target:
            return opened
        os.close(opened)
        return real_open("/dev/full", os.O_WRONLY)

    real_open = os.open
    with monkeypatch.context() as patched:
        patched.setattr("dropbox.gpg.sealing.os.open", open_full)
        with pytest.raises(SealError):
            public.seal(Endless(1_000_000), everybody(members), target)
    assert not target.exists()


def test_sealing_much_does_not_take_much_memory(members: Members, public: Gpg, tmp_path: Path) -> None:
    public.seal_bytes(b"warm", everybody(members))
    tracemalloc.start()
    try:
        public.seal(Endless(30_000_000), everybody(members), tmp_path / "item.pgp")
        with members.gpg.unseal(tmp_path / "item.pgp") as stream:
            while stream.read(65_536):
                pass
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_nothing_of_a_message_or_a_path_is_logged(
    members: Members, public: Gpg, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("gnupg").setLevel(logging.DEBUG)
        sealed = public.seal_bytes(CANARY, everybody(members))
        members.gpg.unseal_bytes(sealed, 100)
        with pytest.raises(SignatureInvalid):
            public.verify_detached(CANARY, CANARY, [members.anna])
        with pytest.raises(GpgError):
            public.import_keys(CANARY)
    assert caplog.records == []


def test_sealing_at_once_in_many_threads_mixes_nothing_up(members: Members, public: Gpg, tmp_path: Path) -> None:
    def seal(number: int) -> None:
        public.seal(io.BytesIO(bytes([number]) * 300_000), everybody(members), tmp_path / f"{number}.pgp")

    threads = [threading.Thread(target=seal, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        sealed = (tmp_path / f"{number}.pgp").read_bytes()
        assert members.gpg.unseal_bytes(sealed, 300_000) == bytes([number]) * 300_000


# --- unsealing ----------------------------------------------------------------------------------------------------


def test_each_recipient_can_unseal_with_any_number_of_own_keys(members: Members, public: Gpg) -> None:
    for fingerprint in (members.anna, members.bram, members.cora):
        sealed = public.seal_bytes(CANARY, [Recipient(fingerprint)])
        assert Gpg(members.home, agent=True, secret_key=fingerprint).unseal_bytes(sealed, 100) == CANARY
        assert members.gpg.unseal_bytes(sealed, 100) == CANARY


@pytest.mark.parametrize("hidden", [True, False])
def test_an_item_for_others_is_not_for_you(hidden: bool, members: Members, key_home: Path) -> None:
    stranger = make_key(key_home, "stranger")
    sealed = Gpg(key_home, agent=True).seal_bytes(CANARY, [Recipient(stranger, hidden)])
    with pytest.raises(NotForYou):
        members.gpg.unseal_bytes(sealed, 100)


def test_a_key_whose_passphrase_is_refused_is_not_called_somebody_elses(key_home: Path) -> None:
    (key_home / "gpg-agent.conf").write_text("pinentry-program /bin/false\ns2k-count 65536\n")
    locked = ("--passphrase", "geheim")
    run_gpg(key_home, *locked, "--quick-generate-key", "anna", "ed25519", "sign", "0")
    gpg = Gpg(key_home, agent=True)
    (anna,) = gpg.known()
    run_gpg(key_home, *locked, "--quick-add-key", anna, "cv25519", "encr", "0")
    end_agents(key_home)
    sealed = gpg.seal_bytes(CANARY, [Recipient(anna, hidden=False)])
    with pytest.raises(UnsealError) as caught:
        gpg.unseal_bytes(sealed, 100)
    assert not isinstance(caught.value, NotForYou)


@pytest.mark.parametrize("where", [0.02, 0.3, 0.7, 0.999])
def test_a_changed_byte_is_noticed_before_the_plaintext_is_believed(
    where: float, members: Members, public: Gpg
) -> None:
    sealed = bytearray(public.seal_bytes(bytes(200_000), [Recipient(members.anna)]))
    sealed[int(len(sealed) * where)] ^= 1
    with pytest.raises(UnsealError):
        members.gpg.unseal_bytes(bytes(sealed), 200_000)


@pytest.mark.parametrize("cut", [1, 22, 100, 150_000])
def test_a_truncated_message_is_noticed(cut: int, members: Members, public: Gpg) -> None:
    sealed = public.seal_bytes(bytes(200_000), [Recipient(members.anna)])
    with pytest.raises(UnsealError):
        members.gpg.unseal_bytes(sealed[:-cut], 200_000)


def test_the_end_of_a_bad_stream_raises_each_time(members: Members, public: Gpg) -> None:
    sealed = public.seal_bytes(bytes(200_000), [Recipient(members.anna)])[:-30]
    with members.gpg.unseal(sealed) as stream:
        for _ in range(2):
            with pytest.raises(UnsealError):
                stream.read()


def test_a_reader_that_stops_leaves_no_process(members: Members, public: Gpg) -> None:
    sealed = public.seal_bytes(bytes(5_000_000), [Recipient(members.anna)])
    with members.gpg.unseal(sealed) as stream:
        assert stream.read(10) == bytes(10)
    assert gpg_children() == []


def test_hostile_messages_are_refused(members: Members, public: Gpg) -> None:
    good = public.seal_bytes(CANARY, [Recipient(members.anna)])
    two = literal(members, CANARY) + literal(members, CANARY)
    hostile = {
        "two texts in one seal": seal_by_hand(members, two, "--no-literal"),
        "two messages": good + good,
        "trailing garbage": good + b"garbage",
        "a passphrase beside the keys": seal_by_hand(
            members, CANARY, "--passphrase", "x", "--s2k-count", "65536", "-c"
        ),
        "a passphrase only": run_gpg(members.home, "--passphrase", "x", "--s2k-count", "65536", "-c", data=CANARY),
        "signed inside": seal_by_hand(members, CANARY, "-s", "-u", members.bram),
        "signed only": run_gpg(members.home, "-u", members.anna, "-s", data=CANARY),
        "armoured": seal_by_hand(members, CANARY, "--armor"),
        "not sealed": literal(members, CANARY),
        "nothing": b"",
        "noise": os.urandom(500),
    }
    for name, message in hostile.items():
        with pytest.raises(UnsealError):
            pytest.fail(f"{name}: {members.gpg.unseal_bytes(message, 1000)!r}")


def test_a_compressed_bomb_is_not_unpacked_beyond_the_limit(members: Members) -> None:
    bomb = seal_by_hand(members, bytes(60_000_000), "--compress-algo", "zlib")
    assert len(bomb) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(UnsealError):
            members.gpg.unseal_bytes(bomb, 1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert gpg_children() == []


# --- signatures ---------------------------------------------------------------------------------------------------


def test_a_signature_over_other_bytes_or_by_another_member_is_refused(members: Members, public: Gpg) -> None:
    signature = members.gpg.sign_detached(CANARY, members.bram)
    assert public.verify_detached(CANARY, signature, [members.anna, members.bram]) == members.bram
    for data, allowed in ((CANARY + b"\n", [members.bram]), (b"", [members.bram]), (CANARY, [members.anna])):
        with pytest.raises(SignatureInvalid):
            public.verify_detached(data, signature, allowed)


def test_no_other_key_signs_in_place_of_a_missing_one(members: Members) -> None:
    with pytest.raises(GpgError):
        members.gpg.sign_detached(CANARY, Fingerprint("A" * 40))


@pytest.mark.parametrize(("hours", "good"), [(-500, True), (1, True), (23, True), (25, False)])
def test_a_clock_more_than_a_day_ahead_is_not_believed(hours: int, good: bool, members: Members, public: Gpg) -> None:
    made = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y%m%dT%H%M%S!")
    arguments = ("--faked-system-time", made, "--ignore-time-conflict", "--ignore-valid-from")
    signature = run_gpg(members.home, *arguments, "-u", members.anna, "--armor", "-b", data=CANARY)
    if good:
        assert public.verify_detached(CANARY, signature, [members.anna]) == members.anna
    else:
        with pytest.raises(SignatureInvalid):
            public.verify_detached(CANARY, signature, [members.anna])


def test_a_casebook_by_another_or_by_nobody_is_refused(members: Members) -> None:
    gpg = members.gpg
    own = gpg.seal_signed_bytes(CANARY, members.anna)
    assert gpg.unseal_signed_bytes(own, members.anna, 100) == CANARY
    others = seal_by_hand(members, CANARY, "--compress-algo", "none", "-s", "-u", members.bram)
    unsigned = gpg.seal_bytes(CANARY, [Recipient(members.anna)])
    for message in (others, unsigned):
        with pytest.raises(SignatureInvalid):
            gpg.unseal_signed_bytes(message, members.anna, 100)
    with pytest.raises(UnsealError):
        gpg.unseal_signed_bytes(own[:-3], members.anna, 100)


def test_an_expired_key_does_not_lock_its_owner_out_of_the_casebook(key_home: Path) -> None:
    anna = make_key(key_home, "anna", expires="1d", at=NOW - timedelta(days=3))
    then = (NOW - timedelta(days=2, hours=12)).strftime("%Y%m%dT%H%M%S!")
    command = ("--faked-system-time", then, "--trust-model", "always", "-r", anna, "-u", anna, "-s", "-e")
    casebook = run_gpg(key_home, *command, data=CANARY)
    assert Gpg(key_home, agent=True).unseal_signed_bytes(casebook, anna, 100) == CANARY


# --- what was stated on one day and signed on another -----------------------------------------------------------------


def signed_on(home: Path, signer: Fingerprint, when: datetime) -> bytes:
    clock = ("--faked-system-time", when.strftime("%Y%m%dT%H%M%S!"), "--digest-algo", "SHA512")
    return run_gpg(home, *clock, "--local-user", signer, "--armor", "--detach-sign", data=CANARY)


def days_ago(number: int) -> date:
    return (NOW - timedelta(days=number)).date()


def test_a_statement_may_be_signed_weeks_after_its_day(key_home: Path) -> None:
    anna = make_key(key_home, "anna", at=NOW - timedelta(days=90))
    signature = signed_on(key_home, anna, NOW - timedelta(days=5))
    gpg = Gpg(key_home)
    assert gpg.verify_stated(CANARY, signature, [anna], days_ago(40)) == anna
    with pytest.raises(SignatureInvalid):
        gpg.verify_detached(CANARY, signature, [anna], days_ago(40))


def test_a_statement_stays_good_when_its_signers_key_has_expired_since(key_home: Path) -> None:
    anna = make_key(key_home, "anna", expires="30d", at=NOW - timedelta(days=90))
    signature = signed_on(key_home, anna, NOW - timedelta(days=75))
    assert Gpg(key_home).verify_stated(CANARY, signature, [anna], days_ago(80)) == anna


def test_a_key_that_had_expired_on_the_day_or_when_it_signed_states_nothing(key_home: Path, tmp_path: Path) -> None:
    anna = make_key(key_home, "anna", expires="30d", at=NOW - timedelta(days=90))
    reader = Gpg(tmp_path / "reader")
    reader.import_keys(export_public(key_home, anna))
    # whoever holds the secret key can let it last longer; who reads has the key that the drop sent
    run_gpg(key_home, "--quick-set-expire", anna, "0")
    early, late = (signed_on(key_home, anna, NOW - timedelta(days=ago)) for ago in (80, 5))
    assert reader.verify_stated(CANARY, early, [anna], days_ago(85)) == anna
    for signature, day in ((early, days_ago(40)), (late, days_ago(85)), (late, days_ago(10))):
        with pytest.raises(SignatureInvalid):
            reader.verify_stated(CANARY, signature, [anna], day)


def test_nobody_else_a_revoked_key_or_the_day_after_tomorrow_states_anything(members: Members, key_home: Path) -> None:
    anna = make_key(key_home, "anna", at=NOW - timedelta(days=90))
    gpg = Gpg(key_home)
    good = signed_on(key_home, anna, NOW - timedelta(days=5))
    for signature, allowed in ((signed_on(key_home, anna, NOW + timedelta(days=3)), anna), (good, members.bram)):
        with pytest.raises(SignatureInvalid):
            gpg.verify_stated(CANARY, signature, [allowed], days_ago(40))
    revoke_key(key_home, anna)
    with pytest.raises(SignatureInvalid):
        gpg.verify_stated(CANARY, good, [anna], days_ago(40))


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_keys_end_is_that_of_whatever_stops_first(key_home: Path) -> None:
    whole = make_key(key_home, "whole", expires="2d")
    subkey = make_key(key_home, "subkey", encrypt=False)
    run_gpg(key_home, "--quick-add-key", subkey, "cv25519", "encr", "5d")
    newer = make_key(key_home, "newer", expires="9d", at=NOW - timedelta(days=1))
    run_gpg(key_home, "--quick-add-key", newer, "cv25519", "encr", "3d")
    signing = make_key(key_home, "signing", encrypt=False)
    keys = Gpg(key_home).known()
    days = {name: keys[name].expires and (keys[name].expires - today()).days for name in keys}  # type: ignore[operator]
    assert days[whole] in (2, 3)
    assert days[subkey] in (5, 6)
    assert days[newer] in (3, 4)
    assert days[signing] is None
    assert not keys[signing].can_encrypt
    assert keys[signing].can_sign


def test_expired_and_revoked_keys_are_not_called_usable(key_home: Path) -> None:
    expired = make_key(key_home, "expired", expires="1d", at=NOW - timedelta(days=3))
    revoked = make_key(key_home, "revoked")
    revoke_key(key_home, revoked)
    half = make_key(key_home, "half", encrypt=False)
    clock = ("--faked-system-time", (NOW - timedelta(days=3)).strftime("%Y%m%dT%H%M%S!"), "--ignore-time-conflict")
    run_gpg(key_home, *clock, "--ignore-valid-from", "--quick-add-key", half, "cv25519", "encr", "1d")
    keys = Gpg(key_home).known()
    assert (keys[expired].expired, keys[expired].revoked) == (True, False)
    assert (keys[revoked].expired, keys[revoked].revoked) == (False, True)
    assert (keys[half].expired, keys[half].can_sign) == (True, True)
    for key in keys.values():
        assert not key.can_encrypt
        with pytest.raises(SealError):
            Gpg(key_home).seal_bytes(CANARY, [Recipient(key.fingerprint)])


def test_secret_keys_are_never_imported(members: Members, key_home: Path, tmp_path: Path) -> None:
    secret = export_secret(members.home, members.anna)
    binary = run_gpg(members.home, "--export-secret-keys", members.anna)
    mixed = export_public(members.home, members.bram) + secret
    gpg = Gpg(tmp_path / "home")
    for data in (secret, binary, mixed):
        with pytest.raises(SecretKeyFound):
            gpg.import_keys(data)
        with pytest.raises(SecretKeyFound):
            scan_keys(data)
    assert gpg.keys() == ()


def test_a_scanned_key_is_not_imported_and_an_expired_one_is_seen(members: Members, key_home: Path) -> None:
    old = make_key(key_home, "old", expires="1d", at=NOW - timedelta(days=3))
    both = export_public(members.home, members.anna) + export_public(key_home, old)
    assert {key.fingerprint for key in scan_keys(both)} == {members.anna, old}
    assert scan_keys(b"no key at all") == ()


def test_an_exported_key_is_the_one_asked_for_and_nothing_else(members: Members, public: Gpg, tmp_path: Path) -> None:
    exported = public.export_key(members.bram)
    assert [key.fingerprint for key in scan_keys(exported)] == [members.bram]
    assert Gpg(tmp_path / "new").import_keys(exported) == (members.bram,)
    with pytest.raises(GpgError):
        public.export_key(Fingerprint("A" * 40))


def test_a_new_home_is_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert Gpg(home).keys() == ()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_user_ids_are_read_as_they_were_written(key_home: Path) -> None:
    make_key(key_home, "Zoë: \\x3a % ü")
    (key,) = Gpg(key_home).keys()
    assert key.uids[0].startswith("Zoë: \\x3a % ü <")


@pytest.mark.parametrize("head", [b"", b"\x84", b"\x84\x5e\x03", b"\xd2\x10abc", b"\x00" * 50, b"\x84\x02ab" * 300])
def test_strange_packets_are_not_counted_as_recipients(head: bytes, tmp_path: Path) -> None:
    (tmp_path / "item").write_bytes(head)
    with pytest.raises(UnsealError):
        count_recipients(tmp_path / "item")


def test_a_source_needs_only_read(members: Members, public: Gpg, tmp_path: Path) -> None:
    source: Source = Endless(10)
    public.seal(source, [Recipient(members.anna)], tmp_path / "item.pgp")
    assert members.gpg.unseal_bytes((tmp_path / "item.pgp").read_bytes(), 10) == bytes(10)
    assert new_home(tmp_path).is_dir()
