"""What a reporter types and reads stays out of cookies, addresses, headers, errors, logs and files."""

import io
import logging
import time
from statistics import median

import pytest

from tests.conftest import Members
from tests.site_room import Browser, Site, new_site
from tests.store_room import bytes_under
from tests.visitor import File

CANARY = "kanarie-9f3a71"
UNKNOWN = "abacus abdomen abdominal abide abiding ability ablaze"


def whole_story(site: Site, browser: Browser) -> str:
    """Report, be refused in several ways, come back mistyped and right, read, answer, leave."""
    files: list[File] = [(f"{CANARY}.txt", "text/plain", CANARY.encode() * 1000)]
    form = browser.get("/report").form("message")
    browser.submit(form, {"message": CANARY}, files)
    codename = site.report(browser, CANARY, files=files)
    site.reply(codename, CANARY, {f"{CANARY}.pdf": CANARY.encode()})
    for words in (codename + "q", UNKNOWN, codename):
        browser.submit(browser.get("/return").form("codename"), {"codename": words})
    item = browser.get("/case").text.split("/case/reply/")[1].split("?")[0]
    browser.get(f"/case/reply/{item}")
    case = browser.get("/case").form("message", "withdraw")
    browser.submit(case, {"message": CANARY, "token": "x"})
    browser.submit(case, {"message": CANARY, "mandate": "advise"}, files)
    browser.submit(case, {"message": CANARY, "withdraw": "withdraw"})
    browser.get("/leave")
    browser.submit(case, {"message": CANARY})
    return codename


def test_nothing_typed_gets_into_cookies_addresses_headers_or_logs(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = site.browser()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        with caplog.at_level(logging.DEBUG):
            codename = whole_story(site, browser)
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(browser.trail) > 20
    heads = "\n".join(
        f"{answer.request.path}?{answer.request.query_string!r}\n{answer.headers}" for answer in browser.trail
    )
    heads = heads.replace(f"filename*=UTF-8''{CANARY}.pdf", "")  # the one header that is there to carry a name
    said = heads + stream.getvalue() + "".join(capfd.readouterr()) + repr(caplog.records)
    keys = site.keys(codename)
    for secret in (CANARY, codename, codename.split()[0] + " " + codename.split()[1], keys.case, keys.root.hex()):
        assert secret not in said
    for word in codename.split():
        assert word not in heads.replace("=", " ").replace("-", " ").split()


def test_nothing_typed_gets_into_a_file_of_the_server(members: Members) -> None:
    with new_site(members) as site:
        codename = whole_story(site, site.browser())
        kept = bytes_under(site.folder / "data")
        keys = site.keys(codename)
        for secret in (CANARY.encode(), codename.encode(), keys.root, keys.lookup_id, bytes(keys.reply_key)):
            assert secret not in kept
            assert secret.hex().encode() not in kept


def test_an_error_page_repeats_nothing_of_its_request(site: Site) -> None:
    browser = site.browser()
    for path in (f"/{CANARY}", f"/keys/{CANARY}.asc", f"/?l={CANARY}", f"/report?{CANARY}", f"/case/reply/{CANARY}/1"):
        assert CANARY not in browser.get(path).text
    answer = browser.client.post(
        f"/{CANARY}", data={CANARY: CANARY}, headers={CANARY: CANARY, "Host": f"{CANARY}.onion"}
    )
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)


def test_hostile_hosts_and_paths_are_never_redirected_to(site: Site) -> None:
    for path in ("//evil.example/", "/\\evil.example", "/report/", "/%0d%0aLocation:x", "/..//evil"):
        answer = site.browser().client.get(path, headers={"Host": "evil.example"})
        assert "Location" not in answer.headers, path
        assert "evil" not in answer.text, path


def test_every_redirection_stays_on_this_site(site: Site) -> None:
    browser = site.browser()
    whole_story(site, browser)
    targets = [answer.headers["Location"] for answer in browser.trail if answer.status_code == 303]
    assert targets
    assert all(target.startswith(("/sent?l=", "/case?l=")) for target in targets)


def test_a_miss_and_a_hit_do_the_same_work_before_the_answer(site: Site) -> None:
    """One derivation and one search each; the strict measurement is the benchmark's."""
    codename = site.report(site.browser())
    browser = site.browser()
    form = browser.get("/return").form("codename")
    seen: dict[str, list[float]] = {codename: [], UNKNOWN: []}
    for _ in range(15):
        for words, times in seen.items():
            start = time.perf_counter()
            browser.post(form.action, [*form.fields[:1], ("codename", words)])
            times.append(time.perf_counter() - start)
    searched: list[bytes] = []
    original = type(site.drop.store).find_case
    with pytest.MonkeyPatch.context() as patch:

        def find_case(store: object, lookup_id: bytes) -> object:
            searched.append(lookup_id)
            return original(store, lookup_id)  # type: ignore[arg-type]

        patch.setattr(type(site.drop.store), "find_case", find_case)
        for words in seen:
            browser.submit(form, {"codename": words})
    assert len(searched) == 2
    assert median(seen[UNKNOWN]) < 10 * median(seen[codename])


def test_text_that_looks_like_a_template_or_markup_stays_text(site: Site) -> None:
    browser = site.browser()
    hostile = "{{ 7*1234567 }}{% raw %}</textarea><script>x</script>\"'><img src=x onerror=y>"
    page = browser.submit(browser.get("/report").form("message"), {"message": hostile, "answer-when": hostile})
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "8641969" not in page.text
    assert {("message", hostile), ("answer-when", hostile)} <= set(page.form("message").fields)
