"""Somebody else's forms, tokens and cookies: replayed, crossed, cut, signed anew, planted before a sign-in, tossed.

Each check is a sentence of what must not happen; what happened all the same is blamed on the site.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator

from itsdangerous import TimestampSigner

from tests.attacking.http.client import SAME_ORIGIN, Client
from tests.attacking.http.judge import Judge
from tests.attacking.http.stage import DESK, INVESTIGATOR, Stage
from tests.visitor import Form, Page

Held = Iterator[tuple[str, bool]]
"""What must hold, and whether it did."""
_ELSEWHERE = ("cross-site", "same-site", "none", "Same-Origin", "", "same-origin, cross-site", "x")
_WRONG = "abacus abdomen abdominal abide abiding ability ablaze"


def try_all(stage: Stage, judges: tuple[Judge, Judge], chances: random.Random) -> int:
    """Try everything; return how many things were asked."""
    reporters, courier = judges
    town = _Town(stage, reporters, courier)
    asked = 0
    for check in (_fixed_sessions, _other_sites, _crossed_tokens, _changed_tokens, _tossed_cookies, _courier):
        for what, held in check(town, chances):
            asked += 1
            if not held:
                reporters.blame(what, check.__name__.strip("_"))
    return asked


class _Town:
    """Three reporters with a case each, and strangers. A case has at most three sessions at once."""

    def __init__(self, stage: Stage, judge: Judge, courier: Judge) -> None:
        self.stage, self.judge, self.courier_judge = stage, judge, courier
        self.anna, self.annas = self.report("Anna's words.")
        self.bert, self.berts = self.report("Bert's words.")
        _, self.victims = self.report("The victim's words.")

    def stranger(self) -> Client:
        return Client(self.stage.port, self.judge)

    def report(self, text: str, client: Client | None = None) -> tuple[Client, str]:
        client = client or self.stranger()
        form = client.get("/report").form("message", "mandate")
        page = client.follow(client.send(form, {"desk": DESK, "mandate": "listen", "message": text}))
        return client, page.codename

    def come_back(self, client: Client, codename: str) -> Page:
        return client.follow(client.send(client.get("/return").form("codename"), {"codename": codename}))

    @staticmethod
    def is_in(client: Client) -> bool:
        return client.get("/case").status == 200


def _fixed_sessions(town: _Town, _chances: random.Random) -> Held:
    for planted in (town.bert.cookies["session"], "planted", secrets.token_urlsafe(32), ""):
        victim = town.stranger()
        victim.cookies["session"] = planted
        town.come_back(victim, town.victims)
        yield "a session's cookie is the one that stood there before the sign-in", victim.cookies["session"] != planted
        thief = town.stranger()
        thief.cookies["session"] = planted
        page = thief.get("/case")
        yield "a planted cookie opens what its victim signed in to", page.status == 401 or "victim" not in page.text
        yield "the planted session lives on beside the new one", page.status == 401
        town.come_back(town.bert, town.berts)
    victim = town.stranger()
    victim.cookies |= {"visit": town.bert.cookies["visit"], "session": town.bert.cookies["session"]}
    _, codename = town.report("Behind a planted visit.", victim)
    yield "a planted visit gives its victim the planter's codename", codename not in {town.annas, town.berts}
    yield "a planted session is the reporter's own", victim.cookies["session"] != town.bert.cookies["session"]
    before = victim.cookies["session"]
    victim.get("/leave", SAME_ORIGIN)
    victim.cookies["session"] = before
    yield "a session goes on after it was left", not town.is_in(victim)
    town.come_back(town.bert, town.berts)


def _other_sites(town: _Town, _chances: random.Random) -> Held:
    """A form that another site has sent, with everything that such a site cannot know."""
    case = town.anna.get("/case").form("message", "withdraw")
    for site in _ELSEWHERE:
        for name in ("Sec-Fetch-Site", "sec-fetch-site"):
            page = town.anna.send(case, {"withdraw": "withdraw"}, {name: site, "Origin": "null"})
            yield f"a form from {site!r} is taken", page.status == 403
    for headers in ({}, {"Origin": "http://zzcanaryzz.onion"}, {"Origin": "null"}, {"Sec-Fetch-Mode": "no-cors"}):
        for token in ("", "x", town.bert.get("/case").form("message", "withdraw").hidden["token"]):
            page = town.anna.send(case, {"withdraw": "withdraw", "token": token}, headers)
            yield "a form with a stranger's token is taken", page.status in {400, 401, 403}
    here = town.anna.get("/case")
    yield "another site withdrew a case", here.form("message", "withdraw").fields == case.fields or _same(here, case)
    for path in (
        "/case?withdraw=withdraw",
        "/case?message=x",
        "/return?codename=" + _WRONG.replace(" ", "+"),
        "/leave",
    ):
        town.anna.get(path, {"Sec-Fetch-Site": "cross-site"})
    yield "a link of another site ended or changed a session", town.is_in(town.anna)


def _same(page: Page, form: Form) -> bool:
    return page.form("message", "withdraw").names == form.names


def _crossed_tokens(town: _Town, _chances: random.Random) -> Held:
    """A token is good for its own form of its own visit or session."""
    report, back = town.stranger(), town.stranger()
    of_report = report.get("/report").form("message", "mandate")
    of_return = back.get("/return").form("codename")
    sent = {"desk": DESK, "mandate": "listen", "message": "Crossed."}
    page = back.send(of_report, sent)
    yield "a report's form is taken from another visit", page.status == 400
    page = report.send(of_report, sent | {"token": of_return.hidden["token"]})
    yield "a report is taken with another form's token", page.status == 400
    page = report.send(of_return, {"codename": town.annas, "token": of_report.hidden["token"]})
    yield "a sign-in is taken with another form's token", page.status == 400
    case = town.anna.get("/case").form("message", "withdraw")
    page = town.bert.send(case, {"message": "Across."})
    yield "a follow-up is taken with another session's token", page.status in {400, 401}
    first = report.follow(report.send(of_report, sent))
    again = report.follow(report.send(of_report, sent | {"message": "Replayed with other words."}))
    yield "a report that is sent again opens a second case", again.status != 200 or again.codename == first.codename
    stranger = town.stranger()
    stranger.cookies["visit"] = "A" * 43
    yield "a report's form is replayed by another visit", stranger.send(of_report, sent).status == 400


def _changed_tokens(town: _Town, chances: random.Random) -> Held:
    """Cut, turned over, put together and signed by somebody else: no such token and no such cookie is ever taken."""
    case = town.anna.get("/case").form("message", "withdraw")
    for token in _changed(case.hidden["token"], chances):
        page = town.anna.send(case, {"message": "Changed.", "token": token})
        yield f"the token {token[:40]!r} is taken", page.status in {400, 401, 413}
    for cookie in _changed(town.anna.cookies["session"], chances):
        thief = town.stranger()
        page = thief.get("/case", {"Cookie": f"session={cookie}"})
        yield f"the cookie {cookie[:40]!r} is taken", page.status in {400, 401, 431}


def _changed(signed: str, chances: random.Random) -> Iterator[str]:
    value, _, rest = signed.partition(".")
    stamp, _, signature = rest.partition(".")
    for end in sorted(chances.sample(range(len(signed)), 12)):
        yield signed[:end]
    for place in chances.sample(range(len(signed) - 2), 12):
        other = "A" if signed[place] != "A" else "B"
        yield signed[:place] + other + signed[place + 1 :]
    yield from (
        f"{value}.{signature}",
        f"{value}..{signature}",
        f".{stamp}.{signature}",
        f"{value}.{stamp}.",
        "..",
        ".",
    )
    yield from (f"{stamp}.{value}.{signature}", signed + "x", signed * 2, f"{signed}.{signature}", "A" * 8000)
    yield f"{value}.AAAAAAAA.{signature}"
    for salt in ("drop1:session", "drop1:form:report", "itsdangerous.Signer", "cookie-session"):
        for key in (b"", b"secret", b"\0" * 32):
            yield TimestampSigner(key or b" ", salt=salt).sign(value).decode()


def _tossed_cookies(town: _Town, _chances: random.Random) -> Held:
    """More cookies of one name, as a neighbour with the same cookies might set: never a mixture of two people."""
    anna, bert = (f"session={each.cookies['session']}" for each in (town.anna, town.bert))
    for line in (f"{anna}; {bert}", f"{bert}; {anna}", f"session=; {anna}", f"{anna}; session=x", f'session="{anna}"'):
        page = town.stranger().get("/case", {"Cookie": line})
        both = page.status == 200 and town.anna.cookies["session"] in page.text
        yield "two cookies of one name make a page of both", page.status in {200, 401} and not both
    for line in (
        "visit",
        "=",
        ";",
        ";;;=;",
        "session",
        "session==",
        "visit=\xff",
        "visit=\x7f",
        " session = x",
        '"',
        "a" * 5000,
    ):
        yield "an odd cookie breaks a page", town.stranger().get("/case", {"Cookie": line}).status in {401, 400}
    for name in ("Session", "SESSION", "__Host-session", "__Secure-session", "session ", "session[]", "courier"):
        page = town.stranger().get("/case", {"Cookie": anna.replace("session", name, 1)})
        yield f"a session is found in a cookie named {name!r}", page.status in {400, 401} or name == "session "


def _courier(town: _Town, chances: random.Random) -> Held:
    """The same of an investigator's session."""
    stage = town.stage
    victim = Client(stage.courier_port, town.courier_judge, {"courier": "planted", "courier-visit": "B" * 43})
    form = victim.get("/").form("passphrase")
    page = victim.send(form, {"name": INVESTIGATOR, "passphrase": stage.passphrase})
    yield "an investigator cannot sign in with a planted cookie there", page.status == 303
    yield "a courier's session is the one that was planted", victim.cookies["courier"] != "planted"
    fetching = next(each for each in victim.get("/").forms if ("desk", DESK) in each.fields)
    for site in _ELSEWHERE:
        page = victim.send(fetching, {}, {"Sec-Fetch-Site": site})
        yield f"a courier's form from {site!r} is taken", page.status == 403
    for token in ("", *list(_changed(fetching.hidden["token"], chances))[:20]):
        page = victim.send(fetching, {"token": token}, {})
        yield "a courier's form is taken without its token", page.status in {400, 401}
    for cookie in (town.anna.cookies["session"], *list(_changed(victim.cookies["courier"], chances))[:20]):
        thief = Client(stage.courier_port, town.courier_judge)
        page = thief.get("/made/x", {"Cookie": f"courier={cookie}"})
        yield "a courier's session opens to a cookie that is none", page.status in {400, 401}
    page = town.stranger().get("/case", {"Cookie": f"session={victim.cookies['courier']}"})
    yield "an investigator's cookie opens a reporter's case", page.status == 401
