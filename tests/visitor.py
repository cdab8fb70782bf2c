"""A reporter's browser in a hundred lines: cookies, forms with their hidden fields, redirects; no scripts.

Knows nothing of the server's code. It reads forms out of the page as a browser would, so a page whose form lost a field
fails here as it would fail a person.
"""

from __future__ import annotations

import http.client
import re
import secrets
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

File = tuple[str, str, bytes]
"""(name, media type, content) of one file in a form's `files` field."""

VOID = {"input", "br", "meta", "link", "hr", "img", "wbr"}


@dataclass
class Form:
    """One form as it stands in the page, with the values that a browser would send untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.fields} | set(self.choices) | set(self.buttons)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._textarea: str | None = None
        self._select: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "option" and self._form is not None and self._select is not None:
            self._option(given.get("value", ""), "selected" in given)
        elif self._form is not None and "name" in given:
            self._field(tag, given, {key for key, _ in attrs})

    def _field(self, tag: str, given: dict[str, str], present: set[str]) -> None:
        form = self._form
        assert form is not None
        name, value, kind = given["name"], given.get("value", ""), given.get("type", "text")
        if tag == "textarea":
            self._textarea, self._text = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "button" or kind == "submit":
            form.buttons.setdefault(name, []).append(value)
        elif kind in ("checkbox", "radio"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in present:
                form.fields.append((name, value))
        elif tag == "input" and kind != "file":
            form.fields.append((name, value))
            if kind == "hidden":
                form.hidden[name] = value

    def _option(self, value: str, selected: bool) -> None:
        """Keep an option: the first one counts until another one says that it is selected."""
        form, name = self._form, self._select
        assert form is not None
        assert name is not None
        first = name not in form.choices
        form.choices.setdefault(name, []).append(value)
        if first or selected:
            form.fields[:] = [*(each for each in form.fields if each[0] != name), (name, value)]

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea is not None and self._form is not None:
            self._form.fields.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._form = None


@dataclass
class Page:
    """One answer, after redirects."""

    status: int
    path: str
    headers: Mapping[str, str]
    body: bytes
    raw_headers: Sequence[tuple[str, str]] = ()

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def forms(self) -> list[Form]:
        reader = _Reader()
        reader.feed(self.text)
        return reader.forms

    def form(self, *names: str) -> Form:
        """Return the first form that has all these fields."""
        return next(form for form in self.forms if set(names) <= form.names)

    def form_to(self, path: str) -> Form:
        """Return the first form that is sent to this path, whatever its query."""
        return next(form for form in self.forms if re.split("[?#]", form.action)[0] == path)

    @property
    def codename(self) -> str:
        found = re.search(r'id="codename"[^>]*>(.*?)</ol>', self.text, re.S)
        assert found, f"no codename on the page (status {self.status})"
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())

    @property
    def replies(self) -> list[str]:
        return re.findall(r'<article[^>]*class="[^"]*\breply\b[^"]*".*?</article>', self.text, re.S)


class Visitor:
    """One person with one cookie jar."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.cookies: dict[str, str] = {}

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._host, self._port, timeout=60)

    def get(self, path: str) -> Page:
        return self._follow(self.request("GET", path))

    def submit(
        self,
        form: Form,
        values: Mapping[str, str | Sequence[str]] | None = None,
        files: Sequence[File] | None = None,
    ) -> Page:
        """Send a form as a browser does: its own values, overridden by `values`; multipart when `files` is given."""
        fields = self.filled(form, values or {})
        if files is None:
            body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = multipart(fields, files)
        return self._follow(self.request("POST", form.action, body, kind))

    @staticmethod
    def filled(form: Form, values: Mapping[str, str | Sequence[str]]) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in form.fields if name not in values]
        for name, value in values.items():
            kept += [(name, value)] if isinstance(value, str) else [(name, each) for each in value]
        return kept

    def request(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Page:
        """Send one request without following anything."""
        connection = self.connection()
        headers = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if kind:
            headers["Content-Type"] = kind
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        raw = answer.getheaders()
        self._keep_cookies(raw)
        return Page(answer.status, path, {name.lower(): value for name, value in raw}, content, raw)

    def _follow(self, page: Page) -> Page:
        for _ in range(5):
            if page.status not in (302, 303):
                return page
            target = urllib.parse.urljoin(page.path, page.headers["location"])
            page = self.request("GET", target)
        raise AssertionError("more than five redirects")

    def _keep_cookies(self, headers: Sequence[tuple[str, str]]) -> None:
        for name, value in headers:
            if name.lower() != "set-cookie":
                continue
            pair, *attributes = value.split(";")
            key, _, content = pair.strip().partition("=")
            gone = any(attribute.strip().lower() == "max-age=0" for attribute in attributes)
            if gone or not content:
                self.cookies.pop(key, None)
            else:
                self.cookies[key] = content


def multipart(fields: Sequence[tuple[str, str]], files: Sequence[File]) -> tuple[bytes, str]:
    """Return a multipart body, fields before files, and its content type."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for name, kind, content in files:
        shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{shown}"\r\n'
        parts.append(head.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
