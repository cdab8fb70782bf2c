"""What was done with a case: refused where the reporter did not allow it, told of where they take something back."""

from typing import Any

import pytest

from dropbox.envelope import Work, WorkState
from dropbox.envelope.account import MAX_DETAIL_CHARACTERS, LogAct
from dropbox.errors import AlreadyWithdrawn, CaseEnded, MandateForbids, MandateIsAdvise, MandateIsListen
from dropbox.models import Kind, Mandate
from dropbox.records import from_json, to_json
from dropbox.workstation import acts, case_log
from dropbox.workstation.banners import banners
from dropbox.workstation.casebook import Act, ActRecord, Casebook, ItemRecord
from tests.casebooks import ANNA, BRAM, CASE, DAY, DESK, casebook, on, submission, writing
from tests.envelopes import Case
from tests.factories_bundles import Held, World, write_as
from tests.unit.test_workstation_work import wrote


def taken(book: Casebook, *new: ItemRecord, before: acts.Standing) -> dict[Any, Any]:
    return acts.take_narrowings(book, {CASE: before}, {record.item for record in new})


def test_under_each_mandate_just_what_goes_too_far_is_refused_and_says_how_to_ask() -> None:
    further = {Act.TAKE_FURTHER, Act.DISCLOSE}
    closed = {Mandate.LISTEN: {Act.DISCUSS, *further}, Mandate.ADVISE: further}
    for mandate in Mandate:
        book = casebook()
        submission(book, 1, mandate=mandate)
        for act in Act:
            if act in closed.get(mandate, ()):
                with pytest.raises(MandateForbids) as refused:
                    acts.require(book, CASE, act)
                assert type(refused.value) is {"listen": MandateIsListen, "advise": MandateIsAdvise}[mandate]
                assert "--letter ask" in refused.value.hint
            else:
                acts.require(book, CASE, act)


def test_after_a_withdrawal_nothing_but_viewing_and_keeping_is_left_until_it_is_taken_back() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    submission(book, 2, mandate=Mandate.INVESTIGATE, kind=Kind.WITHDRAWAL)
    for act in set(Act) - {Act.VIEW, Act.KEEP}:
        with pytest.raises(AlreadyWithdrawn):
            acts.require(book, CASE, act)
    assert issubclass(AlreadyWithdrawn, CaseEnded)
    acts.require(book, CASE, Act.VIEW)
    submission(book, 3, mandate=Mandate.INVESTIGATE, kind=Kind.WITHDRAWAL, undo=True)
    for act in Act:
        acts.require(book, CASE, act)


def test_a_narrower_mandate_does_not_leave_out_what_had_happened() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    writing(book)
    writing(book, Kind.NOTE, author=ANNA, own=True, on_drop=False)
    book.add(wrote(77, change=Work(state=WorkState.INVESTIGATING)))
    with on(DAY):
        case_log.add(book, CASE, LogAct.SAVED, files="3", where="/media/stick")
        case_log.add(book, CASE, LogAct.PASSED_ON, to=BRAM)
        case_log.add(book, CASE, LogAct.PRINTED)
    before = acts.standing(book, CASE)
    late = submission(book, 2, mandate=Mandate.LISTEN, kind=Kind.MANDATE, days=2)
    told = taken(book, late, before=before)[CASE]
    assert (told.before, told.after) == (Mandate.INVESTIGATE, Mandate.LISTEN)
    lines = acts.narrowed_lines(book, CASE, told)
    assert lines[0].startswith("MANDATE NARROWED. On 6 March 2026 the reporter of ")
    assert "from investigate to listen" in lines[0]
    assert set(lines[2:]) == {
        "  4 March 2026: Reply to the reporter, by B2B2B2B2B2B2B2B2",
        "  4 March 2026: Note to the desk, by you (not sent yet)",
        "  5 March 2026: State: investigating. Arranged by B2B2B2B2B2B2B2B2",
        "  4 March 2026: 3 files saved on this machine, in the folder /media/stick",
        "  4 March 2026: Passed on to B2B2B2B2B2B2B2B2, sealed to their key",
        "  4 March 2026: Printed on this machine",
    }
    assert [banner[0] for banner in banners(book)] == [lines[0]]
    assert from_json(Casebook, to_json(book)).narrowed == book.narrowed
    assert acts.have_read(book, CASE)
    assert not acts.have_read(book, CASE)
    assert banners(book) == []


