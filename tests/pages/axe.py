"""axe-core in a real Firefox: what it finds on one page and in the frames on it.

Scripts are on for this alone. axe comes in through Marionette, not through the page, so the page's own policy stands.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from tests.firefox import Firefox
from tests.pages.tools import AXE

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """
const [tags, done] = arguments;
axe.run(document, {
  runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}},
  resultTypes: ["violations", "incomplete"], elementRef: false,
}).then(
  found => done([found.violations, found.incomplete, found.passes.length].map(each => JSON.stringify(each))),
  failed => done(["[]", "[]", "0", String(failed)]),
);
"""


@dataclass(frozen=True)
class Finding:
    """One rule at one element; `certain` is False where axe leaves the judging to a person."""

    rule: str
    target: str
    snippet: str
    why: str
    certain: bool

    def __str__(self) -> str:
        return f"{self.rule} at {self.target}: {self.why}\n    {self.snippet}"


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


class Axe:
    """A Firefox with scripts on, in one colour scheme, that looks at one page after the other."""

    def __init__(self, browser: Firefox) -> None:
        self._browser = browser

    def look(self, url: str) -> list[Finding]:
        """Return what axe finds on the page and in its frames; AssertionError when it could not look."""
        driver = self._browser.driver
        driver.navigate(url)
        for number in range(len(self._browser.find_all("iframe"))):
            driver.switch_to_frame(self._browser.find_all("iframe")[number])
            driver.execute_script(_source(), new_sandbox=False)
            driver.switch_to_frame()
        driver.execute_script(_source(), new_sandbox=False)
        violations, incomplete, passes, *failed = driver.execute_async_script(
            _RUN, script_args=(list(TAGS),), new_sandbox=False, script_timeout=60_000
        )
        assert not failed, failed
        assert int(passes) > 5, f"axe looked at next to nothing: {url}"
        return [*_findings(violations, certain=True), *_findings(incomplete, certain=False)]


def _findings(found: str, *, certain: bool) -> list[Finding]:
    return [
        Finding(rule["id"], str(node["target"]), node["html"][:200], node.get("failureSummary", ""), certain)
        for rule in json.loads(found)
        for node in rule["nodes"]
    ]
