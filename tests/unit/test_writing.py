"""Writings: what an investigator answered reaches the reporter and the desks whole, signed, or not at all."""

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from dropbox import reply_box, writing
from dropbox.envelope import MAX_TEXT_BYTES, Attachment, verify_place
from dropbox.errors import (
    EnvelopeError,
    FileUnreadable,
    InvalidValue,
    ReplyBoxError,
    SealError,
    SignatureInvalid,
    TargetExists,
    TargetUnusable,
    TooLarge,
)
from dropbox.models import Fingerprint, Kind, Plaintext, Recipient
from tests.conftest import Members
from tests.envelopes import DROP, ITEM, Case, writing_header

CASE = Case()


def write(
    target: Path, members: Members, files: tuple[Path | writing.HeldFile, ...] = (), **changes: Any
) -> bytes | None:
    author = changes.pop("author", members.anna)
    signer = changes.pop("signer", author)
    readers = [Recipient(reader) for reader in (members.anna, members.bram)]
    kind = changes.get("kind", Kind.REPLY)
    return writing.write(
        target,
        writing_header(CASE, author=author, **changes),
        Plaintext("We have read it, ünd thank you."),
        files,
        sign=lambda data: members.gpg.sign_detached(data, signer),
        seal_lock=lambda key: members.gpg.seal_bytes(key, readers),
        reply_public=None if kind is Kind.NOTE else CASE.reply_public,
    )


def desk_key(path: Path, members: Members) -> bytes:
    with path.open("rb") as stream:
        return members.gpg.unseal_bytes(reply_box.read_container(stream).desk_lock, 1024)


class Author:
    """Verifies as the server and the workstation do."""

    def __init__(self, members: Members, *allowed: Fingerprint) -> None:
        self._members, self._allowed = members, allowed

    def __call__(self, signed: bytes, signature: bytes) -> Fingerprint:
        return self._members.gpg.verify_detached(signed, signature, self._allowed)


def files(folder: Path) -> tuple[Path, ...]:
    contents = {"advice.pdf": b"%PDF" * 40_000, "empty.txt": b"", "a\x1b[2J\u202e.odt": b"x"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in contents)


def test_the_reporter_and_the_desks_open_the_same_reply(tmp_path: Path, members: Members) -> None:
    target = tmp_path / "item.reply"
    lock = write(target, members, files(tmp_path))
    assert lock is not None
    key = reply_box.unlock(lock, CASE.reply_key)
    assert key == desk_key(target, members)
    envelope = writing.open_writing(target, key, Author(members, members.anna, members.bram))
    verify_place(envelope, drop=DROP, case=CASE.id, item=ITEM)
    assert envelope.message.reveal() == "We have read it, ünd thank you."
    assert envelope.header.author == members.anna
    assert [(a.path, a.name) for a in envelope.index.attachments] == [
        ("attachments/0001.pdf", "advice.pdf"),
        ("attachments/0002.txt", "empty.txt"),
        ("attachments/0003.odt", "a\x1b[2J\u202e.odt"),
    ]


def test_attachments_come_out_as_they_went_in(tmp_path: Path, members: Members) -> None:
    target, kept = tmp_path / "item.reply", {}
    sources = files(tmp_path)
    write(target, members, sources)
    key = desk_key(target, members)
    envelope = writing.open_writing(target, key, Author(members, members.anna))

    @contextmanager
    def sink(attachment: Attachment) -> Iterator[BinaryIO]:
        memory = io.BytesIO()
        yield memory
        kept[attachment.path] = memory.getvalue()

    writing.extract_writing(target, key, envelope, sink)
    assert list(kept.values()) == [source.read_bytes() for source in sources]
    for attachment, source in zip(envelope.index.attachments, sources, strict=True):
        assert b"".join(writing.writing_attachment(target, key, envelope, attachment)) == source.read_bytes()


def test_a_file_in_memory_is_attached_like_one_on_disk(tmp_path: Path, members: Members) -> None:
    content = b"%PDF" * 40_000
    held = (writing.HeldFile("advice.pdf", content), writing.HeldFile("empty.txt", b""))
    target = tmp_path / "item.reply"
    write(target, members, held)
    key = desk_key(target, members)
    envelope = writing.open_writing(target, key, Author(members, members.anna))
    attachments = envelope.index.attachments
    (first, _) = attachments
    assert (first.name, first.media_type, first.size) == ("advice.pdf", "application/pdf", len(content))
    assert b"".join(writing.writing_attachment(target, key, envelope, first)) == content
    assert [each.name for each in tmp_path.iterdir()] == ["item.reply"]
    assert "%PDF" not in repr(held)


