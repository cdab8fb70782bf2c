"""Other people's eyes: their tools read the tree, look at the running sites, and do our cryptography over again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import factories
from tests.attacking.eyes import accepted, headers, openpgp, reading, vectors, wapiti
from tests.attacking.eyes.accepted import Pointed
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan
from tests.drop_process import DropProcess, free_port

PROMISE = "What other people's tools and implementations find in the code, on the sites and in the formats."
NOTES = (
    "bandit and semgrep read dropbox and scripts, semgrep by our own rules, after the promises.",
    "The headers of both sites are looked at on loopback; wapiti looks at the reporters', at both in the long form.",
    "Sequoia makes two members' keys, opens every item and verifies every answer bundle.",
    "Nobody published vectors of sealed boxes and secretstream: their documented construction, made again, opens them.",
)
REPORTERS_PAGES = ("/", "/report", "/return", "/keys", "/waiting", "/report?frame=1", "/nothing-here", "/static/no")
COURIERS_PAGES = ("/", "/desks", "/nothing-here")


@dataclass
class Seen:
    figures: list[Figure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def run(plan: Plan) -> Outcome:
    lanes: tuple[tuple[Callable[[Plan], Seen], ...], ...] = ((_read,), (_check_openpgp, _look_at_sites, _check_vectors))
    with ThreadPoolExecutor(len(lanes)) as pool:
        seen = [each for lane in pool.map(lambda lane: [look(plan) for look in lane], lanes) for each in lane]
    figures = tuple(figure for each in seen for figure in each.figures)
    return Outcome(PROMISE, figures, tuple(found for each in seen for found in each.findings), NOTES)


def _read(plan: Plan) -> Seen:
    tree = plan.folder / "tree"
    reading.lay_out(tree)
    by_bandit = reading.bandit()
    pointed, files = reading.semgrep(tree)
    rules = reading.rule_names()
    silent = reading.silent_rules(pointed, rules)
    findings = [*accepted.findings(by_bandit, {}), *accepted.rule_findings(reading.in_the_tree(pointed))]
    findings += [Finding(f"the rule {rule} says nothing of its bad example", "rules/bad") for rule in silent]
    figures = [
        at_least("files that semgrep read", files, 400),
        at_least("rules of ours", len(rules), 20),
        none_of("rules that miss their own bad example", len(silent)),
        none_of("bandit: findings", len(by_bandit)),
        count("bandit: lines let pass with a reason", reading.let_pass()),
    ]
    return Seen(figures, findings)


def _check_openpgp(plan: Plan) -> Seen:
    tally = openpgp.Tally()
    with factories.short_dir() as folder:
        openpgp.try_all(folder, tally, (True, False) if plan.long else (True,))
    figures = [
        at_least("items that Sequoia opened as GnuPG does", tally.opened, 2),
        at_least("signatures verified across implementations", tally.signatures, 5),
        at_least("replies of members with Sequoia's keys that their reporter read", tally.replies, 2),
        at_least("keys that GnuPG cannot use, refused with a hint", tally.refused, len(openpgp.REFUSED)),
        none_of("differences between Sequoia and GnuPG", len(tally.faults)),
    ]
    return Seen(figures, [Finding(fault, "Sequoia") for fault in tally.faults])


def _look_at_sites(plan: Plan) -> Seen:
    with _served() as (drop, courier):
        owasp = headers.load()
        answers = [*headers.walk("reporters", drop, REPORTERS_PAGES), *headers.walk("courier", courier, COURIERS_PAGES)]
        faults = accepted.fewer([fault for answer in answers for fault in headers.faults(answer, owasp)])
        figures = [
            at_least("answers whose headers were held to OWASP's list", len(answers), 40),
            count("of these, errors", sum(answer.status >= 400 for answer in answers)),
            none_of("answers with a status of 500 or more", sum(answer.status >= 500 for answer in answers)),
        ]
        findings = list(accepted.findings(faults, accepted.HEADERS))
        for site, port in (("reporters", drop), ("courier", courier))[: plan.times(1, 2)]:
            found, pages = _wapiti(plan, site, port)
            figures.append(at_least(f"wapiti: pages of the {site}' site looked at", pages, 1))
            findings += accepted.findings(accepted.fewer(found), accepted.WAPITI)
    return Seen(figures, findings)


def _wapiti(plan: Plan, site: str, port: int) -> tuple[list[Pointed], int]:
    folder = plan.folder / f"wapiti-{site}"
    folder.mkdir()
    modules = wapiti.LONG if plan.long else wapiti.SHORT
    pages = 4 if site == "reporters" else 1
    return wapiti.look(folder, f"http://127.0.0.1:{port}/", modules, plan.times(10, 1200), pages)


@contextmanager
def _served() -> Iterator[tuple[int, int]]:
    """Serve a drop and its courier on loopback and give both ports."""
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        member = factories.make_key(home)
        config = factories.write_config(folder, {"advisers": [member]}, courier="enabled = true")
        factories.publish_keys(home, folder / "keys", [member])
        courier = free_port()
        with DropProcess(config, Path(folder) / "log", "--local-courier", f"127.0.0.1:{courier}") as drop:
            yield drop.port, courier


def _check_vectors(plan: Plan) -> Seen:
    published = vectors.load()
    rounds = plan.times(6, 300)
    faults = list(vectors.faults(published, plan.random("vectors"), rounds))
    figures = [
        at_least("published test vectors", vectors.count(published), 12),
        count("sealed boxes, streams and subkeys made over again", rounds),
        none_of("test vectors that differ", len(faults)),
    ]
    return Seen(figures, [Finding(fault, "vectors.json") for fault in faults])
