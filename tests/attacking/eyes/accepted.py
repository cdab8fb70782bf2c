"""What other people's tools point at and what stays, each with the decision record that says why.

A line here that no tool points at any more is a finding itself: it would hide the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.attacking.outcome import Finding


@dataclass(frozen=True)
class Pointed:
    """What a tool pointed at. `rule` by the tool's own name for it, `where` a file or a page."""

    tool: str
    rule: str
    where: str
    what: str = ""


RULES = {
    ("no-temporary-file", "dropbox/server/backup/reading.py"): "0038",
    ("no-temporary-file", "dropbox/server/check/sealing.py"): "0038",
    ("no-temporary-file", "dropbox/server/config_edit.py"): "0038",
    ("no-temporary-file", "dropbox/server/key_files.py"): "0038",
    ("no-temporary-file", "dropbox/server/seats.py"): "0038",
    ("no-temporary-file", "dropbox/server/transfer/importing.py"): "0038",
    ("no-temporary-file", "dropbox/server/votes.py"): "0038",
    ("no-code-from-data", "scripts/kit_files/checking.py"): "0039",
    ("no-log-of-values", "dropbox/server/bare_site.py"): "0039",
    ("no-log-of-values", "dropbox/server/courier_site/context.py"): "0039",
    ("no-log-of-values", "dropbox/server/reporter_site/context.py"): "0039",
    ("no-log-of-values", "dropbox/server/store/connection.py"): "0039",
    ("no-loose-rights", "dropbox/server/commands/serve.py"): "0039",
    ("no-loose-rights", "dropbox/server/courier_site/server.py"): "0039",
    ("no-network", "dropbox/gpg/process.py"): "0039",
    ("no-network", "dropbox/server/arrival/channel.py"): "0039",
    ("no-network", "dropbox/server/arrival/server.py"): "0039",
    ("no-network", "dropbox/server/socks.py"): "0039",
    ("no-plain-comparison-of-secrets", "dropbox/keyring.py"): "0039",
    ("no-sql-from-strings", "dropbox/server/store/connection.py"): "0039",
    ("no-sql-from-strings", "dropbox/workstation/finder.py"): "0039",
    ("no-weak-hash", "dropbox/gpg/packets.py"): "0039",
}
"""Of the rules in rules/promises.yml: (rule, file) -> decision."""
HEADERS = {
    "Clear-Site-Data": "0040",
    "Strict-Transport-Security": "0040",
    "Cache-Control no-cache": "0040",
    "Permissions-Policy interest-cohort": "0040",
    "Permissions-Policy unload": "0040",
}
"""Of OWASP's list: header, or header and what of it -> decision."""
WAPITI = {"HTTP Methods": "0041", "Secure Flag cookie": "0041"}
"""Of wapiti: its name for the weakness -> decision."""


def fewer(pointed: Iterable[Pointed]) -> list[Pointed]:
    """Return each rule's findings as one: what the first says, where it is, and how many others there are."""
    by_rule: dict[tuple[str, str], list[Pointed]] = {}
    for each in pointed:
        by_rule.setdefault((each.tool, each.rule), []).append(each)
    return [
        Pointed(first.tool, first.rule, f"{first.where} and {len(more)} more" if more else first.where, first.what)
        for first, *more in by_rule.values()
    ]


def findings(pointed: Iterable[Pointed], accepted: dict[str, str]) -> Iterator[Finding]:
    """Return what was pointed at, each thing once, with the decision on it if there is one."""
    for each in sorted(set(pointed), key=lambda one: (one.tool, one.rule, one.where)):
        yield Finding(f"{each.tool}: {each.rule}. {each.what}".strip(), each.where, accepted.get(each.rule))


def rule_findings(pointed: Iterable[Pointed]) -> Iterator[Finding]:
    """As above for our rules, whose decisions are on one rule in one file; and for decisions that nothing needs."""
    seen = set()
    for each in sorted(set(pointed), key=lambda one: (one.rule, one.where)):
        file = each.where.split(":")[0]
        seen.add((each.rule, file))
        yield Finding(f"{each.tool}: {each.rule}. {each.what}".strip(), each.where, RULES.get((each.rule, file)))
    for rule, file in sorted(set(RULES) - seen):
        yield Finding(f"accepted.py lets {rule} pass, where nothing is pointed at any more", file)
