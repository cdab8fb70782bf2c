"""A real headless Chromium with scripts off, through Tor's SOCKS port, driven by Selenium; as tests/firefox.py does."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PAGE_SECONDS = 90
BLOCK = 2  # Chromium's own number for "never" in its content settings.


class Chromium:
    """`with Chromium(socks_port) as browser:`; without a SOCKS port it reaches loopback directly."""

    def __init__(self, socks_port: int | None = None, languages: str = "en") -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._options = Options()
        self._options.binary_location = "/usr/bin/chromium"
        for argument in self._arguments(socks_port):
            self._options.add_argument(argument)
        self._options.add_experimental_option(
            "prefs",
            {
                "profile.managed_default_content_settings.javascript": BLOCK,
                "intl.accept_languages": languages,
                "dns_prefetching.enabled": False,
            },
        )

    def __enter__(self) -> Chromium:
        service = Service("/usr/bin/chromedriver", env={**os.environ, "HOME": str(self._profile)})
        try:
            self.driver = webdriver.Chrome(options=self._options, service=service)
            self.driver.set_page_load_timeout(PAGE_SECONDS)
        except BaseException:
            shutil.rmtree(self._profile, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def go(self, url: str, tries: int = 4) -> None:
        """Open a page; an onion service that is still being published gets some more tries."""
        for attempt in range(1, tries + 1):
            try:
                self.driver.get(url)
            except WebDriverException:
                if attempt == tries:
                    raise
            else:
                return

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def type(self, selector: str, text: str) -> None:
        self.find(selector).send_keys(text)

    def enter_frame(self, selector: str) -> None:
        self.driver.switch_to.frame(self.find(selector))

    def leave_frame(self) -> None:
        self.driver.switch_to.default_content()

    @property
    def source(self) -> str:
        return self.driver.page_source

    @property
    def url(self) -> str:
        return self.driver.current_url

    def _arguments(self, socks_port: int | None) -> list[str]:
        arguments = [
            "--headless=new",
            f"--user-data-dir={self._profile}",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--disable-features=HttpsFirstBalancedModeAutoEnable,HttpsUpgrades",
            "--window-size=1100,900",
        ]
        if os.geteuid() == 0:  # Chromium's own sandbox does not start for root.
            arguments.append("--no-sandbox")
        if socks_port is not None:
            arguments.append(f"--proxy-server=socks5://127.0.0.1:{socks_port}")
            arguments.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
        return arguments
