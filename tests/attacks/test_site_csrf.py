"""Another site, another session, a changed field: nobody makes a reporter send, sign in or delete anything."""

import re

import pytest

from tests.site_room import Browser, Site
from tests.visitor import Form, Page


@pytest.fixture
def victim(site: Site) -> Browser:
    browser = site.browser()
    site.report(browser)
    site.reply(browser.get("/sent").codename, "stays")
    return browser


def forms_of(browser: Browser) -> list[tuple[Form, dict[str, str]]]:
    """Every form of the site, with values that it would accept; deleting all has the token of deleting one."""
    case, receipt = browser.get("/case"), browser.get("/sent")
    check = receipt.form_to("/sent")
    places = [int(name.removeprefix("word-")) for name in check.names if name.startswith("word-")]
    return [
        (browser.get("/report").form("message"), {"desk": "confidant", "message": "x"}),
        (case.form_to("/case"), {"message": "x"}),
        (case.form_to("/case/delete"), {}),
        (browser.get("/return").form("codename"), {"codename": receipt.codename}),
        (case.form_to("/case/hide"), {}),
        (check, {f"word-{place}": receipt.codename.split()[place - 1] for place in places}),
    ]


def unchanged(site: Site, browser: Browser, items: int) -> bool:
    page = browser.get("/case")
    chosen = page.form_to("/case/hide").hidden["hide"]
    return len(site.items()) == items and len(page.replies) == 1 and chosen == "on"


@pytest.mark.parametrize("sender", ["cross-site", "same-site", "none", "", "Same-Origin", "same-origin, cross-site"])
def test_a_post_from_another_site_is_refused_before_it_is_read(site: Site, victim: Browser, sender: str) -> None:
    items = len(site.items())
    for form, values in forms_of(victim):
        page = victim.submit(form, values, Sec_Fetch_Site=sender)
        assert page.status == 403
        assert "This came from another site" in page.text
    assert unchanged(site, victim, items)


def test_an_origin_of_null_is_what_our_own_forms_send_and_is_welcome(victim: Browser) -> None:
    form, values = forms_of(victim)[1]
    assert victim.submit(form, values, Origin="null").status == 200


def test_a_browser_that_says_nothing_of_the_sender_may_still_send(site: Site, victim: Browser) -> None:
    form, values = forms_of(victim)[1]
    fields = [(name, value) for name, value in form.fields if name not in values] + list(values.items())
    answer = victim.client.post(form.action, data=dict(fields))
    assert answer.status_code == 303


def test_a_form_of_another_session_is_refused(site: Site, victim: Browser) -> None:
    attacker = site.browser()
    site.report(attacker)
    site.reply(attacker.get("/sent").codename, "attacker's")
    items = len(site.items())
    own = {form.action.split("?")[0]: (form, values) for form, values in forms_of(victim)}
    for form, _ in forms_of(attacker):
        path = form.action.split("?")[0]
        good, values = own[path]
        page = victim.submit(good, {**values, "token": form.hidden["token"]})
        assert page.status == 400, path
    assert unchanged(site, victim, items)


def test_a_token_works_for_its_own_form_only(site: Site, victim: Browser) -> None:
    items = len(site.items())
    forms = forms_of(victim)
    for form, values in forms:
        for other, _ in forms:
            if other is not form:
                page = victim.submit(form, {**values, "token": other.hidden["token"]})
                assert page.status == 400, (form.action, other.action)
    assert unchanged(site, victim, items)


def test_every_hidden_field_is_verified(site: Site, victim: Browser) -> None:
    items = len(site.items())
    for form, values in forms_of(victim):
        assert form.hidden, form.action
        for name, value in form.hidden.items():
            for changed in ("", "x", value[:-1], value + "x", value[::-1], value.upper(), "0" * 32, "é\0"):
                assert victim.submit(form, {**values, name: changed}).status == 400, (form.action, name)
            without = [pair for pair in form.fields if pair[0] not in {name, *values}] + list(values.items())
            assert victim.post(form.action, without).status == 400, (form.action, name)
            twice = [*form.fields, (name, value), *values.items()]
            assert victim.post(form.action, twice).status == 400, (form.action, name)
    assert unchanged(site, victim, items)


def test_a_draft_field_is_verified_too(site: Site, victim: Browser) -> None:
    codename = victim.get("/sent").codename
    form = victim.get("/case").form("message", "mandate")
    site.drop.sessions.end(victim.cookie("session"))
    page = victim.submit(form, {"message": "typed"})
    back = page.form("codename")
    other = site.browser()
    other.get("/report")
    foreign = other.post("/case", [("message", "planted"), ("token", "")]).form("codename").hidden["draft"]
    for changed in ("x", back.hidden["draft"][:-1], back.hidden["token"], foreign):
        answer = victim.submit(back, {"codename": codename, "draft": changed})
        assert answer.status == 400, changed
    assert victim.cookie("session") is None or victim.get("/case").status == 401


def test_nobody_can_be_signed_in_under_a_stranger_s_codename(site: Site, victim: Browser) -> None:
    """A page of the attacker's posts to /return with the attacker's codename and token."""
    attacker = site.browser()
    codename = site.report(attacker)
    token = attacker.get("/return").form("codename").hidden["token"]
    victim.forget("session")
    page = victim.post("/return", [("token", token), ("codename", codename)])
    assert page.status == 400
    assert victim.cookie("session") is None


def test_a_planted_nonce_gives_no_codename_that_its_planter_knows(site: Site) -> None:
    attacker, target = site.browser(), site.browser()
    form = attacker.get("/report").form("message")
    known = attacker.submit(form, {"desk": "confidant", "message": "x"}).codename
    own = target.get("/report").form("message")
    page = target.submit(own, {"desk": "confidant", "message": "x", "token": form.hidden["token"]})
    assert page.status == 400
    assert target.submit(own, {"desk": "confidant", "message": "x"}).codename != known


def test_no_get_changes_anything_of_a_case(site: Site, victim: Browser) -> None:
    items = len(site.items())
    case = ("/case?withdraw=withdraw&message=x", "/case?hide=on", "/case/hide?hide=on", "/case/delete")
    for path in (*case, "/case/delete-all", "/report?desk=confidant"):
        victim.get(path)
    assert unchanged(site, victim, items)


def answer_of(page: Page) -> str:
    return re.sub(r'(name="(?:token|draft|codename)"[^>]* value|value)="[^"]*"', "", page.text)


def test_a_case_id_or_a_key_in_a_cookie_opens_nothing(site: Site, victim: Browser) -> None:
    keys = site.keys(victim.get("/sent").codename)
    for value in (keys.case, keys.root.hex(), keys.lookup_id.hex(), victim.get("/sent").codename.replace(" ", "-")):
        stranger = site.browser()
        stranger.client.set_cookie("session", value)
        page = stranger.get("/case")
        assert page.status == 401
        assert answer_of(page) == answer_of(site.browser().get("/case"))
