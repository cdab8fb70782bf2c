"""Hostile HTTP against the real server and its courier: nothing that is sent breaks it, fools it or makes it grow.

Answers are read strictly and judged by rules that know nothing of the server's code; after all of it an ordinary report
must still go through.
"""

from __future__ import annotations

from tests.attacking.outcome import Outcome
from tests.attacking.plan import Plan


def run(plan: Plan) -> Outcome:
    """Attack a server of our own with all parts; every fault found is a finding."""
    from tests.attacking.http import attack  # whoever fuzzes must load by itself what is to be watched

    return attack.run(plan)
