"""The seized server: a program with the data folder alone, after hundreds of cases, tries to tell what it must not.

The drop lives for some days with the real intake, store, gpg and nightly pass; then a program of its own reads the
folder where it lies (a copy would have new times and places). The judge, who alone knows what is true, tests each of
its numbers against each question.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan
from tests.attacking.seized import judge, told
from tests.attacking.seized.town import Town, town

ROOT = Path(__file__).resolve().parents[3]
PROMISE = "A seized server tells desks, days and padded sizes, not what, which kind, in which order or by whom."
TELLER_SECONDS = 600
MOST_LEFT = 8
"""SQLite itself leaves a few bytes when it moves rows about: less than any id, hash or lock has."""


def run(plan: Plan) -> Outcome:
    folder = plan.folder / "d"
    folder.mkdir()
    with town(folder, plan.random("town")) as lived:
        lived.live(plan.times(54, 500), plan.times(9, 14))
        found = tell(lived.data_dir, plan.folder / "told.json")
        truth = truth_of(lived)
        kind = file_system(lived.data_dir)
    return judged(truth, found, kind)


def tell(data_dir: Path, out: Path) -> dict[str, Any]:
    """Let the teller look at the folder, in a process that knows nothing else."""
    command = [sys.executable, "-m", "tests.attacking.seized.teller", str(data_dir), str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=TELLER_SECONDS)
    found: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return found


def truth_of(lived: Town) -> dict[str, Any]:
    """Write down what is true, under the names that the judge knows."""
    items = {item: asdict(each) for item, each in lived.items.items()}
    cases: dict[str, Any] = {}
    for case in lived.cases:
        own = [each for each in items.values() if each["case"] == case.id]
        sent = [each for each in own if not each["author"]]
        replies = [each for each in own if each["kind"] == "reply"]
        touched = max((*sent, *replies), key=lambda each: each["order"])
        cases[case.id] = {
            "id": case.id,
            "desks": sorted(case.desks),
            "mandate": case.mandate.value,
            "changed": case.changed,
            "withdrawn": case.withdrawn,
            "undone": case.undone,
            "seen": case.seen,
            "first_reply_day": replies[0]["day"] if replies else None,
            "erased": case.erased,
            "sent": case.sent,
            "first": sent[0]["order"],
            "first_day": sent[0]["day"],
            "last": touched["order"],
            "last_day": touched["day"],
        }
    return {
        "items": items,
        "cases": cases,
        "members": {each.fingerprint: each.desk for each in lived.members},
        "key_types": lived.key_types,
        "has": {each.fingerprint: sorted(each.held) for each in lived.members},
        "bundles": {each.fingerprint: each.sequence for each in lived.members},
        "fetched": lived.fetched,
    }


def judged(truth: dict[str, Any], found: dict[str, Any], kind: str) -> Outcome:
    """Turn the answers into figures and findings."""
    answers = judge.ask(truth, found)
    calls = judge.called(answers)
    right, tried, p = judge.guessed_authors(truth, found)
    lack = judge.guessed_by_lack(truth, found)
    findings = [_finding(each) for each in calls]
    if p < judge.FALSE_ALARM:
        findings.append(Finding(f"who wrote a reply: {right} of {tried} guessed by the days of receipts", "receipts"))
    clocks = told_clock_times(found)
    unpadded, with_files = judge.unpadded(truth, found)
    figures: list[Figure] = [
        count("cases lived through", len(truth["cases"])),
        count("items ever stored", len(truth["items"])),
        count("items held at the seizure", len(found["items"])),
        count("tests made", len(answers)),
        none_of("questions answered beyond chance and not accepted", sum(not each.accepted for each in findings)),
        at_least("items with files whose size was looked at", with_files, 1),
        none_of("sizes that are none of the buckets", unpadded),
        none_of("dates of files that say more than a day", clocks),
        none_of("ids of items that are gone, found in any file", gone_found(truth, found)),
        none_of("free pages in the database", found["free_pages"]),
        at_most("longest run of bytes in gaps of its pages", found["longest_leftover"], MOST_LEFT, "bytes"),
        none_of("bytes in its log after the nightly pass", found["log_bytes"]),
        none_of("files in the folder that are no item", len(found["strays"])),
        count("of 100 guesses who wrote a reply by days of receipts, right", 100 * right / max(1, tried)),
        count("of 100 replies that one of two members has, written by the other", 100 * lack[0] / max(1, lack[1])),
        *told.figures(truth, found),
    ]
    notes = (f"The folder lay on {kind} and was read where it lay.",)
    return Outcome(PROMISE, tuple(figures), tuple(findings), notes)


def told_clock_times(found: dict[str, Any]) -> int:
    """Count the files whose dates of writing or reading are not the midnight of their item's day."""
    days = {item: row["day"] for item, row in found["claims"]["items"].items()}
    midnight = {item: (date.fromisoformat(day) - date(1970, 1, 1)).days * judge.DAY_NS for item, day in days.items()}
    return sum(
        features["modified"] != midnight[item] or features["last read"] != midnight[item]
        for item, features in found["items"].items()
    )


def gone_found(truth: dict[str, Any], found: dict[str, Any]) -> int:
    """Count ids that must be nowhere; a step of keeping or erasing names its notes until it is done."""
    steps = found["claims"]["steps"]
    named = {step["item_id"] for step in steps} | {item for step in steps for item in step["about"].split()}
    return len((set(truth["items"]) - set(found["claims"]["items"]) - named) & set(found["seen_ids"]))


def file_system(folder: Path) -> str:
    """Return the name of the file system that a folder lies on."""
    best = ("", "a file system without a name")
    for line in Path("/proc/mounts").read_text("ascii", "replace").splitlines():
        _, place, kind, *_ = line.split(" ")
        if str(folder).startswith(place) and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]


def _finding(answer: judge.Answer) -> Finding:
    verdict = answer.verdict
    what = f"{answer.question}: effect {verdict.effect:+.2f}, p {verdict.p:.1e}, of {verdict.count}"
    return Finding(what, answer.feature, told.accepted(answer.question, answer.feature))
