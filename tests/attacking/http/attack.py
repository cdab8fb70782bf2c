"""All parts of the attack one after the other, and what they end in."""

from __future__ import annotations

from tests.attacking.http import handmade, properties, sessions
from tests.attacking.http.fuzzed import fuzz_all
from tests.attacking.http.judge import Judge
from tests.attacking.http.stage import Stage, settled, stage
from tests.attacking.http.stalled import beside_stalled, growth
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan

PROMISE = "Whatever is sent gets one readable answer or none: no fault of ours, no second answer, nothing that grows."


def run(plan: Plan) -> Outcome:
    """Attack a server of our own with all parts; every fault found is a finding."""
    judges = (Judge("reporters"), Judge("courier"))
    with stage(plan.folder) as served:
        served.ordinary_life()
        served.courier()
        quiet = len(served.log_lines())
        before = served.costs()
        handmade.try_all(served.port, judges[0], plan)
        handmade.try_all(served.courier_port, judges[1], plan, elsewhere=True)
        properties.try_all(served, judges, plan)
        files = served.costs().files - before.files  # nothing of it was a report that is taken
        asked = sessions.try_all(served, judges, plan.random("sessions"))
        after = settled(served.costs, before)
        figures = [
            *_requests(judges, asked),
            at_most("files that requests left", files, 0),
            *growth("requests", before, after),
            *beside_stalled(served, plan),
        ]
        findings = [*judges[0].findings, *judges[1].findings, *_said(served, quiet)]
        figures += _ends_well(served)
    fuzzing, faults = fuzz_all(plan)
    findings += faults
    figures += fuzzing
    return Outcome(PROMISE, (*figures, none_of("findings", len(findings))), tuple(findings))


def _requests(judges: tuple[Judge, ...], asked: int) -> list[Figure]:
    refused = sum(judge.statuses[503] for judge in judges)
    return [
        at_least("things tried with other people's tokens and cookies", asked, 200),
        at_least("requests tried", sum(judge.requests for judge in judges), 500, "requests"),
        count("of them answered with our own 503", refused),
    ]


def _said(served: Stage, quiet: int) -> list[Finding]:
    """Return a finding for each line that the server said since: it has nothing to say of any request."""
    return [Finding("the server wrote a line", line[:200]) for line in served.log_lines()[quiet:]]


def _ends_well(served: Stage) -> list[Figure]:
    served.ordinary_life()
    served.courier()
    left = sum(path.is_file() for path in served.temporary.rglob("*"))
    return [none_of("temporary files left", left)]
