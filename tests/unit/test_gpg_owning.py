"""A secret key of one's own: nothing happens without its passphrase, and the passphrase is seen nowhere."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dropbox.errors import CardMissing, GpgError, KeyOnCard, NoSecretKey, PassphraseRefused, PassphraseUnaskable
from dropbox.gpg import Gpg
from dropbox.gpg.process import Engine
from dropbox.models import Fingerprint, Passphrase
from tests import factories
from tests.ceremonies import PASSPHRASE, Newcomer, leave_stubs, newcomer, quick_home

WRONG = Passphrase("gravel sixpence umbrella tundri")
NOBODY = Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567")
USES: dict[str, Callable[[Newcomer, Passphrase | None], object]] = {
    "prove": lambda anna, secret: anna.gpg.prove(anna.key, secret),
    "revoke": lambda anna, secret: anna.gpg.revocation(anna.key, secret),
    "export": lambda anna, secret: anna.gpg.export_secret(anna.key, secret),
    "extend": lambda anna, secret: anna.gpg.extend_key(anna.key, 2, secret),
}


@pytest.fixture(scope="module")
def anna() -> Iterator[Newcomer]:
    with newcomer() as made:
        yield made


def test_a_new_key_is_no_other_than_gpgs_own_future_default(anna: Newcomer) -> None:
    key = anna.info
    assert (key.algorithm, [part.algorithm for part in key.subkeys]) == ("ed25519", ["cv25519"])
    assert key.uids == ("Anna de Wit",)
    assert key.expires is not None
    assert 729 <= (key.expires - datetime.now(UTC).date()).days <= 731
    assert key.can_work
    assert not key.on_card


@pytest.mark.parametrize("use", USES)
def test_nothing_is_done_with_a_wrong_passphrase(anna: Newcomer, use: str) -> None:
    anna.forget()
    with pytest.raises(PassphraseRefused):
        USES[use](anna, WRONG)


@pytest.mark.parametrize("use", USES)
def test_without_a_passphrase_and_without_a_window_nothing_hangs(anna: Newcomer, use: str) -> None:
    anna.forget()
    (anna.home / "gpg-agent.conf").write_text("s2k-count 65536\npinentry-program /bin/false\n")
    with pytest.raises(GpgError):
        USES[use](anna, None)


@pytest.mark.parametrize("use", USES)
def test_with_its_passphrase_a_key_is_not_refused(anna: Newcomer, use: str) -> None:
    anna.forget()
    USES[use](anna, PASSPHRASE)


@pytest.mark.parametrize("use", USES)
def test_a_passphrase_stands_in_no_argument_and_no_environment(
    anna: Newcomer, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    popen = Engine._popen

    def watched(self: Engine, command: list[str], *rest: Any, **more: Any) -> subprocess.Popen[bytes]:
        seen.append(" ".join([*command, str(self.env)]))
        return popen(self, command, *rest, **more)

    monkeypatch.setattr(Engine, "_popen", watched)
    USES[use](anna, PASSPHRASE)
    assert seen
    assert not any(PASSPHRASE.reveal() in each or "gravel" in each for each in seen)


def test_an_exported_key_is_not_without_its_passphrase(anna: Newcomer) -> None:
    exported = anna.gpg.export_secret(anna.key, PASSPHRASE)
    with factories.short_dir() as folder:
        other = Gpg(quick_home(folder), agent=True)
        assert other.import_secret(exported) == (anna.key,)
        with pytest.raises(PassphraseRefused):
            other.prove(anna.key, WRONG)
        other.prove(anna.key, PASSPHRASE)


def test_a_public_key_is_not_taken_for_a_secret_one(anna: Newcomer, key_home: Path) -> None:
    with pytest.raises(GpgError):
        Gpg(key_home, agent=True).import_secret(anna.gpg.export_key(anna.key))


def test_a_revocation_certificate_does_not_fail_on_the_day(anna: Newcomer, key_home: Path) -> None:
    certificate = anna.gpg.revocation(anna.key, PASSPHRASE)
    operator = Gpg(key_home)
    operator.import_keys(anna.gpg.export_key(anna.key))
    factories.run_gpg(key_home, "--import", data=certificate)
    assert operator.keys()[0].revoked
    assert not anna.info.revoked


def test_a_key_that_is_not_there_is_not_exported(anna: Newcomer) -> None:
    with pytest.raises(NoSecretKey):
        anna.gpg.export_secret(NOBODY, PASSPHRASE)


def test_a_key_on_a_card_is_not_passed_over_and_not_exported() -> None:
    with newcomer() as ben:
        leave_stubs(ben.home, ben.key)
        assert ben.info.on_card
        assert ben.info.can_work
        with pytest.raises(KeyOnCard):
            ben.gpg.export_secret(ben.key, None)
        for use in ("prove", "revoke", "extend"):
            with pytest.raises(CardMissing):
                USES[use](ben, None)


def test_a_key_whose_secret_half_is_nowhere_is_not_usable() -> None:
    with newcomer() as ben:
        ben.forget()
        for half in (ben.home / "private-keys-v1.d").iterdir():
            if b"Curve25519" in half.read_bytes():
                half.unlink()
        assert not ben.info.can_work
        assert ben.info.can_encrypt


def test_an_agent_that_nobody_can_ask_is_told_so(anna: Newcomer) -> None:
    anna.forget()
    (anna.home / "gpg-agent.conf").write_text("pinentry-program /bin/false\n")
    with pytest.raises(PassphraseUnaskable):
        anna.gpg.revocation(anna.key, None)
