"""Wapiti, which knows how web programs are usually broken, against the running sites on loopback."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.attacking.eyes.accepted import Pointed
from tests.attacking.eyes.reading import ToolFailed, tool

SHORT = ("cookieflags", "crlf", "csp", "http_headers", "methods", "redirect", "xss")
LONG = (
    *SHORT, "backup", "csrf", "exec", "file", "htaccess", "ldap", "permanentxss", "shellshock", "spring4shell", "sql",
    "timesql", "upload",
)  # fmt: skip
"""Those that ask nobody but the site: no wordlists from elsewhere, no endpoint of wapiti's makers."""

_NOWHERE_ELSE = {"all_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1,localhost"}


def look(folder: Path, url: str, modules: tuple[str, ...], seconds: int, pages: int) -> tuple[list[Pointed], int]:
    """Return what it points at and how many pages it looked at. Raises ToolFailed."""
    out = folder / "wapiti.json"
    limits = ["--max-scan-time", str(seconds), "--max-links-per-page", "50", "--depth", "6", "--tasks", "4"]
    limits += ["--max-parameters", "12", "--scope", "domain", "--max-attack-time", str(max(10, seconds // 4))]
    command = [
        *(str(tool("wapiti", "wapiti")), "--url", url, "-m", ",".join(modules), "--format", "json", "-o", str(out)),
        *("--no-bugreport", "--flush-session", "--store-session", str(folder), "--store-config", str(folder)),
        *("--verbose", "1", "--detailed-report", "1", *limits),
    ]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", **_NOWHERE_ELSE}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=folder, timeout=seconds * 2 + 120,
    )  # fmt: skip
    if not out.exists():
        raise ToolFailed(f"wapiti: {(done.stderr or done.stdout).strip()[-400:]}")
    report = json.loads(out.read_text(encoding="utf-8"))
    looked_at = int(report["infos"].get("crawled_pages_nbr") or 0)
    if looked_at < pages:
        raise ToolFailed(f"wapiti looked at {looked_at} pages; {pages} are there at least")
    return list(pointed_by(report)), looked_at


def pointed_by(report: Any) -> Iterator[Pointed]:
    for kind in ("vulnerabilities", "anomalies", "additionals"):
        for name, found in report.get(kind, {}).items():
            for each in found:
                told = re.sub(r"https?://[^/\s]+", "", str(each.get("info", "")))[:160]
                yield Pointed("wapiti", name, str(each.get("path", "")), told)
