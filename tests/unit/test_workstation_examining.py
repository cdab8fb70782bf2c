"""A submission's place among those of its case: what does not fit is named, in whatever order the items came."""

from dataclasses import replace

import pytest

from dropbox.models import ItemId
from dropbox.workstation.casebook import Casebook, Detail, ItemRecord, detail_of
from dropbox.workstation.examining import out_of_chain
from tests.casebooks import casebook, submission

NEW = ItemId("e" * 32)


def fault(book: Casebook, number: int, **changes: object) -> str:
    """Examine one more submission with this number, as `casebooks` links them but for the changes."""
    model = submission(casebook(), number)
    detail: Detail = replace(detail_of(model), **changes)  # type: ignore[arg-type]  # dataclasses checks names
    record: ItemRecord = replace(model, item=NEW)
    found = out_of_chain(book, record, detail)
    return found.english if found else ""


@pytest.mark.parametrize("there", [(), (1,), (1, 2), (4, 5), (1, 2, 4, 5), (5, 1)])
def test_a_submission_in_its_place_is_not_refused_whatever_is_missing(there: tuple[int, ...]) -> None:
    book = casebook()
    for number in there:
        submission(book, number)
    assert fault(book, 3) == ""


def test_a_beginning_is_not_believed_of_a_later_number_nor_the_other_way_round() -> None:
    assert fault(casebook(), 1, previous="a" * 64)
    assert fault(casebook(), 2, previous=None)


def test_another_past_is_refused() -> None:
    book = casebook()
    submission(book, 2)
    assert fault(book, 3, previous="a" * 64)


def test_a_second_item_with_one_number_is_refused() -> None:
    book = casebook()
    submission(book, 3)
    assert fault(book, 3, index_sha256="a" * 64)


def test_what_a_later_one_was_not_built_on_is_refused() -> None:
    book = casebook()
    submission(book, 4)
    assert fault(book, 3, index_sha256="a" * 64) == "what follows it does not follow it"


def test_an_item_that_is_examined_again_is_not_its_own_rival() -> None:
    book = casebook()
    record = submission(book, 1)
    assert out_of_chain(book, record, detail_of(record)) is None