def test_files_in_memory_that_are_too_large_together_are_refused(tmp_path: Path) -> None:
    half = writing.HeldFile("half", bytes(writing.MAX_ATTACHMENTS_BYTES // 2 + 1))
    with pytest.raises(TooLarge):
        quick(tmp_path / "item.reply", (half, half))
    assert list(tmp_path.iterdir()) == []


def test_a_note_has_no_lock_for_the_reporter(tmp_path: Path, members: Members) -> None:
    target = tmp_path / "item.reply"
    assert write(target, members, kind=Kind.NOTE) is None
    envelope = writing.open_writing(target, desk_key(target, members), Author(members, members.anna))
    assert envelope.header.kind is Kind.NOTE


@pytest.mark.parametrize(
    ("kind", "public"), [(Kind.NOTE, CASE.reply_public), (Kind.REPLY, None)], ids=["note", "reply"]
)
def test_a_note_for_the_reporter_or_a_reply_for_nobody_is_not_written(
    tmp_path: Path, kind: Kind, public: bytes | None
) -> None:
    with pytest.raises(InvalidValue):
        writing.write(
            tmp_path / "item.reply",
            writing_header(CASE, kind=kind),
            Plaintext("x"),
            (),
            sign=lambda _: b"x",
            seal_lock=lambda _: b"x",
            reply_public=public,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_reply_in_anothers_name_is_refused(tmp_path: Path, members: Members) -> None:
    target = tmp_path / "item.reply"
    write(target, members, author=members.bram, signer=members.anna)
    with pytest.raises(SignatureInvalid):
        writing.open_writing(target, desk_key(target, members), Author(members, members.anna, members.bram))


def test_a_reply_by_nobody_on_the_roster_is_refused(tmp_path: Path, members: Members) -> None:
    target = tmp_path / "item.reply"
    write(target, members, author=members.cora)
    with pytest.raises(SignatureInvalid):
        writing.open_writing(target, desk_key(target, members), Author(members, members.anna, members.bram))


def test_a_reply_does_not_pass_as_a_note_nor_a_note_as_a_reply(tmp_path: Path, members: Members) -> None:
    target = tmp_path / "item.reply"
    write(target, members)
    seen: list[bytes] = []

    def verify(signed: bytes, signature: bytes) -> Fingerprint:
        seen.append(signed)
        as_note = signed.replace(b"onion-dropbox reply 1\n", b"onion-dropbox note 1\n")
        assert as_note != signed
        with pytest.raises(SignatureInvalid):
            members.gpg.verify_detached(as_note, signature, [members.anna])
        return members.gpg.verify_detached(signed, signature, [members.anna])

    assert writing.open_writing(target, desk_key(target, members), verify)
    assert len(seen) == 1


def test_a_reply_without_text_or_files_is_as_large_as_one_with_the_longest_text(
    tmp_path: Path, members: Members
) -> None:
    sizes = set()
    for number, text in enumerate(["", "x" * MAX_TEXT_BYTES]):
        target = tmp_path / f"{number}.reply"
        writing.write(
            target,
            writing_header(CASE, author=members.anna),
            Plaintext(text),
            (),
            sign=lambda data: members.gpg.sign_detached(data, members.anna),
            seal_lock=lambda _: bytes(500),
            reply_public=CASE.reply_public,
        )
        sizes.add(target.stat().st_size)
    assert len(sizes) == 1


def quick(target: Path, sources: tuple[Path | writing.HeldFile, ...] = (), **changes: Any) -> bytes | None:
    callbacks: dict[str, Any] = {"sign": lambda _: b"by nobody", "seal_lock": lambda _: b"a lock"}
    return writing.write(
        target, writing_header(CASE), Plaintext("x"), sources, reply_public=CASE.reply_public, **(callbacks | changes)
    )


def key_of(lock: bytes | None) -> bytes:
    assert lock is not None
    return reply_box.unlock(lock, CASE.reply_key)


def trusting(_signed: bytes, _signature: bytes) -> Fingerprint:
    return writing_header(CASE).author or Fingerprint("")


def test_the_container_is_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "item.reply"
    quick(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_existing_target_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "item.reply"
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists):
        quick(target)
    assert target.read_bytes() == b"precious"


def test_a_target_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "item.reply"
    target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TargetExists):
        quick(target)
    assert not (tmp_path / "elsewhere").exists()


def test_a_target_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetUnusable):
        quick(tmp_path / "nowhere" / "item.reply")


def failing(_data: bytes) -> bytes:
    raise SealError


@pytest.mark.parametrize("callback", ["sign", "seal_lock"])
def test_nothing_is_left_when_gpg_fails(tmp_path: Path, callback: str) -> None:
    changes: dict[str, Any] = {callback: failing}
    with pytest.raises(SealError):
        quick(tmp_path / "item.reply", **changes)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TargetUnusable):
        quick(tmp_path / "item.reply")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("missing", "pipe", "folder"):
        with pytest.raises(FileUnreadable):
            quick(tmp_path / "item.reply", (tmp_path / name,))
        assert not (tmp_path / "item.reply").exists()


def sized(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_attachments_of_25_mib_together_go_through_and_a_byte_more_does_not(tmp_path: Path) -> None:
    half = writing.MAX_ATTACHMENTS_BYTES // 2
    sources = (sized(tmp_path / "a", half), sized(tmp_path / "b", writing.MAX_ATTACHMENTS_BYTES - half))
    key = key_of(quick(tmp_path / "item.reply", sources))
    assert writing.open_writing(tmp_path / "item.reply", key, trusting)
    with pytest.raises(TooLarge):
        quick(tmp_path / "other.reply", (*sources, sized(tmp_path / "c", 1)))
    assert not (tmp_path / "other.reply").exists()


def test_a_text_that_is_too_long_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        writing.write(
            tmp_path / "item.reply",
            writing_header(CASE),
            Plaintext("x" * (MAX_TEXT_BYTES + 1)),
            (),
            sign=lambda _: b"x",
            seal_lock=lambda _: b"x",
            reply_public=CASE.reply_public,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_larger_writing_than_allowed_is_not_read(tmp_path: Path) -> None:
    key = key_of(quick(tmp_path / "item.reply"))
    with pytest.raises(EnvelopeError):
        writing.open_writing(tmp_path / "item.reply", key, trusting, max_bytes=65_535)


def test_a_damaged_container_gives_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "item.reply"
    key = key_of(quick(path))
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]):
        path.write_bytes(damaged)
        with pytest.raises(ReplyBoxError):
            writing.open_writing(path, key, trusting)


def test_each_writing_has_a_key_of_its_own(tmp_path: Path) -> None:
    assert key_of(quick(tmp_path / "a.reply")) != key_of(quick(tmp_path / "b.reply"))
