"""Nobody may make a report vanish by dressing it up as a test report; a real one is no case and raises no alarm."""

from collections.abc import Callable

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import LineState
from dropbox.bundle.canary import Canary
from dropbox.models import CaseId, Mandate
from tests.envelopes import Case
from tests.factories_bundles import DESK, Held, World

FILE = ("a.txt", "text/plain", b"x")


def canary_of(here: World, case: Case, key: SigningKey | None = None) -> Canary:
    return Canary.new(here.drop.drop, CaseId(case.id), key or here.drop.signing_key)


def send(here: World, case: Case | None = None, **odd: object) -> tuple[Held, Canary]:
    case = case or Case()
    canary = canary_of(here, case)
    return here.drop.send(case, canary.text, mandate=Mandate.LISTEN, **odd), canary  # type: ignore[arg-type]


def test_a_test_report_is_no_case_and_is_told_once(here: World) -> None:
    here.start(here.anna)
    held, canary = send(here)
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["test_reports"], report["new"], report["quarantined"]) == (1, 0, {})
    assert here.anna.ok("cases") == []
    again = here.anna.ok("import", here.drop.pickup())
    assert (again["test_reports"], again["known"]) == (0, 1)
    assert not list((here.anna.vault / "items").iterdir())
    answer = here.folder / "answer.tar"
    here.anna.ok("export", answer)
    told = here.drop.take(answer, Case())
    assert told.canaries == (canary.token,)
    assert len(told.receipts) == 1
    assert told.read == ()
    year = str(here.drop.day.year)
    for command in (["statistics", "--year", year], ["register"], ["calendar", str(here.folder / "days.ics")]):
        shown = here.anna.run(*command)
        assert held.case.id not in shown.out + shown.err
    assert here.anna.ok("search", "drop sent") == here.anna.ok("search", "nothing-like-this")


def test_what_the_drop_has_heard_is_not_told_again(here: World) -> None:
    here.start(here.anna)
    held, _canary = send(here)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("export", here.folder / "one.tar")
    here.drop.take(here.folder / "one.tar", Case())
    here.drop.let_go(held, LineState.WITHDRAWN)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("export", here.folder / "two.tar")
    told = here.drop.take(here.folder / "two.tar", Case())
    assert (told.canaries, told.receipts) == ((), ())


@pytest.mark.parametrize("state", [LineState.WITHDRAWN, LineState.RECEIVED])
def test_its_number_is_no_gap_for_whoever_saw_it(here: World, state: LineState) -> None:
    here.start(here.anna)
    here.drop.send(Case(), "before")
    here.anna.ok("import", here.drop.pickup())
    held, _canary = send(here)
    here.anna.ok("import", here.drop.pickup())
    here.drop.let_go(held, state)
    assert "GAP" not in here.anna.run("import", here.drop.pickup()).out
    assert "GAP" not in here.anna.run("cases").out


def test_a_colleague_who_never_saw_it_waits_for_nothing(here: World) -> None:
    here.start(here.anna, here.bram)
    here.drop.send(Case(), "before")
    here.bram.ok("import", here.drop.pickup())
    held, _canary = send(here)
    here.anna.ok("import", here.drop.pickup())
    here.drop.let_go(held, LineState.WITHDRAWN)
    assert "GAP" not in here.bram.run("import", here.drop.pickup()).out
    assert "GAP" not in here.bram.run("cases").out


def copied(text: str) -> str:
    return text


def unsigned(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("signature"))


def with_words(text: str) -> str:
    return text + "And this really happened."


def before(text: str) -> str:
    return "This really happened. " + text


@pytest.mark.parametrize("change", [copied, unsigned, with_words, before])
def test_the_text_of_a_test_report_in_a_report_of_ones_own_hides_nothing(
    here: World, change: Callable[[str], str]
) -> None:
    here.start(here.anna)
    _held, canary = send(here)
    here.drop.send(Case(), change(canary.text), mandate=Mandate.LISTEN)
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["new"], report["test_reports"]) == (1, 1)
    assert len(here.anna.ok("cases")) == 1


@pytest.mark.parametrize("change", [unsigned, with_words, before])
def test_the_same_case_with_another_text_is_a_report(here: World, change: Callable[[str], str]) -> None:
    here.start(here.anna)
    case = Case()
    here.drop.send(case, change(canary_of(here, case).text), mandate=Mandate.LISTEN)
    assert here.anna.ok("import", here.drop.pickup())["new"] == 1


def test_a_report_with_a_file_or_another_mandate_is_no_test_report(here: World) -> None:
    here.start(here.anna)
    one, two = Case(), Case()
    here.drop.send(one, canary_of(here, one).text, [FILE], mandate=Mandate.LISTEN)
    here.drop.send(two, canary_of(here, two).text, mandate=Mandate.INVESTIGATE)
    assert here.anna.ok("import", here.drop.pickup())["new"] == 2


def test_a_test_report_signed_by_another_drop_is_a_report(here: World) -> None:
    here.start(here.anna)
    case = Case()
    here.drop.send(case, canary_of(here, case, SigningKey.generate()).text, mandate=Mandate.LISTEN)
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["new"], report["test_reports"]) == (1, 0)


def test_what_follows_in_a_case_is_never_a_test_report(here: World) -> None:
    here.start(here.anna)
    case = Case()
    here.drop.send(case, "This happened.")
    here.drop.send(case, canary_of(here, case).text, mandate=Mandate.LISTEN)
    assert here.anna.ok("import", here.drop.pickup())["new"] == 2


def test_a_test_report_that_was_signed_before_the_drops_key_changed_is_known(here: World) -> None:
    here.start(here.anna)
    here.drop.send(Case(), "before")
    here.anna.ok("import", here.drop.pickup())
    send(here)
    here.drop.succeed()
    send(here)
    report = here.anna.ok("import", here.drop.pickup(DESK))
    assert (report["new"], report["test_reports"]) == (0, 2)
