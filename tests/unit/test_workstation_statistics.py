"""Figures of a year: counted once, small ones withheld, the same in every member's vault, and nothing else beside."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from dropbox.envelope import Work, WorkState
from dropbox.envelope.account import Account, Classified, Outcome, Subject
from dropbox.errors import TargetExists, TargetUnusable, VaultEmpty
from dropbox.gpg import Gpg
from dropbox.models import CaseId, Kind, Mandate, VaultId
from dropbox.workstation import document, statistics
from dropbox.workstation.casebook import Casebook, detail_of
from dropbox.workstation.facts import by_case
from dropbox.workstation.speech import speaking
from dropbox.workstation.statistics.axes import SINGLE, TABLES, count
from dropbox.workstation.statistics.public import LANGUAGES, account
from dropbox.workstation.statistics.suppression import CROSSED_FROM, THRESHOLD, withheld
from tests.casebooks import ANNA, BRAM, DAY, add_case, casebook, many, submission, writing
from tests.envelopes import Case
from tests.factories_bundles import World
from tests.schemas import faults
from tests.yearly import KEY, MADE, cases, fact, figures, published

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/figures.schema.json").read_text(encoding="utf-8"))


def of_year(document: dict[str, Any], name: str) -> dict[str, int | None]:
    table = next(each for each in document["tables"] if each["axes"] == [name])
    return dict(zip(document["axes"][name], table["counts"], strict=True))


# --- counting -----------------------------------------------------------------------------------------------------


def test_every_case_falls_into_one_category_of_each_axis() -> None:
    facts = cases(300)
    counts = count(facts)
    for axis in SINGLE:
        assert sum(counts[axis.name, code] for code in axis.categories) == 300
    assert set(counts) <= {cell for table in TABLES for cell in table.cells()}


@pytest.mark.parametrize(
    ("days", "acknowledged", "answered"),
    [(None, "not_yet", "not_yet"), (0, "week", "month"), (7, "week", "month"), (8, "fortnight", "month"),
     (14, "fortnight", "month"), (15, "later", "month"), (30, "later", "month"), (31, "later", "quarter"),
     (90, "later", "quarter"), (91, "later", "later")],
)  # fmt: skip
def test_days_fall_on_the_right_side_of_each_limit(days: int | None, acknowledged: str, answered: str) -> None:
    counts = count([fact(acknowledged_after_days=days, answered_after_days=days)])
    assert counts["acknowledged", acknowledged] == counts["answered", answered] == 1


def test_a_case_whose_mandate_never_came_counts_as_the_narrowest() -> None:
    assert count([fact(mandate=None)])["mandate", "listen"] == 1


# --- withholding --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 4])
def test_under_five_reports_nothing_is_published_at_all(number: int) -> None:
    document = published(cases(number))
    assert document["total"] is None
    assert all(count is None for table in document["tables"] for count in flat(table["counts"]))


def flat(counts: Any) -> list[int | None]:
    return [each for one in counts for each in (one if isinstance(one, list) else [one])]


@pytest.mark.parametrize("number", [23, 40, 99, 100, 1000])
def test_no_count_below_five_is_ever_published(number: int) -> None:
    document = published(cases(number))
    shown = [each for table in document["tables"] for each in flat(table["counts"]) if each is not None]
    assert shown
    assert min(shown) >= THRESHOLD


def test_nothing_is_withheld_where_nothing_is_small() -> None:
    facts = [fact(mandate=each, with_desks=other) for each in Mandate for other in ((), ("bureau",)) for _ in range(9)]
    document = published(facts)
    assert of_year(document, "mandate") == {"listen": 18, "advise": 18, "investigate": 18}
    assert of_year(document, "desks") == {"alone": 27, "together": 27}


def test_a_single_small_count_takes_another_one_with_it() -> None:
    facts = [fact(mandate=Mandate.LISTEN)] * 20 + [fact(mandate=Mandate.ADVISE)] * 20
    facts += [fact(mandate=Mandate.INVESTIGATE)] * 2
    counts = of_year(published(facts), "mandate")
    assert counts["investigate"] is None
    assert list(counts.values()).count(None) == 2


def test_nothing_is_crossed_below_a_hundred_reports() -> None:
    few, enough = (published(cases(number)) for number in (CROSSED_FROM - 1, 1000))
    crossed = [[flat(table["counts"]) for table in each["tables"] if len(table["axes"]) == 2] for each in (few, enough)]
    assert not any(count is not None for table in crossed[0] for count in table)
    assert all(any(count is not None for count in table) for table in crossed[1])


def test_what_is_withheld_beside_depends_on_a_key_that_no_reader_has_and_on_nothing_else() -> None:
    facts = [fact(mandate=Mandate.LISTEN)] * 20 + [fact(mandate=Mandate.ADVISE)] * 20
    facts += [fact(mandate=Mandate.INVESTIGATE)]
    counts = count(facts)
    chosen = {withheld(counts, bytes([number]) * 32) for number in range(20)}
    assert len(chosen) > 1
    assert withheld(counts, KEY) == withheld(count(facts[::-1]), KEY)


# --- of a vault ---------------------------------------------------------------------------------------------------


def classified(book: Casebook, number: int, days: int = 0, **more: Any) -> CaseId:
    case = CaseId(f"{number:032x}")
    add_case(book, case)
    submission(book, 1, case=case, days=days, mandate=more.get("mandate", Mandate.ADVISE))
    writing(book, case=case, days=days + 3)
    note = writing(book, Kind.NOTE, case=case, days=days + 9)
    said = Account(classified=Classified(more.get("subject", Subject.FRAUD), more.get("outcome", Outcome.HEARD)))
    detail = replace(detail_of(note), work=Work(state=WorkState.CLOSED), account=said)
    book.update(note.item, detail=detail)
    return case


def test_a_year_counts_what_came_in_then_and_no_other() -> None:
    book = casebook()
    for number in range(1, 8):
        classified(book, number)
    for number in range(8, 20):
        classified(book, number, days=-365)
    found = statistics.as_json(statistics.figures_of(book, DAY.year, MADE))
    assert found["total"] == 7
    assert of_year(found, "subject")["fraud"] is None, "all alike: that nobody reported anything else would show"
    assert statistics.as_json(statistics.figures_of(book, DAY.year - 1, MADE))["total"] == 12
    assert statistics.years_of(by_case(book)) == [DAY.year, DAY.year - 1]


def test_two_members_publish_the_same_however_their_items_arrived() -> None:
    books = casebook(), casebook()
    for number in range(1, 40):
        classified(books[0], number, subject=list(Subject)[number % 3], mandate=list(Mandate)[number % 2])
    for number in reversed(range(1, 40)):
        classified(books[1], number, subject=list(Subject)[number % 3], mandate=list(Mandate)[number % 2])
    books[1].key = BRAM
    first, second = (statistics.as_json(statistics.figures_of(book, DAY.year, MADE)) for book in books)
    assert first == second
    assert books[0].key == ANNA


def test_a_vault_that_knows_no_drop_has_no_figures() -> None:
    with pytest.raises(VaultEmpty):
        statistics.figures_of(Casebook.new(VaultId("b" * 32), ANNA), 2026, MADE)


def test_no_id_of_a_case_or_member_is_in_what_is_published() -> None:
    book = casebook()
    book.desk_names["integrity"] = {"nl": "Integriteit"}  # type: ignore[index]  # a plain text will do
    ids = [classified(book, number) for number in range(1, 12)]
    text = json.dumps(statistics.as_json(statistics.figures_of(book, DAY.year, MADE)))
    assert not any(each[:12] in text for each in ids[1:])
    assert not any(key in text for key in (ANNA, BRAM, book.vault))


def test_what_is_published_fits_its_schema() -> None:
    for number in (0, 5, 60, 1000):
        assert faults(SCHEMA, published(cases(number))) == []


def test_the_schema_refuses_what_must_not_be_there() -> None:
    document = published(cases(60))
    small = json.loads(json.dumps(document))
    small["tables"][0]["counts"][0] = 4
    assert faults(SCHEMA, small)
    assert faults(SCHEMA, document | {"cases": []})
    assert faults(SCHEMA, {name: each for name, each in document.items() if name != "made"})


def test_no_case_of_many_is_counted_twice() -> None:
    book = many(casebook(), 300)
    found = statistics.figures_of(book, 2026, MADE)
    assert found.total == 300


# --- shown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("number", [3, 60, 1000])
def test_the_chart_is_well_formed_and_says_every_number_beside_its_bar(language: str, number: int) -> None:
    made = figures(cases(number))
    with speaking(language):
        drawn = statistics.svg(made)
        shown = [block for block in statistics.single(made) if block.shown and made.total]
        rows = [row for block in shown for row in block.rows]
        told = {row.text for row in rows}
    root = ElementTree.fromstring(drawn)
    texts = ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("}text")]
    assert root.get("role") == "img"
    assert [each.tag.split("}")[1] for each in root][:2] == ["title", "desc"]
    assert told <= set(texts)
    bars = [each for each in root.iter() if each.tag.endswith("}rect") and "url(#" in (each.get("fill") or "")]
    assert len(bars) == sum(1 for row in rows if row.count is not None)


def test_the_chart_needs_no_colour_and_nothing_from_elsewhere() -> None:
    drawn = statistics.svg(figures(cases(1000)))
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", drawn)) == {"#000", "#fff"}
    assert not re.search(r"<script|<style|href|[^-]style=", drawn)
    assert all(0 < int(width) <= 340 for width in re.findall(r'<rect x="320" y="\d+" width="(\d+)"', drawn))


def test_the_terminal_shows_no_withheld_number_and_says_what_that_means() -> None:
    shown = "\n".join(statistics.lines(figures(cases(60)), 80))
    assert "60 reports came in." in shown
    assert "withheld" in shown
    assert not re.search(r"\b[0-4]$", shown, re.MULTILINE)


def test_figures_of_a_year_that_goes_on_carry_a_warning() -> None:
    made = figures(cases(60), made=date(2026, 6, 1))
    assert not made.complete
    assert "not over" in "\n".join(statistics.lines(made, 80))
    assert "not over" in document.as_text(account(made, "en")).decode()
    assert "not over" not in document.as_text(account(figures(cases(60)), "en")).decode()


@pytest.mark.parametrize("number", [3, 60, 1000])
def test_the_public_account_says_no_number_that_is_withheld(number: int) -> None:
    made = figures(cases(number))
    text = document.as_text(account(made, "en")).decode()
    published_numbers = {f"{each:,}" for each in made.counts.values()} | {f"{made.total:,}" if made.total else ""}
    said = set(re.findall(r"(?<=\()[\d,]+(?=\))", text.split("How this was counted")[0]))
    assert said <= published_numbers
    assert "Hulp Overal" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", [3, 60, 10_000])
def test_the_public_account_is_one_page(language: str, number: int) -> None:
    pdf = document.as_pdf(account(figures(cases(number)), language))
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


def test_files_are_all_new_or_none_is_written(tmp_path: Path) -> None:
    files = statistics.account_files(figures(cases(60)))
    assert sorted(path.suffix for path in map(Path, files)) == [".html", ".html", ".pdf", ".pdf", ".txt", ".txt"]
    (tmp_path / list(files)[-1]).write_text("mine")
    with pytest.raises(TargetExists):
        statistics.write_files(tmp_path, files)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(TargetUnusable):
        statistics.write_files(tmp_path / list(files)[-1] / "below", files)
    assert len(statistics.write_files(tmp_path / "new", files)) == 6


def test_the_account_as_a_page_holds_its_chart_and_no_address() -> None:
    files = statistics.account_files(figures(cases(60)))
    page = next(content for name, content in files.items() if name.endswith(".en.html")).decode()
    assert page.count("<svg") == 1
    assert page.index("<svg") < page.index("</body>")
    assert re.findall(r'(?:src|href)="', page) == []


# --- the commands -------------------------------------------------------------------------------------------------


@pytest.fixture
def year(here: World) -> int:
    """A vault with seven reports of this year, one of them withdrawn."""
    here.start()
    for number in range(7):
        case = Case()
        here.drop.send(case, mandate=Mandate.LISTEN)
        if number == 0:
            here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.run("import", here.drop.pickup())
    return here.drop.day.year


def test_statistics_writes_what_it_shows_signed_so_that_gpg_alone_verifies_it(here: World, year: int) -> None:
    target = here.folder / "published"
    shown = here.anna.ok("statistics", "--year", str(year), "--to", target)
    names = sorted(path.name for path in target.iterdir())
    stem = f"figures-integrity-{year}"
    assert names == [f"{stem}.en.svg", f"{stem}.json", f"{stem}.json.asc", f"{stem}.nl.svg"]
    data, signature = ((target / f"{stem}.json{end}").read_bytes() for end in ("", ".asc"))
    assert json.loads(data) == shown
    assert faults(SCHEMA, shown) == []
    assert shown["total"] == 7
    assert Gpg(here.anna.home).verify_detached(data, signature, [here.anna.key]) == here.anna.key
    assert "How it ended: every count is withheld." in here.anna.run("statistics", "--year", str(year)).out


def test_nothing_is_overwritten_and_the_second_call_says_so(here: World, year: int) -> None:
    target = here.folder / "published"
    files = here.anna.ok("account", "--year", str(year), "--to", target)["files"]
    assert len(files) == 10
    before = {path: path.read_bytes() for path in target.iterdir()}
    here.anna.refused("account", "--year", str(year), "--to", target)
    here.anna.refused("statistics", "--year", str(year), "--to", target)
    assert {path: path.read_bytes() for path in target.iterdir()} == before


def test_two_members_who_classify_in_turn_publish_the_same(here: World) -> None:
    here.start(here.anna, here.bram)
    reports = [Case() for _ in range(12)]
    for case in reports:
        here.drop.send(case, mandate=Mandate.ADVISE)
    bundle = here.drop.pickup()
    for person in (here.anna, here.bram):
        person.ok("import", bundle)
    for number, case in enumerate(reports[:6]):
        here.anna.ok("classify", case.id, "--subject", "bullying")
        answer = here.folder / f"answer-{number}.tar"
        here.anna.ok("export", answer)
        here.drop.take(answer, case)
        here.bram.ok("import", here.drop.pickup())
    here.anna.ok("import", here.drop.pickup())
    first, second = (each.ok("statistics", "--year", str(here.drop.day.year)) for each in (here.anna, here.bram))
    assert first == second
    assert of_year(first, "mandate")["advise"] is None, "all twelve alike"
    subjects = of_year(first, "subject")
    assert {subjects["bullying"], subjects["not_said"]} == {6, None}, "of two alike one hides the zeros beside them"


@pytest.mark.parametrize("wrong", ["1999", "2200", "last", "-1"])
def test_a_year_that_cannot_be_is_wrong_usage(here: World, year: int, wrong: str) -> None:
    assert year
    assert here.anna.run("statistics", "--year", wrong).code == 2


def test_a_year_without_reports_says_no_more_than_one_with_few(here: World, year: int) -> None:
    shown = here.anna.run("statistics", "--year", str(year - 1))
    assert shown.code == 0
    assert "Fewer than five reports" in shown.out
