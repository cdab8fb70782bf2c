"""One running desk page's state: readers see a whole casebook, writers change nobody else's, and one at a time."""

import threading

import pytest

from dropbox.errors import JobFailed, JobRunning, VaultBusy, VaultEmpty
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.desk_site import Desk, desk
from dropbox.workstation.desk_site.jobs import Jobs, Progress
from dropbox.workstation.vault import open_vault
from tests.envelopes import Case
from tests.factories_bundles import World

SECONDS = 10


@pytest.fixture
def page(here: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("GNUPGHOME", str(here.anna.home))
    monkeypatch.setattr(desk, "LOCK_SECONDS", 0.2)
    here.start()
    return Desk(here.anna.vault)


def held(page: Desk) -> Casebook:
    with page.reading() as vault:
        return vault.casebook


def test_the_casebook_is_not_read_again_for_each_page(page: Desk) -> None:
    assert held(page) is held(page)


def test_what_a_command_did_meanwhile_is_not_missed(here: World, page: Desk) -> None:
    before = held(page)
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    assert (len(before.items), len(held(page).items)) == (0, 1)


def test_a_page_never_sees_what_another_one_is_about_to_write(page: Desk) -> None:
    with page.writing() as vault:
        vault.casebook.confirmed = True
        vault.casebook.keys["A" * 40] = "x"  # type: ignore[index]  # any change will do
        assert not held(page).confirmed
        assert held(page).keys == {}
        vault.save()
    assert held(page).confirmed
    assert held(page).keys == {"A" * 40: "x"}


def test_what_was_not_saved_is_forgotten(page: Desk) -> None:
    with page.writing() as vault:
        vault.casebook.confirmed = True
    assert not held(page).confirmed


def test_an_error_while_writing_leaves_what_the_disk_has(here: World, page: Desk) -> None:
    def fail() -> None:
        with page.writing() as vault:
            vault.casebook.confirmed = True
            vault.save()
            vault.casebook.expected_words = "not saved"
            raise VaultEmpty

    with pytest.raises(VaultEmpty):
        fail()
    assert held(page).confirmed
    assert held(page).expected_words != "not saved"


def test_a_command_that_holds_the_vault_is_not_written_over(here: World, page: Desk) -> None:
    with open_vault(here.anna.vault):
        held(page)  # reading goes on
        with pytest.raises(VaultBusy), page.writing():
            pytest.fail("written beside a command")


def test_a_page_waits_for_another_one_and_not_for_a_job(page: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "LOCK_SECONDS", SECONDS)
    holds, go_on = threading.Event(), threading.Event()

    def hold(_progress: object = None) -> None:
        with page.writing():
            holds.set()
            go_on.wait(SECONDS)

    other = threading.Thread(target=hold)
    other.start()
    holds.wait(SECONDS)
    threading.Timer(0.1, go_on.set).start()
    with page.writing():
        assert not other.is_alive() or go_on.is_set()
    other.join()

    for event in (holds, go_on):
        event.clear()
    page.jobs.start("hold", hold)
    holds.wait(SECONDS)
    with pytest.raises(VaultBusy), page.writing():
        pytest.fail("written beside a job")
    go_on.set()
    page.jobs.wait(SECONDS)


def test_what_is_made_of_a_casebook_does_not_outlive_it(page: Desk) -> None:
    made = [page.made_once("key", lambda vault: object()) for _ in range(2)]
    assert made[0] is made[1]
    with page.writing() as vault:
        vault.save()
    assert page.made_once("key", lambda vault: object()) is not made[0]


def test_no_second_job_starts_beside_the_first() -> None:
    jobs, go_on = Jobs(), threading.Event()
    first = jobs.start("first", lambda progress: go_on.wait(SECONDS))
    with pytest.raises(JobRunning):
        jobs.start("second", lambda progress: None)
    go_on.set()
    jobs.wait(SECONDS)
    assert (first.running, first.result, first.error) == (False, True, None)
    jobs.start("second", lambda progress: None)
    jobs.wait(SECONDS)


def test_a_jobs_error_names_no_text_of_its_cause() -> None:
    jobs = Jobs()

    def fail(progress: Progress) -> None:
        progress(1, 2)
        raise RuntimeError("a reporter's words")

    job = jobs.start("fail", fail)
    jobs.wait(SECONDS)
    assert isinstance(job.error, JobFailed)
    assert "words" not in str(job.error)
    assert (job.progress.done, job.progress.total) == (1, 2)
