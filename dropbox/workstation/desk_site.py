"""The desk page: cases and threads in the investigator's own browser, on loopback, for reading only.

Whoever holds the link that the terminal showed gets in, once; after that a cookie counts, in this process's life alone.
No script, no form, nothing from elsewhere; the vault is opened anew for each page, so that other commands can go on.
"""

import secrets
from pathlib import Path

from flask import Flask, Response, abort, current_app, redirect, render_template, request
from itsdangerous import BadSignature, TimestampSigner
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from dropbox.codename import case_name
from dropbox.errors import CaseUnknown, DropboxError, VaultBusy
from dropbox.workstation import mandate
from dropbox.workstation.banners import banners
from dropbox.workstation.reading import mark_read, read_case
from dropbox.workstation.terminal import line, size, visible
from dropbox.workstation.thread import author_name, items_of, missing_numbers, summaries, withdrawn_on
from dropbox.workstation.vault import open_vault

COOKIE = "desk"
LINK_SECONDS = 10 * 60
SESSION_SECONDS = 8 * 60 * 60

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class Door:
    """Who may come in: the holder of one link, once, and from then on of one cookie. Lives in memory only."""

    def __init__(self) -> None:
        self._links = TimestampSigner(secrets.token_bytes(32), salt="link")
        self._cookies = TimestampSigner(secrets.token_bytes(32), salt="cookie")
        # short, so that the link fits a terminal's line: what cannot be guessed is its signature
        self._link: str | None = secrets.token_urlsafe(8)
        self.link = self._links.sign(self._link).decode()

    def enter(self, link: str) -> str | None:
        """Return a cookie's value for the unspent link, and spend it; None for anything else."""
        given = _signed(self._links, link, LINK_SECONDS)
        if self._link is None or given is None or not secrets.compare_digest(given.encode(), self._link.encode()):
            return None
        self._link = None
        return self._cookies.sign(secrets.token_urlsafe(32)).decode()

    def knows(self, cookie: str) -> bool:
        return _signed(self._cookies, cookie, SESSION_SECONDS) is not None


def create_site(vault: Path, door: Door) -> Flask:
    """Make the site; the caller sets `HOST` in its configuration once it knows the port."""
    site = Flask(__name__)
    site.config.update(HOST="", VAULT=vault, DOOR=door)
    site.jinja_env.filters.update(visible=visible, line=line, size=size)
    site.before_request(_guard)
    site.after_request(_add_headers)
    site.register_error_handler(DropboxError, _refuse)
    site.register_error_handler(HTTPException, _fail)
    site.add_url_rule("/enter/<link>", "enter", _enter)
    site.add_url_rule("/", "cases", _cases)
    site.add_url_rule("/case/<case>", "case", _case)
    return site


def _guard() -> None:
    """Let in our own name only (a page elsewhere can point its name at 127.0.0.1), and nobody without the cookie."""
    from_elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if request.host != current_app.config["HOST"] or request.method not in ("GET", "HEAD"):
        abort(403)
    if request.endpoint in ("enter", "static"):
        return
    if from_elsewhere or not _door().knows(request.cookies.get(COOKIE, "")):
        abort(403)


def _enter(link: str) -> AnyResponse:
    cookie = _door().enter(link) if request.method == "GET" else None
    if cookie is None:
        abort(403)
    answer = redirect("/", 303)
    answer.set_cookie(COOKIE, cookie, max_age=SESSION_SECONDS, httponly=True, samesite="Strict", path="/")
    return answer


def _cases() -> str:
    with open_vault(_vault()) as vault:
        return render_template("cases.html", banners=banners(vault.casebook), cases=summaries(vault.casebook))


def _case(case: str) -> str:
    with open_vault(_vault()) as vault:
        shown = read_case(vault, vault.casebook.find_case(case))
        records = items_of(vault.casebook, shown.case.case)
        page = render_template(
            "case.html",
            banners=banners(vault.casebook),
            name=case_name(shown.case.case),
            shown=shown,
            authors={r.item: author_name(vault.casebook, r.detail.author) for r in records if r.detail},
            meaning=mandate.meaning(mandate.in_force(records)),
            history=mandate.history(records),
            missing=missing_numbers(records),
            withdrawn=withdrawn_on(records),
        )
        mark_read(vault, shown)
        return page


def _refuse(error: DropboxError) -> tuple[str, int]:
    status = {CaseUnknown: 404, VaultBusy: 409}.get(type(error), 500)
    return render_template("refused.html", message=str(error), hint=error.hint), status


def _fail(error: HTTPException) -> tuple[str, int]:
    """Say the same to everybody who may not come in, whatever was wrong."""
    if error.code == 404:
        return render_template("refused.html", message="There is no such page.", hint=""), 404
    hint = "This page opens with the link that the terminal showed, once. For a new one: dropbox-workstation open"
    return render_template("refused.html", message="You may not come in here.", hint=hint), error.code or 500


def _add_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


def _signed(signer: TimestampSigner, text: str, max_age: int) -> str | None:
    try:
        return signer.unsign(text, max_age=max_age).decode()
    except BadSignature:
        return None


def _door() -> Door:
    door: Door = current_app.config["DOOR"]
    return door


def _vault() -> Path:
    vault: Path = current_app.config["VAULT"]
    return vault
