"""axe-core in a real Firefox: what it finds on the page that is shown and in the frames on it.

Scripts are on for this alone. axe comes in through Marionette, not through the page, so the page's own policy stands.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from tests.firefox import Firefox
from tests.pages.tools import AXE

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")
"""All that a colour scheme can change; the rest of a page is the same in both."""
SIZES = ("target-size",)
_RUN = """
const [kind, values, iframes, done] = arguments;
axe.run(document, {
  runOnly: {type: kind, values}, iframes,
  rules: {"target-size": {enabled: true}, "frame-tested": {enabled: iframes}},
  resultTypes: ["violations", "incomplete"], elementRef: false,
}).then(
  found => done([found.violations, found.incomplete, found.passes.length].map(each => JSON.stringify(each))),
  failed => done(["[]", "[]", "0", String(failed)]),
);
"""
_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """One rule at one element; `certain` is False where axe leaves the judging to a person."""

    rule: str
    target: str
    snippet: str
    why: str
    certain: bool

    def __str__(self) -> str:
        return f"{self.rule}{'' if self.certain else ' (uncertain)'} at {self.target}: {self.why}\n    {self.snippet}"


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def bring(browser: Firefox, *, frames: bool) -> None:
    """Put axe beside the page that is shown, and beside each frame on it when it is to look there too."""
    driver = browser.driver
    for number in range(len(browser.find_all("iframe")) if frames else 0):
        driver.switch_to_frame(browser.find_all("iframe")[number])
        driver.execute_script(_source(), new_sandbox=False)
        driver.switch_to_frame()
    driver.execute_script(_source(), new_sandbox=False)


def findings(browser: Firefox, *rules: str, frames: bool = False) -> list[Finding]:
    """Return what the named rules find, all rules of TAGS by default; AssertionError when axe could not look."""
    arguments = ("rule", list(rules), frames) if rules else ("tag", list(TAGS), frames)
    violations, incomplete, passes, *failed = browser.driver.execute_async_script(
        _RUN, script_args=arguments, new_sandbox=False, script_timeout=_SECONDS * 1000
    )
    assert not failed, failed
    assert rules or int(passes) > 5, "axe looked at next to nothing"
    return [*_findings(violations, certain=True), *_findings(incomplete, certain=False)]


def _findings(found: str, *, certain: bool) -> list[Finding]:
    return [
        Finding(rule["id"], str(node["target"]), node["html"][:200], node.get("failureSummary", ""), certain)
        for rule in json.loads(found)
        for node in rule["nodes"]
    ]
