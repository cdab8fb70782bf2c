"""tor and the onion service: the program, how far it is, and a real visit through it to the page that reporters open.

The visit goes the whole way that a reporter's does, so it takes as long; everything else is asked of the machine.
"""

from collections.abc import Iterator

from dropbox.errors import OnionControlFailed, OnionError
from dropbox.server import onion
from dropbox.server.check.rows import Looked, Row, fail, ok, warn
from dropbox.server.socks import OnionVisitor

VISIT_SECONDS = 90.0
_LANDMARK = 'href="/report'
"""What the welcome page has and no other server's page is likely to: its way to the form."""


def look(looked: Looked) -> Iterator[Row]:
    settings = looked.settings
    mode = settings.onion.mode
    if mode == "off":
        yield ok("onion service", "switched off")
        return
    if mode == "external":
        yield ok("onion service", "carried by tor's own configuration")
        yield from _circuits(looked)
        return
    if mode == "launch":
        yield from _binary(settings.onion.tor_binary)
    else:
        advice = 'Put HiddenServiceEnableIntroDoSDefense into tor\'s own configuration, or use onion.mode = "launch".'
        yield warn("onion defences", "introduction limits and circuit ids cannot be set this way", advice)
    yield from _circuits(looked)
    yield _running(looked)


def look_by_visit(looked: Looked) -> Iterator[Row]:
    """Open the welcome page through tor, as a reporter does."""
    settings = looked.settings
    if settings.onion.mode == "off":
        return
    address = onion.known_address(settings.server.data_dir)
    if address is None:
        yield warn("reachable", "there is no onion address yet", "Start the server with tor, and check again.")
        return
    advice = "See the row of the onion service and of the server; tor's log says more: journalctl -u tor@default"
    try:
        page = OnionVisitor(onion.socks_path(settings), address, timeout=VISIT_SECONDS).get("/")
    except OnionError as error:
        yield fail("reachable", f"through tor: {error}", error.hint or advice)
        return
    if page.status != 200 or _LANDMARK not in page.text:
        yield fail("reachable", f"something answers through tor, with status {page.status}, and not this drop", advice)
    else:
        yield ok("reachable", "the welcome page came through tor")


def _binary(binary: str) -> Iterator[Row]:
    version = onion.tor_version(binary)
    if version is None:
        yield fail("tor", "is not installed", "apt install tor")
        return
    if not onion.is_supported(version):
        yield fail("tor", f"version {version} is too old", "Install tor 0.4.8 or newer.")
        return
    yield ok("tor", f"version {version}")
    if not onion.has_proof_of_work(binary):
        advice = "Install a tor built with it; without it a flood can make the drop unreachable."
        yield warn("onion defences", "this tor has no proof-of-work defence", advice)


def _circuits(looked: Looked) -> Iterator[Row]:
    """Say when nothing that is limited per circuit is limited: all visitors then look like one."""
    if onion.has_circuit_ids(looked.settings):
        return
    advice = (
        'Let tor tell its circuits: onion.mode = "launch", or "external" with HiddenServiceExportCircuitID haproxy and '
        "circuit_ids = true. Until then one visitor can slow down all the others."
    )
    yield warn("circuits", "tor does not tell them apart, so no limit per circuit works", advice)


def _running(looked: Looked) -> Row:
    settings = looked.settings
    address = onion.known_address(settings.server.data_dir)
    try:
        percent = onion.bootstrap_percent(settings)
    except OnionControlFailed as failure:
        advice = "Start the server: dropbox-server serve" if settings.onion.mode == "launch" else failure.hint
        return warn("onion service", "tor does not answer", advice)
    if percent < 100:
        advice = "Check this machine's way to the internet and its clock."
        return warn("onion service", f"tor is at {percent} % of its way in", advice)
    return ok("onion service", f"tor is up; {address or 'not published yet'}")
