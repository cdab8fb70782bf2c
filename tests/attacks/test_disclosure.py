"""Attacks on packs: whatever an open part is turned and weighed by, it tells nothing that was taken out."""

import re
import zlib
from collections import Counter
from dataclasses import replace

import pytest

from dropbox.errors import InvalidValue, PlanUnreadable, StillReadable
from dropbox.models import CaseId, Mandate
from dropbox.workstation.disclosure.needles import person, phrase
from dropbox.workstation.disclosure.plan import Cut, FileHow, Person, Plan, letters, parse_plan
from dropbox.workstation.disclosure.release_check import Secrets, require_unreadable
from tests.envelopes import Case
from tests.factories_bundles import World
from tests.packs import PackRoom, everything_in, needs_sandbox, unsealed
from tests.redacted import dug_up, text_of, text_pdf

SHORT = ("Bo Li", "Al Po")
LONG = ("Wilhelmina Konstantijn van den Heuvel-Zuiderwijk", "Bartholomeus Aldenhoven de Ruijter van Steveninck")
STORY = "First {0} shouted. Then {1} laughed, and {0} left. I told {1} to stop. My street is {2}."


def packed(here: World, names: tuple[str, str], street: str, folder: str) -> tuple[dict[str, bytes], int]:
    """Make a pack of a story about these two; return its files with its letters made alike, and the annex's size."""
    case = Case()
    here.drop.send(case, STORY.format(*names, street), mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    room = PackRoom(here, case, ())
    with room.opened() as (vault, shown):
        plan = Plan.new(vault.casebook.bound.drop, CaseId(case.id), "en").with_names([[each] for each in names])
        items = (room.choice(shown, 0),)
    plan = replace(plan, items=items, phrases=(street,), readers=room.readers[1:])
    given = tuple(here.drop.public.export_key(each.key) for each in (here.cora, here.dirk))
    released = room.release(plan, folder, given=given)
    return everything_in(released.folder), (released.folder / "annex.pgp").stat().st_size


@needs_sandbox
def test_short_and_long_names_leave_the_same_open_part(here: World) -> None:
    here.start(here.anna)
    short, short_annex = packed(here, SHORT, "Kade 1", "short")
    long, long_annex = packed(here, LONG, "Burgemeester Cort van der Lindenlaan 117-bis, derde verdieping", "long")
    same = [re.sub(r"\b[AB]\b", "#", each["open/open.txt"].decode()) for each in (short, long)]
    assert same[0] == same[1]
    assert len(short["open/open.txt"]) == len(long["open/open.txt"])
    # an A and a B are drawn with other strokes: the same pages, within a few bytes
    assert abs(len(short["open/open.pdf"]) - len(long["open/open.pdf"])) < 64
    assert short_annex == long_annex


def test_letters_tell_nothing_of_who_was_named_first_or_of_the_alphabet() -> None:
    plan = Plan.new("0" * 64, CaseId("0" * 32), "en")
    drawn = Counter(
        next(each.letter for each in plan.with_names([["Adam"], ["Zoë"], ["Karin"]]).persons if "Adam" in each.names)
        for _ in range(600)
    )
    assert set(drawn) == {"A", "B", "C"}
    assert all(130 < count < 270 for count in drawn.values())


def test_a_plan_s_hash_cannot_be_found_by_trying_names() -> None:
    first, second = (Plan.new("0" * 64, CaseId("0" * 32), "en") for _ in range(2))
    same = replace(second, nonce=first.nonce)
    assert first.sha256 == same.sha256
    assert first.sha256 != second.sha256


@needs_sandbox
def test_nothing_in_the_open_part_leads_back_to_the_case(here: World) -> None:
    room = PackRoom.make(here)
    plan = room.plan()
    files = everything_in(room.release(plan).folder)
    ids = [room.case.id, *(each.item for each in plan.items), *(each.index_sha256 for each in plan.items)]
    for name, data in files.items():
        assert not [each for each in ids if each.encode() in data], name


@needs_sandbox
def test_a_name_in_a_file_in_its_name_and_in_its_margins_is_in_the_annex_alone(here: World) -> None:
    inside = text_pdf(
        "Then K. v.d. Berg came in.",
        "Nobody else spoke.",
        more=[b"<</Title(Karin van der Berg)/Author(Jan Jansen)>>"],
        page=b"/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(It was Karin)>>]",
    )
    files = [
        ("Karin van der Berg.pdf", "application/pdf", inside),
        ("jansen.txt", "text/plain", b"Jan Jansen was there."),
    ]
    room = PackRoom.make(here, files=files)
    plan = room.plan()
    redrawn = replace(plan.items[0], files=tuple(replace(f, how=FileHow.REDRAWN) for f in plan.items[0].files))
    released = room.release(plan.with_choice(redrawn))
    made = everything_in(released.folder)
    assert {"open/file-1-1.pdf", "open/file-1-2.pdf"} <= set(made)
    for name, data in made.items():
        assert "karin" not in name.lower()
        if name == "annex.pgp":
            continue
        dug = dug_up(data).lower() if name.endswith(".pdf") else data.lower()
        assert not [each for each in (b"karin", b"berg", b"jansen") if each in dug], name
    assert not text_of(made["open/file-1-1.pdf"]).strip()
    held = unsealed(here.cora, released.folder / "annex.pgp")
    assert [data for name, data in held.items() if name.startswith("files/1-1")] == [inside]
    assert b"Jan Jansen was there." in held.values()


@needs_sandbox
def test_a_hostile_file_name_stays_inside_the_annex(here: World) -> None:
    room = PackRoom.make(here, files=[("../../.bashrc\u202efdp", "text/plain", b"x" * 10)])
    plan = room.plan()
    annexed = replace(plan.items[0], files=tuple(replace(f, how=FileHow.ANNEX) for f in plan.items[0].files))
    released = room.release(plan.with_choice(annexed))
    names = list(unsealed(here.cora, released.folder / "annex.pgp"))
    assert not [each for each in names if ".." in each.split("/") or each.startswith("/") or "\u202e" in each]
    assert "open/file-1-1.pdf" not in everything_in(released.folder)


# --- what a finished file could still hide ------------------------------------------------------------------------

KARIN = Person("A", ("Karin van der Berg",))
SECRETS = Secrets(
    (person(KARIN), phrase("06-12345678")), (("A", "Karin van der Berg"), ("A", "Karin"), ("", "06-12345678"))
)


def pdf(*objects: bytes) -> bytes:
    return b"%PDF-1.4\n" + b"\n".join(objects) + b"\n%%EOF\n"


def packed_stream(data: bytes) -> bytes:
    data = zlib.compress(data)
    return b"1 0 obj<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj" % (len(data), data)


HIDDEN = {
    "a title": pdf(b"1 0 obj<</Title(Karin van der Berg)>>endobj"),
    "a title in UTF-16": pdf(b"1 0 obj<</Title<" + "Karin van der Berg".encode("utf-16").hex().encode() + b">>>endobj"),
    "an outline": pdf(b"1 0 obj<</Type/Outlines/Title(call 06 12345678)>>endobj"),
    "XMP": pdf(b"1 0 obj<</Type/Metadata>>stream\n<dc:creator>KARIN VAN DER BERG</dc:creator>\nendstream endobj"),
    "a packed stream": pdf(packed_stream(b"BT (Karin van der Berg) Tj ET")),
    "a packed stream in UTF-16": pdf(packed_stream("Karin van der Berg".encode("utf-16-be"))),
    "a packed stream in hex": pdf(packed_stream(b"<" + b"Karin".hex().encode() + b">")),
    "behind its end": pdf() + b"Karin van der Berg",
}


@pytest.mark.parametrize("how", sorted(HIDDEN))
def test_a_name_hidden_in_a_pdf_stops_the_release(how: str) -> None:
    with pytest.raises(StillReadable) as refused:
        require_unreadable({"open.pdf": HIDDEN[how]}, SECRETS, lambda _: "")
    assert "Karin" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Kar-\nin",
        "K a r i n",
        "K. v.d. Berg",
        "berg, k.",
        "kárin",
        "0 6 1 2 3 4 5 6 7 8",
        "06-1234\n5678",
        "kvanderberg",
    ],
)
def test_what_a_pdf_shows_is_read_like_any_text(text: str) -> None:
    with pytest.raises(StillReadable):
        require_unreadable({"open.pdf": pdf()}, SECRETS, lambda _: f"Then {text} came.")


