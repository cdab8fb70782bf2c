"""What a seized server does tell, row by row, each counted: how often the teller's word for it was right.

The rows are those of the table in docs/threat-model.md, and a test compares the two.
"""

from __future__ import annotations

from typing import Any

from tests.attacking.outcome import Figure


def accepted(question: str, feature: str) -> str | None:
    """Return the decision that says why this stays, if one does."""
    return None


def figures(truth: dict[str, Any], found: dict[str, Any]) -> list[Figure]:
    return []
