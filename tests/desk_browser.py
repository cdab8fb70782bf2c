"""A browser for the tests of the desk page's own rooms: Flask's client with the link spent, and forms' tokens sent."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dropbox.workstation.desk_site import Desk, create_site
from tests.factories_bundles import Investigator

HOST = "127.0.0.1:4711"
BASE = f"http://{HOST}"
JOB_SECONDS = 30
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


class DeskBrowser:
    def __init__(self, desk: Desk, client: FlaskClient) -> None:
        self.desk = desk
        self.client = client
        self.token = ""

    def get(self, path: str = "/", status: int = 200) -> str:
        answer = self.client.get(path, base_url=BASE)
        assert answer.status_code == status, answer.text
        if found := _TOKEN.search(answer.text):
            self.token = found[1]
        return answer.text

    def send(self, path: str, fields: Mapping[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form with this session's token, and give the answer as it comes."""
        if not self.token:
            self.get("/import")
        return self.client.post(path, base_url=BASE, data={"token": self.token, **(fields or {})}, **more)

    def post(self, path: str, fields: Mapping[str, Any] | None = None) -> str:
        """Send a form that must be taken, and return the page that it leads to."""
        answer = self.send(path, fields)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"].split("#")[0])

    def refused(self, path: str, fields: Mapping[str, Any] | None = None, status: int = 400) -> str:
        """Send a form that must come back, and return its page."""
        answer = self.send(path, fields)
        assert answer.status_code == status, answer.text
        assert "<title>Error:" in answer.text
        return answer.text

    def import_bundle(self, path: Path) -> str:
        """Hand a bundle over as a browser does, and return the page that tells what was in it."""
        answer = self.send("/import", {"bundle": (BytesIO(path.read_bytes()), path.name)})
        assert answer.headers.get("Location") == "/import/running", answer.text
        self.desk.jobs.wait(JOB_SECONDS)
        return self.get("/import/done")


@contextmanager
def desk_browser(of: Investigator, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    """Give somebody's desk page with its link spent; their GnuPG home is this process's own meanwhile."""
    monkeypatch.setenv("GNUPGHOME", str(of.home))
    desk = Desk(of.vault)
    site = create_site(desk)
    site.config["HOST"] = HOST
    with site.test_client() as client:
        assert client.get(f"/enter/{desk.door.link}", base_url=BASE).status_code == 303
        yield DeskBrowser(desk, client)
        desk.jobs.wait(JOB_SECONDS)
        desk.flush()
