"""Keys and signatures in hostile hands: nothing is sealed for the wrong reader, no doubtful signature counts."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dropbox.errors import KeyUnavailable, NotForYou, SealError, SecretKeyFound, SignatureInvalid
from dropbox.gpg import Gpg, scan_keys
from dropbox.keyring import Keyring
from dropbox.models import DeskId, Fingerprint, Recipient
from tests.conftest import Members
from tests.factories import (
    export_public,
    export_secret,
    hang_key_under,
    make_desk,
    make_key,
    publish_keys,
    revoke_key,
    run_gpg,
)

DESK = DeskId("integrity")
NOW = datetime.now(UTC)
DATA = b"onion-dropbox answer 1\n{}\n"


def keyring_of(folder: Path, *fingerprints: Fingerprint) -> Keyring:
    return Keyring(folder / "keys", [make_desk(DESK, fingerprints)], folder / "gnupg")


def assert_nothing_is_sealed(keyring: Keyring, target: Path) -> None:
    def seal() -> None:
        gpg, recipients = keyring.recipients([DESK])
        gpg.seal(io.BytesIO(DATA), recipients, target)

    with pytest.raises(KeyUnavailable) as caught:
        seal()
    assert caught.value.name == DESK
    assert not target.exists()


def stamp(moment: datetime) -> tuple[str, ...]:
    """Make gpg believe that it is another time."""
    frozen = moment.strftime("%Y%m%dT%H%M%S!")
    return ("--faked-system-time", frozen, "--ignore-time-conflict", "--ignore-valid-from")


def sign(home: Path, signer: str, *arguments: str, data: bytes = DATA) -> bytes:
    return run_gpg(home, "-u", signer, "--armor", *arguments, "--detach-sign", data=data)


def assert_refused(gpg: Gpg, signature: bytes, *allowed: Fingerprint) -> None:
    with pytest.raises(SignatureInvalid):
        gpg.verify_detached(DATA, signature, allowed)


# --- keys/ --------------------------------------------------------------------------------------------------------


def test_a_missing_key_seals_nothing(members: Members, tmp_path: Path) -> None:
    publish_keys(members.home, tmp_path / "keys", [members.anna])
    assert_nothing_is_sealed(keyring_of(tmp_path, members.anna, members.bram), tmp_path / "item")


def test_an_expired_key_seals_nothing(members: Members, key_home: Path, tmp_path: Path) -> None:
    expired = make_key(key_home, "expired", expires="1d", at=NOW - timedelta(days=3))
    publish_keys(members.home, tmp_path / "keys", [members.anna])
    publish_keys(key_home, tmp_path / "keys", [expired])
    assert_nothing_is_sealed(keyring_of(tmp_path, members.anna, expired), tmp_path / "item")


def test_a_key_that_expired_earlier_today_seals_nothing(key_home: Path, tmp_path: Path) -> None:
    """Sealing runs with this day's first second as gpg's clock; the real time is checked by us."""
    expired = make_key(key_home, "expired", expires="seconds=3600", at=NOW - timedelta(seconds=3700))
    publish_keys(key_home, tmp_path / "keys", [expired])
    assert_nothing_is_sealed(keyring_of(tmp_path, expired), tmp_path / "item")
    gpg = Gpg(tmp_path / "direct")
    gpg.import_keys(export_public(key_home, expired))
    with pytest.raises(SealError):
        gpg.seal_bytes(DATA, [Recipient(expired)])


def test_a_key_revoked_while_the_drop_runs_seals_nothing_more(key_home: Path, tmp_path: Path) -> None:
    anna = make_key(key_home, "anna")
    publish_keys(key_home, tmp_path / "keys", [anna])
    keyring = keyring_of(tmp_path, anna)
    gpg, recipients = keyring.recipients([DESK])
    assert gpg.seal_bytes(DATA, recipients)
    revoke_key(key_home, anna)
    (tmp_path / "keys" / "revoked.asc").write_bytes(export_public(key_home, anna))
    assert_nothing_is_sealed(keyring, tmp_path / "item")


def test_a_key_swapped_under_the_same_name_seals_nothing(members: Members, key_home: Path, tmp_path: Path) -> None:
    publish_keys(members.home, tmp_path / "keys", [members.anna])
    keyring = keyring_of(tmp_path, members.anna)
    keyring.recipients([DESK])
    impostor = make_key(key_home, "anna")
    (tmp_path / "keys" / f"{members.anna}.asc").write_bytes(export_public(key_home, impostor))
    assert_nothing_is_sealed(keyring, tmp_path / "item")


def test_an_impostor_beside_the_true_key_reads_nothing(members: Members, key_home: Path, tmp_path: Path) -> None:
    """Same name and address, one file with both keys: so both are imported."""
    impostor = make_key(key_home, "anna")
    (tmp_path / "keys").mkdir()
    both = export_public(key_home, impostor) + export_public(members.home, members.anna)
    (tmp_path / "keys" / "anna.asc").write_bytes(both)
    gpg, recipients = keyring_of(tmp_path, members.anna).recipients([DESK])
    sealed = gpg.seal_bytes(DATA, recipients)
    assert members.gpg.unseal_bytes(sealed, 100) == DATA
    with pytest.raises(NotForYou):
        Gpg(key_home, agent=True).unseal_bytes(sealed, 100)


def test_a_member_with_anothers_key_hung_under_their_own_reads_nothing(key_home: Path, tmp_path: Path) -> None:
    """A fingerprint is found among subkeys, too: then gpg would take mallet's newer encryption subkey for anna's."""
    made = NOW - timedelta(days=1)
    anna, mallet = make_key(key_home, "anna", at=made), make_key(key_home, "mallet", at=made, encrypt=False)
    annas = export_public(key_home, anna)
    signature = sign(key_home, anna)
    hang_key_under(key_home, anna, mallet, made)
    run_gpg(key_home, "--quick-add-key", mallet, "cv25519", "encr", "0")
    gpg = Gpg(tmp_path / "gpg")
    gpg.import_keys(annas)
    mallets = export_public(key_home, mallet)
    gpg.import_keys(mallets)
    assert anna in [part.fingerprint for part in gpg.known()[mallet].subkeys]
    sealed = gpg.seal_bytes(DATA, [Recipient(anna, hidden=False)])
    part = gpg.known()[anna].encryption_part
    assert part is not None
    assert f"keyid {part.fingerprint[-16:]}".encode() in run_gpg(key_home, "--list-packets", data=sealed)
    assert [key.fingerprint for key in scan_keys(gpg.export_key(anna))] == [anna]
    assert gpg.verify_detached(DATA, signature, [anna, mallet]) == anna
    (tmp_path / "keys").mkdir()
    for name, data in (("1-mallet", mallets), ("2-anna", annas)):
        (tmp_path / "keys" / name).write_bytes(data)
    keyring = keyring_of(tmp_path, anna)
    assert [each.fingerprint for each in keyring.recipients([DESK])[1]] == [anna]
    assert keyring.strangers() == ("1-mallet",)
    both = keyring_of(tmp_path, anna, mallet)
    assert_nothing_is_sealed(both, tmp_path / "item")
    assert {each.fingerprint: each.problem for each in both.report()} == {anna: None, mallet: "missing"}


def test_a_secret_key_in_the_folder_refuses_and_seals_nothing(members: Members, tmp_path: Path) -> None:
    publish_keys(members.home, tmp_path / "keys", [members.anna, members.bram])
    keyring = keyring_of(tmp_path, members.anna, members.bram)
    keyring.recipients([DESK])
    (tmp_path / "keys" / "backup.txt").write_bytes(export_secret(members.home, members.bram))
    with pytest.raises(SecretKeyFound):
        keyring.refuse_secret_keys()
    assert_nothing_is_sealed(keyring, tmp_path / "item")
    for home in (tmp_path / "gnupg").iterdir():
        assert not list(home.glob("private-keys-v1.d/*"))


# --- signatures ---------------------------------------------------------------------------------------------------


@pytest.fixture
def judge(members: Members, tmp_path: Path) -> Gpg:
    """A home that knows anna's and bram's public keys."""
    gpg = Gpg(tmp_path / "judge")
    for fingerprint in (members.anna, members.bram):
        gpg.import_keys(export_public(members.home, fingerprint))
    return gpg


def test_two_signatures_in_one_file_are_refused(members: Members, judge: Gpg) -> None:
    both = run_gpg(members.home, "-u", members.anna, "-u", members.bram, "--armor", "--detach-sign", data=DATA)
    assert_refused(judge, both, members.anna, members.bram)
    one = sign(members.home, members.anna)
    assert_refused(judge, one + sign(members.home, members.bram), members.anna, members.bram)
    assert_refused(judge, one + one, members.anna)


def test_an_expired_keys_signature_is_refused_though_gpg_ends_well(key_home: Path, tmp_path: Path) -> None:
    expired = make_key(key_home, "expired", expires="2d", at=NOW - timedelta(days=5))
    signed_at = NOW - timedelta(days=4)
    signature = sign(key_home, expired, *stamp(signed_at))
    gpg = Gpg(tmp_path / "judge")
    gpg.import_keys(export_public(key_home, expired))
    assert_refused(gpg, signature, expired)
    assert gpg.verify_detached(DATA, signature, [expired], at=signed_at.date()) == expired
    with pytest.raises(SignatureInvalid):
        gpg.verify_detached(DATA, signature, [expired], at=(NOW - timedelta(days=1)).date())


def test_a_revoked_keys_signature_is_refused_whatever_the_day(key_home: Path, tmp_path: Path) -> None:
    revoked = make_key(key_home, "revoked", at=NOW - timedelta(days=9))
    signature = sign(key_home, revoked, *stamp(NOW - timedelta(days=8)))
    gpg = Gpg(tmp_path / "judge")
    gpg.import_keys(export_public(key_home, revoked))
    assert gpg.verify_detached(DATA, signature, [revoked]) == revoked
    revoke_key(key_home, revoked)
    gpg.import_keys(export_public(key_home, revoked))
    assert_refused(gpg, signature, revoked)
    with pytest.raises(SignatureInvalid):
        gpg.verify_detached(DATA, signature, [revoked], at=(NOW - timedelta(days=8)).date())


def test_a_key_made_on_the_day_itself_verifies_as_of_that_day(members: Members, judge: Gpg) -> None:
    signature = sign(members.home, members.anna)
    assert judge.verify_detached(DATA, signature, [members.anna], at=datetime.now(UTC).date()) == members.anna


def test_a_signature_from_later_than_the_day_is_refused(members: Members, judge: Gpg) -> None:
    signature = sign(members.home, members.anna)
    with pytest.raises(SignatureInvalid):
        judge.verify_detached(DATA, signature, [members.anna], at=(NOW - timedelta(days=2)).date())


@pytest.mark.parametrize("digest", ["SHA1", "RIPEMD160", "SHA224"])
def test_a_weak_digest_is_refused(digest: str, members: Members, judge: Gpg) -> None:
    assert_refused(judge, sign(members.home, members.anna, "--digest-algo", digest), members.anna)


def test_a_subkey_of_a_stranger_is_refused(members: Members, key_home: Path, judge: Gpg) -> None:
    stranger = make_key(key_home, "stranger")
    run_gpg(key_home, "--quick-add-key", stranger, "ed25519", "sign", "0")
    judge.import_keys(export_public(key_home, stranger))
    signature = sign(key_home, stranger)
    assert_refused(judge, signature, members.anna)
    assert judge.verify_detached(DATA, signature, [stranger]) == stranger
    (subkey,) = [part for part in judge.known()[stranger].subkeys if "s" in part.abilities]
    assert_refused(judge, signature, subkey.fingerprint)


def test_an_unknown_key_is_refused(members: Members, key_home: Path, judge: Gpg) -> None:
    stranger = make_key(key_home, "stranger")
    assert_refused(judge, sign(key_home, stranger), stranger, members.anna)


def test_what_is_not_a_detached_signature_is_refused(members: Members, judge: Gpg) -> None:
    by_anna = ("-u", members.anna)
    for command in (["--armor", "--sign"], ["--clear-sign"], ["--detach-sign"], ["--sign"]):
        assert_refused(judge, run_gpg(members.home, *by_anna, *command, data=DATA), members.anna)
    assert_refused(judge, sign(members.home, members.anna, "--textmode"), members.anna)
    assert_refused(judge, export_public(members.home, members.anna), members.anna)
    for nothing in (b"", b"\n", b"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"):
        assert_refused(judge, nothing, members.anna)


def test_anything_around_a_signature_is_refused(members: Members, judge: Gpg) -> None:
    good = sign(members.home, members.anna)
    head, _, body = good.partition(b"\n")
    variants = [
        b"x\n" + good,
        good + b"x",
        good + b"\n",
        head + b"\nComment: trust me\n" + body,
        good.replace(b"=", b"!", 1),
        good[:-40],
        good + bytes(10_000),
    ]
    for variant in variants:
        assert_refused(judge, variant, members.anna)
    assert judge.verify_detached(DATA, good, [members.anna]) == members.anna
    assert judge.verify_detached(DATA, good.replace(b"\n", b"\r\n"), [members.anna]) == members.anna


def test_an_expired_signature_is_refused(members: Members, judge: Gpg) -> None:
    made = stamp(NOW - timedelta(days=3))
    signature = sign(members.home, members.anna, *made, "--default-sig-expire", "1d")
    assert_refused(judge, signature, members.anna)