def test_a_withdrawal_lists_too_and_is_forgotten_when_it_is_taken_back() -> None:
    book = casebook()
    submission(book, 1)
    before = acts.standing(book, CASE)
    gone = submission(book, 2, kind=Kind.WITHDRAWAL)
    told = taken(book, gone, before=before)[CASE]
    assert acts.narrowed_lines(book, CASE, told)[0].startswith("WITHDRAWN. ")
    assert acts.narrowed_lines(book, CASE, told)[1] == "Nothing had been done with it before this import."
    assert taken(book, gone, before=acts.standing(book, CASE)) == {}, "told of a second time"
    before = acts.standing(book, CASE)
    undone = submission(book, 3, kind=Kind.WITHDRAWAL, undo=True)
    assert taken(book, undone, before=before) == {}
    assert book.narrowed == {}


@pytest.mark.parametrize("wider", [Mandate.ADVISE, Mandate.INVESTIGATE])
def test_a_wider_or_the_same_mandate_raises_no_banner(wider: Mandate) -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.ADVISE)
    before = acts.standing(book, CASE)
    late = submission(book, 2, mandate=wider, kind=Kind.MANDATE)
    assert taken(book, late, before=before) == {}


def test_what_a_colleague_did_without_having_heard_of_it_is_told_of_when_it_comes() -> None:
    book = casebook()
    first = submission(book, 1, mandate=Mandate.INVESTIGATE)
    turn = submission(book, 2, mandate=Mandate.LISTEN, kind=Kind.MANDATE)
    before = acts.standing(book, CASE)
    knows = [int(first.item, 16)]
    late = wrote(77, knows, change=Work(state=WorkState.INVESTIGATING))
    aware = wrote(78, [*knows, int(turn.item, 16)], kind=Kind.REPLY)
    for record in (late, aware):
        book.add(record)
    told = taken(book, late, aware, before=before)[CASE]
    assert [done.item for done in told.happened] == [late.item]
    assert taken(book, before=acts.standing(book, CASE)) == {}, "told of again, though nothing came"


def test_the_same_act_on_the_same_day_is_told_of_once_and_a_long_folder_short() -> None:
    book = casebook()
    for _ in range(3):
        case_log.add(book, CASE, LogAct.SAVED, files="1", where="/" + "x" * 9999)
    assert len(book.log[CASE]) == 3, "each time has its line"
    (told,) = acts.of_case(book, CASE)
    assert len(told.where) == MAX_DETAIL_CHARACTERS


def test_what_an_older_vault_kept_of_its_acts_is_not_lost() -> None:
    book = casebook()
    submission(book, 1)
    book.acts[CASE] = (ActRecord(Act.SAVE, DAY, ANNA, files=2, where="/old"),)
    assert acts.sentences(book, acts.of_case(book, CASE)) == [
        "4 March 2026: 2 files saved on this machine, in the folder /old"
    ]


def test_one_member_cannot_make_a_list_without_end() -> None:
    book = casebook()
    submission(book, 1)
    for _ in range(acts.MAX_TOLD + 50):
        writing(book, Kind.NOTE)
    before = acts.standing(book, CASE)
    late = submission(book, 2, mandate=Mandate.LISTEN, kind=Kind.MANDATE)
    told = taken(book, late, before=before)[CASE]
    assert len(told.happened) == acts.MAX_TOLD
    assert all(len(banner) < 20 for banner in banners(book))


# --- with real bundles --------------------------------------------------------------------------------------------


def arrived(here: World, **more: Any) -> tuple[Case, Held]:
    case = Case()
    held = here.drop.send(case, **more)
    here.anna.ok("import", here.drop.pickup())
    return case, held


