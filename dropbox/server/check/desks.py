"""The desks: whom the server seals to, and which member's receipts are missing.

What waits says that something came in, so nothing of it leaves this machine in the daily status.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from dropbox.server.check.rows import Looked, Row, Telling, fail, warn


def look(looked: Looked) -> Iterator[Row]:
    """Say what a desk's members have not signed yet: until then the server seals to whom they did."""
    if looked.store is None:
        return
    stated, proposals = looked.store.statements.chains(), looked.store.statements.proposals()
    for desk in looked.settings.desks:
        if desk.id in proposals:
            advice = "Hand a member the desk's next bundle, to sign the change; then import their answer bundle."
            yield warn(f"desk {desk.id}", "a change of its members waits for a member's signature", advice)
        elif desk.id not in stated:
            yield warn(f"desk {desk.id}", "it is new", "Start the server again: until then it does not know the desk.")


def look_behind(looked: Looked) -> Iterator[Row]:
    """Say whose receipts are missing of items that came before today."""
    return (replace(row, telling=Telling.NOTHING) for row in _behind(looked))


def _behind(looked: Looked) -> Iterator[Row]:
    for late in looked.store.behind(looked.day) if looked.store is not None else ():
        if late.fingerprint is None:
            advice = "Name its members' fingerprints in the configuration, or its items are never let go of."
            yield fail(f"desk {late.desk}", f"{late.items} items, and no members", advice)
            continue
        subject = f"desk {late.desk} …{late.fingerprint[-8:]}"
        advice = "Ask this member to import and to send receipts; until then these items stay on the server."
        since = f"the oldest of {late.oldest_day}; {_fetched(late.fetched)}"
        yield warn(subject, f"{late.items} items without this member's receipt, {since}", advice)


def _fetched(day: date | None) -> str:
    return "the desk has never fetched" if day is None else f"the desk last fetched on {day}"
