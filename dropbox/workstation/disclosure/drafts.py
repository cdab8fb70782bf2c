"""Plans that somebody is making, and the readers' keys that go with them: in this program's memory only.

A plan names whom it hides. It touches a disk only where a member asked for that, or sealed, in a note.
"""

import threading

from dropbox.errors import DraftsFull
from dropbox.models import CaseId
from dropbox.workstation.disclosure.plan import Plan

MAX_PLANS = 50
MAX_KEYS = 20


class PlanDrafts:
    """One plan for each case, of one running program."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: dict[CaseId, Plan] = {}
        self._keys: dict[CaseId, tuple[bytes, ...]] = {}

    def get(self, case: CaseId) -> Plan | None:
        with self._lock:
            return self._plans.get(case)

    def keep(self, case: CaseId, plan: Plan) -> None:
        """Keep a plan in the place of the one before. Raises DraftsFull."""
        with self._lock:
            if case not in self._plans and len(self._plans) >= MAX_PLANS:
                raise DraftsFull
            self._plans[case] = plan

    def keys(self, case: CaseId) -> tuple[bytes, ...]:
        """Return the public keys that came in files for this plan."""
        with self._lock:
            return self._keys.get(case, ())

    def add_key(self, case: CaseId, key: bytes) -> None:
        """Raises DraftsFull."""
        with self._lock:
            held = self._keys.get(case, ())
            if len(held) >= MAX_KEYS and key not in held:
                raise DraftsFull
            self._keys[case] = (*(each for each in held if each != key), key)

    def drop(self, case: CaseId) -> None:
        """Forget the plan and its keys."""
        with self._lock:
            self._plans.pop(case, None)
            self._keys.pop(case, None)