def test_an_import_tells_of_a_narrowing_on_screen_and_in_its_document_until_it_was_read(here: World) -> None:
    here.start()
    case, _ = arrived(here, mandate=Mandate.INVESTIGATE)
    here.anna.ok("state", case.id, "investigating")
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.drop.send(case, kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    bundle = here.drop.pickup()
    report = here.anna.ok("import", bundle)
    (told,) = report["narrowed"]
    assert (told["case"], told["before"], told["after"]) == (case.id, "investigate", "listen")
    assert [(done["act"], done.get("state")) for done in told["happened"]] == [
        ("take_further", "investigating"),
        ("reply", None),
    ]
    assert all(not done["left"] for done in told["happened"])
    for command in (("cases",), ("read", case.id)):
        assert "MANDATE NARROWED" in here.anna.run(*command).out
    assert here.anna.ok("import", bundle)["narrowed"] == []
    assert here.anna.ok("work", case.id)["narrowed"] == [told]
    assert here.anna.ok("work", case.id, "--seen")["narrowed"] == []
    assert "NARROWED" not in here.anna.run("cases").out


def test_what_a_narrow_mandate_closes_cannot_be_done_by_command(here: World) -> None:
    here.start()
    case, _ = arrived(here, mandate=Mandate.LISTEN)
    assert "asked you only to listen" in here.anna.refused("state", case.id, "investigating")
    assert here.anna.ok("state", case.id, "waiting")["state"] == "waiting"
    here.drop.send(case, kind=Kind.WITHDRAWAL, mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    for command in (
        ("state", case.id, "closed"),
        ("assign", case.id, here.anna.key),
        ("tag", case.id, "+x"),
        ("note", case.id, "--text-file", here.text()),
        ("reply", case.id, "--text-file", here.text()),
        ("extract", case.id, "--to", here.folder / "out"),
    ):
        assert "withdrawn" in here.anna.refused(*command)
    assert here.anna.ok("read", case.id)["items"]


def test_a_note_with_work_that_nobody_would_write_is_kept_out_and_the_case_goes_on(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.start()
    case, _ = arrived(here)
    good = write_as(here.drop, here.bram, case, Kind.NOTE, work=Work(add=("good",)), knows=(), text="")
    monkeypatch.setattr(Work, "as_json", lambda self: {"add": ["b\nad", "\u202e"], "state": "lost"})
    bad = write_as(here.drop, here.bram, case, Kind.NOTE, work=Work(add=("x",)))
    monkeypatch.undo()
    report = here.anna.ok("import", here.drop.pickup())
    assert set(report["quarantined"]) == {bad.item}
    assert here.anna.ok("work", case.id)["tags"] == ["good"]
    assert good.item in {item["item"] for item in here.anna.ok("read", case.id)["items"]}


def test_no_copy_is_saved_without_a_word_on_what_it_may_be_used_for(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case, "See this.", [("a.txt", "text/plain", b"a")], mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    assert "show it to nobody" in here.anna.ok("extract", case.id, "--to", here.folder / "out")["notice"]
    assert "show it to nobody" in " ".join(here.anna.run("extract", case.id, "--to", here.folder / "out").out.split())
    (done,) = here.anna.ok("work", case.id)["acts"]
    assert (done["act"], done["files"], done["where"]) == ("save", 1, str(here.folder / "out"))


def test_tags_are_taken_as_they_are_meant_however_they_begin(here: World) -> None:
    here.start()
    case, _ = arrived(here)
    assert here.anna.ok("tag", case.id, "+haast", "+h", "nog een", "+v")["tags"] == ["h", "haast", "nog een", "v"]
    assert here.anna.ok("tag", case.id, "-haast", "-nog een", "-v")["tags"] == ["h"]
    assert here.anna.run("tag", "-h").code == 0
    assert "already" in here.anna.refused("tag", case.id, "-haast")
    assert "not a tag" in here.anna.refused("tag", case.id, "+")


def test_a_case_is_given_by_the_end_of_a_fingerprint_and_only_to_a_member(here: World) -> None:
    here.start()
    case, _ = arrived(here)
    assert here.anna.ok("assign", case.id, here.bram.key[-8:].lower())["assignee"] == here.bram.key
    assert here.anna.ok("assign", case.id, "--nobody")["assignee"] is None
    for stranger in (here.cora.key, "AB", "nobody", here.bram.key[-7:]):
        assert "roster" in here.anna.refused("assign", case.id, stranger)
    shown = here.anna.run("work", case.id).out
    assert "Who has it: nobody." in shown
    assert here.bram.key in shown


def test_a_desk_of_another_is_not_told_of_work(here: World) -> None:
    here.start(here.anna, here.cora)
    case = Case()
    both = (DESK, "bureau")
    here.drop.send(case, desks=both)  # type: ignore[arg-type]
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("tag", case.id, "+ours")
    here.anna.ok("export", here.folder / "answer.tar")
    here.drop.take(here.folder / "answer.tar", case)
    here.cora.ok("import", here.drop.pickup("bureau"))  # type: ignore[arg-type]
    assert here.cora.ok("work", case.id)["tags"] == []
