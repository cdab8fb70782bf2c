"""What people saw: what was acknowledged to whom. It lies in the driver's memory alone, and it alone counts.

A text carries a mark that is in no other text, so that whatever is found anywhere is known for what it is.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

MARK = re.compile(r"\b[a-z]+[0-9]+x[0-9]+\b")


def mark_of(text: str) -> str:
    """Return the first mark in a text, "" when there is none."""
    found = MARK.search(text)
    return found[0] if found else ""


@dataclass
class Sent:
    """One submission as its sender knows it. `files`: SHA-256 of each attachment."""

    mark: str
    desks: tuple[str, ...]
    files: tuple[str, ...] = ()
    acknowledged: bool = False


@dataclass
class Answer:
    """One reply: it must be shown once it was seen to be taken in, and never again once it was seen to be deleted."""

    mark: str
    imported: bool = False
    deleting: bool = False
    deleted: bool = False


@dataclass
class Case:
    """One codename and everything sent under it, in order. `codename` is known once it was shown."""

    sent: list[Sent]
    codename: str = ""
    withdrawing: bool = False
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def must_show(self) -> set[str]:
        """Marks of replies that its reporter must be shown now; a withdrawn case may have lost its race with one."""
        if self.withdrawing:
            return set()
        return {mark for mark, answer in self.answers.items() if answer.imported and not answer.deleting}

    @property
    def must_not_show(self) -> set[str]:
        return {mark for mark, answer in self.answers.items() if answer.deleted}


class Ledger:
    """Everything that was sent, tried or written. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.cases: list[Case] = []
        self._of_mark: dict[str, Case] = {}
        self.wrong: list[str] = []

    def begin(self, sent: Sent) -> Case:
        """Note a first report before it is sent."""
        with self._lock:
            case = Case([sent])
            self.cases.append(case)
            self._of_mark[sent.mark] = case
        return case

    def add(self, case: Case, sent: Sent) -> None:
        """Note a further submission of a case before it is sent."""
        with self._lock:
            case.sent.append(sent)
            self._of_mark[sent.mark] = case

    def acknowledge(self, case: Case, sent: Sent, codename: str = "") -> None:
        with self._lock:
            if codename:
                if case.codename not in {"", codename}:
                    self.wrong.append(f"{sent.mark}: sent again, and another codename was shown")
                case.codename = codename
            sent.acknowledged = True

    def write(self, case: Case, mark: str) -> Answer:
        """Note a reply before it is written."""
        with self._lock:
            answer = case.answers[mark] = Answer(mark)
        return answer

    def see(self, case: Case, before: tuple[set[str], set[str]], shown: list[str]) -> None:
        """Hold the replies on a page against what had to be there when it was asked for."""
        must, must_not = before
        with self._lock:
            first = case.sent[0].mark
            for mark in sorted(set(shown)):
                if shown.count(mark) > 1:
                    self.wrong.append(f"{first}: reply {mark} is shown twice")
                if mark not in case.answers:
                    self.wrong.append(f"{first}: a reply is shown that nobody wrote to this case ({mark})")
            self.wrong += [f"{first}: reply {mark} is not shown" for mark in sorted(must - set(shown))]
            self.wrong += [f"{first}: deleted reply {mark} is shown" for mark in sorted(must_not & set(shown))]
            for mark, answer in case.answers.items():
                answer.deleted = answer.deleted or (answer.deleting and mark not in shown)

    def complain(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)

    def case_of(self, mark: str) -> Case | None:
        with self._lock:
            return self._of_mark.get(mark)

    def all_sent(self) -> Iterator[tuple[Case, Sent]]:
        with self._lock:
            pairs = [(case, sent) for case in self.cases for sent in case.sent]
        return iter(pairs)

    @property
    def acknowledged(self) -> int:
        return sum(sent.acknowledged for _, sent in self.all_sent())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