@pytest.mark.parametrize("name", ["karin.pdf", "Photo of K. van der Berg.pdf", "0612345678.txt"])
def test_a_name_in_a_file_name_stops_the_release(name: str) -> None:
    with pytest.raises(StillReadable):
        require_unreadable({name: b""}, SECRETS, lambda _: "")


@pytest.mark.parametrize("data", [b"karin", "KÁRIN".encode(), "Karin".encode("utf-16"), b'{"a": "Karin"}'])
def test_a_name_in_a_text_stops_the_release(data: bytes) -> None:
    with pytest.raises(StillReadable):
        require_unreadable({"open.txt": data}, SECRETS, lambda _: "")


def test_a_clean_part_passes() -> None:
    require_unreadable(
        {"open.txt": b"A came in January.", "open.pdf": pdf(packed_stream(b"A came"))}, SECRETS, lambda _: "A came"
    )


# --- plans from a stranger ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bend",
    [
        lambda plan: replace(plan, persons=(Person("B", ("Karin",)),)),
        lambda plan: replace(plan, persons=(Person("A", ("Karin",)), Person("A", ("Jan",)))),
        lambda plan: replace(plan, nonce="0"),
        lambda plan: replace(plan, language="xx"),
        lambda plan: replace(plan, case=CaseId("../..")),
        lambda plan: replace(plan, phrases=("",)),
        lambda plan: Person("A", ("B",)),
        lambda plan: Person("A", ()),
        lambda plan: Cut(4, 4),
        lambda plan: Cut(-1, 4),
    ],
)
def test_a_plan_that_contradicts_itself_is_none(bend: object) -> None:
    plan = Plan.new("0" * 64, CaseId("0" * 32), "en")
    with pytest.raises(InvalidValue):
        bend(plan)  # type: ignore[operator]


def test_letters_go_on_after_z() -> None:
    assert letters(54)[24:30] == ("Y", "Z", "AA", "AB", "AC", "AD")
    assert letters(54)[51:] == ("AZ", "BA", "BB")
    assert len(set(letters(200))) == 200


def test_a_plan_with_half_a_character_is_none() -> None:
    plan = Plan.new("d0" * 32, CaseId("c0" * 16), "en")
    with pytest.raises(PlanUnreadable):
        parse_plan(plan.data.replace(b'"phrases":[]', b'"phrases":["\\ud800"]'))


def test_a_plan_in_which_a_key_stands_twice_is_none() -> None:
    """Whoever looks at it sees one of the two values, and the pack is made of the other."""
    plan = Plan.new("d0" * 32, CaseId("c0" * 16), "en")
    assert parse_plan(plan.data) == plan
    for key, other in ((b'"days":true', b'"days":false'), (b'"phrases":[]', b'"phrases":["x"]')):
        assert key in plan.data
        with pytest.raises(PlanUnreadable):
            parse_plan(plan.data.replace(key, other + b"," + key))
