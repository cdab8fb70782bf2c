"""Reporters who send, lose the answer, send again, come back, read, delete and withdraw, while the server is killed.

Each act is short. What was cut off goes on with the next act, as with a person who presses the button once more.
"""

from __future__ import annotations

import http.client
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.attacking.crash.ledger import Case, Ledger, Sent, mark_of, sha256
from tests.visitor import File, Form, Page, Visitor, multipart

DESKS = ("advisers", "committee")
CUT_OFF = (OSError, http.client.HTTPException)
OUR_PAGE = ('<main id="main"', "<footer")
ARTICLE = re.compile(r'<article[^>]*class="reply(?P<bad> bad)?".*?</article>', re.S)
MOST_BYTES = 1_500_000


def is_our_page(page: Page) -> bool:
    return all(part in page.text for part in OUR_PAGE)


@dataclass
class Pending:
    """A form that was sent, and whose answer nobody has seen yet."""

    case: Case
    sent: Sent
    visitor: Visitor
    form: Form
    values: dict[str, str | Sequence[str]]
    files: list[File]
    tries: int = 0


@dataclass
class Reporter:
    """One thread's reporters, one after the other. `name`: letters only, for the marks."""

    name: str
    chances: random.Random
    visitor: Callable[[], Visitor]
    ledger: Ledger
    pending: Pending | None = None
    own: list[Case] = field(default_factory=list)
    marks: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether something was sent that nobody has seen acknowledged."""
        return self.pending is not None

    def act(self) -> None:
        """Do one thing; what the wire cuts off is gone on with the next time."""
        try:
            if self.pending is not None:
                self.send(self.pending)
            else:
                self._choose()()
        except CUT_OFF:
            return

    def _choose(self) -> Callable[[], None]:
        known = [case for case in self.own if case.codename and not case.withdrawing]
        if not known or self.chances.random() < 0.35:
            return self._report
        case = self.chances.choice(known)
        often = (self._follow_up, self.look) * 4 + (self._delete,) * 3
        chosen = self.chances.choice((*often, self._withdraw))
        return lambda: chosen(case)

    def _sent(self, desks: tuple[str, ...], files: list[File]) -> Sent:
        self.marks += 1
        mark = f"{self.name}{self.marks}x{self.chances.randrange(10**6)}"
        return Sent(mark, desks, tuple(sha256(content) for _, _, content in files))

    def _files(self) -> list[File]:
        count = self.chances.choice((0, 0, 1, 2))
        sizes = [int(MOST_BYTES * self.chances.random() ** 3) for _ in range(count)]
        return [(f"{i}.bin", "application/octet-stream", self.chances.randbytes(size)) for i, size in enumerate(sizes)]

    def _report(self) -> None:
        desks = tuple(self.chances.sample(DESKS, self.chances.choice((1, 1, 2))))
        pending = self.prepared(desks, self._files())
        if pending is not None:
            self._begin(pending)

    def prepared(self, desks: tuple[str, ...], files: list[File]) -> Pending | None:
        """Fill the form of a first report in; None when there is none now."""
        visitor = self.visitor()
        page = visitor.get("/report")
        if not self._served(page):
            return None
        sent = self._sent(desks, files)
        case = self.ledger.begin(sent)
        self.own.append(case)
        values: dict[str, str | Sequence[str]] = {
            "desk": list(desks),
            "mandate": self.chances.choice(("listen", "advise", "investigate")),
            "message": f"{sent.mark} was here.",
        }
        return Pending(case, sent, visitor, page.form("message", "mandate"), values, files)

    def _follow_up(self, case: Case) -> None:
        page, visitor = self._come_back(case)
        if page is None:
            return
        files = self._files()
        sent = self._sent(case.sent[0].desks, files)
        self.ledger.add(case, sent)
        form, values = page.form("message", "mandate"), {"message": f"{sent.mark} once more."}
        self._begin(Pending(case, sent, visitor, form, dict(values), files))

    def _withdraw(self, case: Case) -> None:
        page, visitor = self._come_back(case)
        if page is None:
            return
        sent = self._sent(case.sent[0].desks, [])
        case.withdrawing = True
        self.ledger.add(case, sent)
        form, values = page.form("message", "withdraw"), {"message": f"{sent.mark} no more.", "withdraw": ["withdraw"]}
        self._begin(Pending(case, sent, visitor, form, dict(values), []))

    def _begin(self, pending: Pending) -> None:
        """Send a form for the first time; now and then hang up before its answer."""
        self.pending = pending
        if self.chances.random() < 0.15:
            self._hang_up(pending)
        else:
            self.send(pending)

    def _hang_up(self, pending: Pending) -> None:
        visitor = pending.visitor
        body, kind = multipart(visitor.filled(pending.form, pending.values), pending.files)
        line = visitor.connection()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        headers = {"Content-Type": kind, "Cookie": cookies, "Sec-Fetch-Site": "same-origin"}
        line.request("POST", pending.form.action, body, headers)
        line.close()

    def send(self, pending: Pending) -> None:
        """Press the button, perhaps once more; `pending` is no more when it was acknowledged."""
        pending.tries += 1
        page = pending.visitor.submit(pending.form, pending.values, pending.files)
        if page.status == 401 and any("codename" in form.names for form in page.forms) and pending.case.codename:
            page = self._sign_in_again(pending, page)
        self.take(pending, page)

    def _sign_in_again(self, pending: Pending, page: Page) -> Page:
        """Type the codename on the page that kept the text, and press the button again; files are chosen again."""
        page = pending.visitor.submit(page.form("codename"), {"codename": pending.case.codename})
        if page.status != 200:
            return page
        form = page.form("message", "withdraw") if "withdraw" in pending.values else page.form("message", "mandate")
        if pending.sent.mark not in dict(form.fields).get("message", ""):
            self.ledger.complain(f"{pending.sent.mark}: the typed text was not kept over a new sign-in")
        pending.form = form
        return pending.visitor.submit(form, pending.values, pending.files)

    def take(self, pending: Pending, page: Page) -> None:
        """Note what an answer says of what was sent."""
        if not self._served(page, (400, 401, 503)):
            return
        if page.status == 200 and 'id="codename"' in page.text:
            self.ledger.acknowledge(pending.case, pending.sent, page.codename)
            self.pending = None
            if self.chances.random() < 0.2:
                self._repeat(pending)
        elif page.status == 200 and 'class="done"' in page.text:
            self.ledger.acknowledge(pending.case, pending.sent)
            self.pending = None
        elif page.status in (400, 503):
            self._press_again(pending, page)

    def _press_again(self, pending: Pending, page: Page) -> None:
        """Go on with the form that came back, if it did; a page without it is left by Back."""
        kept = [form for form in page.forms if "message" in form.names]
        if not kept:
            return
        if pending.sent.mark not in dict(kept[0].fields).get("message", ""):
            self.ledger.complain(f"{pending.sent.mark}: a refusal ({page.status}) did not keep the typed text")
        pending.form = kept[0]

    def _repeat(self, pending: Pending) -> None:
        page = pending.visitor.submit(pending.form, pending.values, pending.files)
        if page.status == 200 and 'id="codename"' in page.text:
            self.ledger.acknowledge(pending.case, pending.sent, page.codename)

    def look(self, case: Case) -> None:
        """Come back and hold the replies that are shown against those that must be."""
        self._shown(case)

    def looked(self, case: Case) -> Page | None:
        """Come back as `look` does; return the page, or None when there was none."""
        return self._shown(case)[0]

    def _shown(self, case: Case) -> tuple[Page | None, Visitor]:
        before = (case.must_show, case.must_not_show)
        page, visitor = self._come_back(case)
        if page is not None:
            articles = list(ARTICLE.finditer(page.text))
            if any(article["bad"] for article in articles):
                self.ledger.complain(f"{case.sent[0].mark}: a reply cannot be trusted")
            self.ledger.see(case, before, [mark_of(article[0]) for article in articles])
        return page, visitor

    def _delete(self, case: Case) -> None:
        page, visitor = self._shown(case)
        forms = [form for form in page.forms if form.action.startswith("/case/delete?")] if page else []
        if page is None or not forms:
            return
        form = self.chances.choice(forms)
        article = next(each[0] for each in ARTICLE.finditer(page.text) if form.hidden["item"] in each[0])
        answer = case.answers.get(mark_of(article))
        if answer is None:
            return
        answer.deleting = True
        page = visitor.submit(form)
        if self._served(page) and mark_of(article) not in page.text:
            answer.deleted = True

    def _come_back(self, case: Case) -> tuple[Page | None, Visitor]:
        visitor = self.visitor()
        page = visitor.get("/return")
        if self._served(page):
            page = visitor.submit(page.form("codename"), {"codename": case.codename})
            if self._served(page, (503,)) and page.status == 200:
                if page.path.split("?")[0] != "/case":
                    self.ledger.complain(f"{case.sent[0].mark}: the codename leads to {page.path}")
                    return None, visitor
                return page, visitor
        return None, visitor

    def _served(self, page: Page, also: tuple[int, ...] = ()) -> bool:
        """Count an answer, and complain of one that is neither what was asked for nor a refusal of ours."""
        self.statuses[page.status] = self.statuses.get(page.status, 0) + 1
        if not is_our_page(page):
            self.ledger.complain(f"{page.path.split('?')[0]}: {page.status} without a page of ours")
            return False
        if page.status != 200 and page.status not in (*also, 503):
            self.ledger.complain(f"{page.path.split('?')[0]}: {page.status}: {_heading(page)}")
        return page.status == 200 or page.status in also


def _heading(page: Page) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.S)
    return found[1] if found else ""
