"""What the program is made of: pinned, hashed, listed, licensed, and the same bytes whoever builds it."""

from __future__ import annotations

import json

from scripts import licences
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan
from tests.attacking.supply import building, pins

PROMISE = "Nobody can slip another library into what is installed, packed or passed on, and all of it is named."
NOTE = (
    "Each build has a folder, umask, time zone, language and order of hashes of its own. The short form builds the kit "
    "of one Python and machine; the long form that and the package."
)


def run(plan: Plan) -> Outcome:
    figures: list[Figure] = []
    findings: list[Finding] = []
    for part in (_pins, _changed, _licences, _built):
        part(plan, figures, findings)
    return Outcome(PROMISE, tuple(figures), tuple(findings), (NOTE,))


def _pins(_plan: Plan, figures: list[Figure], findings: list[Finding]) -> None:
    locks = {path.name: pins.read_lock(path.read_text(encoding="ascii")) for path in sorted(pins.LOCKS.glob("*.txt"))}
    bare = [Finding(f"{each} is not pinned by a hash", name) for name, lock in locks.items() for each in lock.bare]
    npm = pins.bare_npm((pins.LOCKS / "package-lock.json").read_text(encoding="utf-8"))
    bare += [Finding(f"{each} is not pinned by a hash", "package-lock.json") for each in npm]
    loose = [place for each in pins.scripts() for place in pins.unheld(*each)]
    unheld = [Finding("installs without --require-hashes", place) for place in loose]
    findings += [*bare, *unheld]
    figures += [
        at_least("lock files", len(locks), 6),
        at_least("requirements pinned", sum(lock.requirements for lock in locks.values()), 150),
        at_least("hashes", sum(lock.hashes for lock in locks.values()), 1000),
        none_of("requirements without a hash", len(bare)),
        none_of("places that install without holding to hashes", len(unheld)),
    ]


def _changed(plan: Plan, figures: list[Figure], findings: list[Finding]) -> None:
    attempts = {"pip": pins.try_changed(plan.folder / "pip"), "npm": pins.try_changed_npm(plan.folder / "npm")}
    for tool, taken in attempts.items():
        if not taken.pop("as locked"):
            findings.append(Finding(f"{tool} does not take even what is as locked: the attempts say nothing", tool))
        findings += [Finding(f"{tool} took what is not as locked: {what}", tool) for what, was in taken.items() if was]
    figures += [
        count("packages that are not as locked, offered to pip and npm", sum(map(len, attempts.values()))),
        none_of("of these, installed", sum(sum(taken.values()) for taken in attempts.values())),
    ]


def _licences(_plan: Plan, figures: list[Figure], findings: list[Finding]) -> None:
    try:
        page = licences.page()
    except licences.UnknownLicence as error:
        findings.append(Finding(f"a licence that nobody has read: {error}", "scripts/licences"))
        return
    if licences.PAGE.read_text(encoding="utf-8") != page:
        findings.append(Finding("the list of licences is behind; scripts/licences writes it", "docs/licences.md"))
    figures.append(count("licences of what travels, each compatible with AGPL-3.0", page.count("\n| ") - 4))


def _built(plan: Plan, figures: list[Figure], findings: list[Finding]) -> None:
    locked = {"kit": "workstation", "package": "runtime"}
    for what in ("kit", "package") if plan.long else ("kit",):
        first, second = building.twice(plan.folder, what)
        same = building.digest(first) == building.digest(second)
        figures.append(none_of(f"{what}: builds that differ", 0 if same else 1))
        listed = building.list_in(first, plan.folder / f"{what}-x")
        fault = building.schema_fault(listed)
        document = json.loads(listed)
        ours, theirs = building.pieces(document), building.read_by_others(locked[what])
        strays = sorted(ours - theirs) + (sorted(theirs - ours) if what == "kit" else [])
        bare = building.without_licence(document)
        findings += [Finding(f"the list differs from what CycloneDX's own tool reads: {each}", what) for each in strays]
        findings += [Finding(f"no licence is named: {each}", what) for each in bare]
        if fault:
            findings.append(Finding(f"the list breaks CycloneDX's schema: {fault}", what))
        figures += [
            at_least(f"{what}: components listed", len(document["components"]), 20),
            none_of(f"{what}: faults of its list", len(strays) + len(bare) + bool(fault)),
        ]
