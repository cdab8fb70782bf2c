"""A browser that does as it is told: any header, cookie or field. Forms are read out of the pages as they stand."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.attacking.http.judge import Judge
from tests.attacking.http.wire import Answer, Unsound, Wire
from tests.visitor import Form, Page

Fields = Sequence[tuple[str, str]]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Client:
    """`cookies` are sent as they are; those that an answer sets replace them."""

    port: int
    judge: Judge
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        return self.ask("GET", path, headers=headers)

    def send(self, form: Form, values: Mapping[str, str], headers: Mapping[str, str] = SAME_ORIGIN) -> Page:
        fields = [(name, value) for name, value in form.fields if name not in values]
        return self.post(form.action, [*fields, *values.items()], headers)

    def post(self, path: str, fields: Fields, headers: Mapping[str, str] = SAME_ORIGIN) -> Page:
        body = urllib.parse.urlencode(fields).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, {**kind, **headers})

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Page:
        """Send one request and follow nothing; a page without an answer has the status 0."""
        sent = {"Host": "drop", **(headers or {})}
        if self.cookies and "Cookie" not in sent:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        answer = self._exchange(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body, method)
        if answer is None:
            return Page(0, path, {}, b"")
        self._keep(answer)
        return Page(answer.status, path, dict(answer.headers), answer.body, answer.headers)

    def follow(self, page: Page) -> Page:
        return self.get(page.headers["location"]) if page.status == 303 else page

    def _exchange(self, data: bytes, method: str) -> Answer | None:
        try:
            with Wire(self.port) as wire:
                wire.send(data)
                answer = wire.answer(to_head=method == "HEAD")
        except Unsound as fault:
            self.judge.blame(str(fault), repr(data[:100]))
            return None
        self.judge.look([answer] if answer else [], repr(data[:100]))
        return answer

    def _keep(self, answer: Answer) -> None:
        for line in answer.all("set-cookie"):
            pair, *attributes = line.split(";")
            name, _, value = pair.partition("=")
            if value and not any(each.strip().lower() == "max-age=0" for each in attributes):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
