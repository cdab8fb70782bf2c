"""One browser on the desk page of one vault, without a browser: for tests of what its pages say and refuse."""

import html
import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dropbox.workstation.desk_site import Desk, Door, create_site
from tests.factories_bundles import Investigator

HOST = "127.0.0.1:4711"
BASE = f"http://{HOST}"
_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass(frozen=True)
class DeskPage:
    """Somebody who came in by the link; GNUPGHOME must be the vault owner's."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        answer = self.answer(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def answer(self, path: str) -> TestResponse:
        return self.client.get(path, base_url=BASE)

    def post(self, path: str, status: int = 303, **fields: str) -> TestResponse:
        """Send a form with its token, as the page at `/` carries it."""
        token = _TOKEN.search(self.client.get(fields.pop("page", "/"), base_url=BASE).text)
        assert token is not None, "no form on that page"
        answer = self.client.post(path, base_url=BASE, data={"token": token[1], **fields})
        assert answer.status_code == status, answer.text
        return answer


def enter(person: Investigator) -> DeskPage:
    door = Door()
    site = create_site(Desk(person.vault, door))
    site.config["HOST"] = HOST
    client = site.test_client()
    assert client.get(f"/enter/{door.link}", base_url=BASE).status_code == 303
    return DeskPage(client)


def text_of(page: str) -> str:
    """Return what stands on a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())
