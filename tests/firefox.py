"""A real headless Firefox with scripts off, through Tor's SOCKS port, driven over Marionette."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marionette_driver import errors
from marionette_driver.by import By
from marionette_driver.marionette import Marionette

from tests.drop_process import free_port

PAGE_SECONDS = 90

BASE_PREFS: dict[str, bool | int | str] = {
    "javascript.enabled": False,
    "dom.security.https_only_mode": False,
    "network.dns.blockDotOnion": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en",
    "network.proxy.no_proxies_on": "",
}


class Firefox:
    """`with Firefox(socks_port) as browser:`; without a SOCKS port it reaches loopback directly."""

    def __init__(self, socks_port: int | None = None, *, flags: Sequence[str] = (), **prefs: bool | int | str) -> None:
        self._prefs: dict[str, bool | int | str] = {**BASE_PREFS, **{k.replace("__", "."): v for k, v in prefs.items()}}
        if socks_port is not None:
            self._prefs |= {
                "network.proxy.type": 1,
                "network.proxy.socks": "127.0.0.1",
                "network.proxy.socks_port": socks_port,
                "network.proxy.socks_version": 5,
                "network.proxy.socks_remote_dns": True,
                "network.proxy.allow_hijacking_localhost": True,
            }
        self._flags = flags
        self._profile = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.driver: Any = None

    def __enter__(self) -> Firefox:
        port = free_port()
        self._profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        lines = [f"user_pref({_js(name)}, {_js(value)});" for name, value in self._prefs.items()]
        lines.append(f'user_pref("marionette.port", {port});')
        (self._profile / "user.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
        arguments = ["--headless", "--marionette", "--no-remote", *self._flags, "--profile", str(self._profile)]
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(
            ["firefox-esr", *arguments],
            stdin=null,
            stdout=null,
            stderr=null,
            env={**os.environ, "HOME": str(self._profile), "MOZ_HEADLESS": "1"},
            start_new_session=True,
        )
        try:
            self.driver = Marionette(host="127.0.0.1", port=port, startup_timeout=60)
            self.driver.start_session()
            self.driver.timeout.page_load = PAGE_SECONDS
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:  # its own session: the group holds its content processes only
                os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def go(self, url: str, tries: int = 4) -> None:
        """Open a page; an onion service that is still being published gets some more tries."""
        for attempt in range(1, tries + 1):
            try:
                self.driver.navigate(url)
            except (errors.UnknownException, errors.TimeoutException):
                if attempt == tries:
                    raise
            else:
                return

    def find(self, selector: str) -> Any:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[Any]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def type(self, selector: str, text: str) -> None:
        self.find(selector).send_keys(text)

    def enter_frame(self, selector: str) -> None:
        self.driver.switch_to_frame(self.find(selector))

    def leave_frame(self) -> None:
        self.driver.switch_to_frame()

    @property
    def source(self) -> str:
        return str(self.driver.page_source)

    @property
    def url(self) -> str:
        return str(self.driver.get_url())

    def screenshot(self, target: Path, width: int = 1100, height: int = 900) -> None:
        self.driver.set_window_rect(width=width, height=height)
        target.write_bytes(base64.b64decode(self.driver.screenshot(full=True)))


def _js(value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'
