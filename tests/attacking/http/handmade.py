"""Every hand-made case against both sites, some at once: each is answered once, rightly, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.attacking.http.case import Case
from tests.attacking.http.cases import all_cases
from tests.attacking.http.judge import Judge
from tests.attacking.http.wire import Unsound, exchange
from tests.attacking.plan import Plan

AT_ONCE = 8
_ELSEWHERE = frozenset({400, 404, 405})
"""A path or method of the other site's."""


def try_all(port: int, judge: Judge, plan: Plan, *, elsewhere: bool = False) -> None:
    """Send every case; `elsewhere`: most of their paths are those of the other site."""
    for number in range(plan.times(1, 50)):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for each in pool.map(lambda case: try_case(port, case, judge, elsewhere), _cases(plan, number)):
                del each


def _cases(plan: Plan, number: int) -> list[Case]:
    return all_cases(plan.random(f"cases {number}"))


def try_case(port: int, case: Case, judge: Judge, elsewhere: bool = False) -> None:
    try:
        answers = exchange(port, case.data, answers=case.at_most)
    except Unsound as fault:
        judge.blame(str(fault), case.name)
        return
    judge.look(answers, case.name, at_most=case.at_most, expects=case.expects)
    judge.allow(answers, case.name, case.statuses | (_ELSEWHERE if elsewhere else frozenset()))
