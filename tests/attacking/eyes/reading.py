"""Tools that read the tree: bandit, and semgrep with the rules in rules/, each of which must hit its bad example."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.attacking.eyes.accepted import Pointed

ROOT = Path(__file__).resolve().parents[3]
RULES = Path(__file__).parent / "rules"
BAD = RULES / "bad"
READ = ("dropbox", "scripts")
_PLACE = re.compile(r"where: (\S+?)(?: -->)?$", re.MULTILINE)


class ToolFailed(Exception):
    """A tool that did not do its work says nothing about ours."""


def tool(environment: str, name: str) -> Path:
    """Return a tool of an environment that `scripts/eyes` makes, and make it when it is not there."""
    subprocess.run([ROOT / "scripts" / "eyes", environment], check=True, stdin=subprocess.DEVNULL)
    return ROOT / "build" / environment / "bin" / name


def rule_names() -> set[str]:
    return set(re.findall(r"^  - id: (\S+)$", (RULES / "promises.yml").read_text(encoding="utf-8"), re.MULTILINE))


def examples() -> dict[str, Path]:
    """Return the bad example of each rule: rule -> file."""
    return {path.name.split(".")[0]: path for path in sorted(BAD.glob("*.txt"))}


def lay_out(folder: Path, trees: Iterable[str] = READ) -> None:
    """Put a copy of the tree into a folder, and the bad examples where their first lines say, under other names."""
    for tree in trees:
        shutil.copytree(ROOT / tree, folder / tree, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "lock"))
    for rule, example in examples().items():
        text = example.read_text(encoding="utf-8")
        found = _PLACE.search(text)
        if found is None:
            raise ToolFailed(f"{example.name} does not say where it would stand")
        place = folder / found[1]
        place = place.with_name(f"bad_{rule.replace('-', '_')}{place.suffix}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def semgrep(folder: Path) -> tuple[list[Pointed], int]:
    """Run our rules over a folder; return what they hit and how many files were read. Nothing is fetched or told.

    Raises ToolFailed.
    """
    options = ["--metrics=off", "--disable-version-check", "--quiet", "--json", "--no-git-ignore", "--jobs", "2"]
    command = [str(tool("eyes", "semgrep")), "scan", *options, "--config", str(RULES / "promises.yml"), "."]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "SEMGREP_SEND_METRICS": "off"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    report = _json_of(done)
    return pointed_by_semgrep(report), len(report["paths"]["scanned"])


def pointed_by_semgrep(report: Any) -> list[Pointed]:
    """Raises ToolFailed when a rule or a file could not be read: what was not looked at is not clean."""
    if report["errors"]:
        raise ToolFailed(f"semgrep: {report['errors'][0].get('message', '')[:300]}")
    return [
        Pointed("semgrep", each["check_id"].rsplit(".", 1)[-1], f"{each['path']}:{each['start']['line']}")
        for each in report["results"]
    ]


def silent_rules(pointed: Iterable[Pointed], rules: set[str]) -> list[str]:
    """Return the rules that did not hit their own bad example."""
    hit = {each.rule for each in pointed if f"/bad_{each.rule.replace('-', '_')}." in f"/{each.where}"}
    return sorted(rules - hit)


def in_the_tree(pointed: Iterable[Pointed]) -> list[Pointed]:
    return [each for each in pointed if "/bad_" not in each.where]


def bandit(trees: Iterable[str] = READ) -> list[Pointed]:
    command = [str(Path(sys.executable).with_name("bandit")), "-q", "-f", "json", "-c", "pyproject.toml", "-r", *trees]
    report = _json_of(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False))
    if report["errors"]:
        raise ToolFailed(f"bandit: {report['errors'][0]}")
    return [
        Pointed("bandit", each["test_id"], f"{each['filename']}:{each['line_number']}", each["issue_text"])
        for each in report["results"]
    ]


def let_pass(trees: Iterable[str] = READ) -> int:
    """Count the lines on which the code tells bandit, with a reason, to look away."""
    return sum(
        len(re.findall(r"#\s*nosec\b", path.read_text(encoding="utf-8")))
        for tree in trees
        for path in (ROOT / tree).rglob("*.py")
    )


def _json_of(done: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ToolFailed(f"{done.args[0]}: {done.stderr.strip()[-500:]}") from None
