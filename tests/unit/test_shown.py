"""The box of which replies were shown: what it must not tell, and what it must not hide."""

import secrets

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from dropbox.models import ItemId, new_item_id
from dropbox.shown import MOST_REPLIES, Shown, note_shown, open_shown, seal_shown, short_id

KEY, OTHER = PrivateKey.generate(), PrivateKey.generate()


def items(count: int) -> list[ItemId]:
    return [new_item_id() for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, MOST_REPLIES])
def test_what_is_sealed_is_opened_again(count: int) -> None:
    here = items(count)
    shown = note_shown(Shown(hide=True), here, here)
    assert open_shown(seal_shown(shown, KEY), KEY) == shown
    assert shown.replies == {short_id(item) for item in here}


def test_no_size_tells_the_choice_or_how_many_were_read() -> None:
    boxes = [seal_shown(Shown(), KEY)]
    boxes += [seal_shown(note_shown(Shown(hide=True), here, here), KEY) for here in map(items, (0, 1, 50, 127, 300))]
    assert {len(box) for box in boxes} == {1064}
    assert len(set(boxes)) == len(boxes)


def test_the_same_choice_looks_new_each_time() -> None:
    assert seal_shown(Shown(), KEY) != seal_shown(Shown(), KEY)


def test_a_box_that_is_not_this_reporter_s_hides_nothing() -> None:
    here = items(3)
    box = seal_shown(note_shown(Shown(hide=True), here, here), KEY)
    cut, turned = box[:-1], box[:-1] + bytes([box[-1] ^ 1])
    for wrong in (None, b"", b"x", bytes(1064), secrets.token_bytes(1064), cut, turned):
        assert open_shown(wrong, KEY) == Shown()
    assert open_shown(box, OTHER) == Shown(), "another case's"


def test_who_knows_only_the_public_key_can_hide_nothing() -> None:
    plain = b"\1" + bytes(7) + secrets.token_bytes(8) + bytes(126 * 8)
    assert open_shown(SealedBox(PublicKey(bytes(KEY.public_key))).encrypt(plain), KEY) == Shown()


def test_a_deleted_reply_is_forgotten_and_one_of_another_case_never_noted() -> None:
    kept, deleted, new, foreign = items(4)
    before = note_shown(Shown(hide=True), [kept, deleted], [kept, deleted])
    after = note_shown(before, [kept, new], [new, foreign])
    assert after.replies == {short_id(kept), short_id(new)}


def test_what_finds_no_room_stays_in_sight_and_pushes_nothing_out() -> None:
    first, more = items(MOST_REPLIES - 1), items(5)
    before = note_shown(Shown(hide=True), first, first)
    after = note_shown(before, first + more, more)
    assert before.replies < after.replies
    assert len(after.replies) == MOST_REPLIES


def test_it_does_not_print_what_it_holds() -> None:
    (item,) = items(1)
    assert short_id(item) not in repr(note_shown(Shown(hide=True), [item], [item]))
