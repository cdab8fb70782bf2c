"""What a running page remembers of names: nothing that the casebook has no more, and no work done twice."""

from dataclasses import replace

from dropbox.envelope.account import MarkChange
from dropbox.models import Mandate
from dropbox.workstation.together import Memory, links_of
from dropbox.workstation.together.names import person
from tests.marked import case_id, mark, marked, note, said, vault_of

JAN = "Jan van den Berg"


def test_a_mark_that_was_taken_away_or_whose_note_is_gone_is_forgotten() -> None:
    jan = mark(JAN)
    book = vault_of((Mandate.INVESTIGATE, [jan]), (Mandate.INVESTIGATE, [JAN]))
    memory = Memory()
    assert person(JAN) in memory.index(book).names
    note(book, case_id(0), MarkChange((), (jan.id,)), days=2)
    memory.follow(book)
    assert memory.index(book).names[person(JAN)] == {case_id(1): JAN}
    for record in [each for each in book.items.values() if each.case == case_id(1)]:
        del book.items[record.item]
    book.__post_init__()
    memory.follow(book)
    assert memory.index(book).names == {}


def test_what_has_nothing_to_do_with_marks_makes_no_index_anew() -> None:
    book = vault_of((Mandate.INVESTIGATE, [JAN]), (Mandate.INVESTIGATE, [JAN]))
    memory = Memory()
    made = memory.index(book)
    first = next(iter(book.items.values()))
    book.items[first.item] = replace(first, read=True)
    memory.follow(book)
    assert memory.index(book) is made
    marked(book, case_id(1), mark("Piet Bakker", number=3), days=3)
    memory.follow(book)
    assert memory.index(book) is not made
    assert len(links_of(book, memory.index(book), case_id(0)).links) == 1


def test_what_one_casebook_allows_is_never_taken_for_another() -> None:
    book = vault_of((Mandate.INVESTIGATE, [JAN]), (Mandate.INVESTIGATE, [JAN]))
    memory = Memory()
    assert [link.case for link in memory.links(book, case_id(1)).links] == [case_id(0)]
    narrower = vault_of((Mandate.LISTEN, [JAN]), (Mandate.INVESTIGATE, [JAN]))
    assert memory.links(narrower, case_id(1)).links == (), "though nobody told the memory of it"
    said(book, case_id(0), mandate=Mandate.LISTEN)
    memory.follow(book)
    assert memory.links(book, case_id(1)) == links_of(book, memory.index(book), case_id(1))
    assert memory.links(book, case_id(1)).links == ()
