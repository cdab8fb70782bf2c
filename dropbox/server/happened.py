"""The names under which the drop notes what it last did, and the days that stand there.

One list, so that who writes a day and who reads it cannot miss each other.
"""

from datetime import date

from dropbox.errors import InvalidValue
from dropbox.models import parse_day
from dropbox.server.store.happenings import Happenings

LOOP = "loop"
"""The day on which a test report last came back."""
BACKUP = "backup"
"""The day of the last backup."""
REPORTS = "reports"
"""Whether the operator takes new reports: RETURNING_ONLY, or anything else for yes."""
RETURNING_ONLY = "returning-only"


def takes_new_reports(happenings: Happenings) -> bool:
    """Say whether the operator has the drop open for who comes without a codename."""
    return happenings.get(REPORTS) != RETURNING_ONLY


def take_new_reports(happenings: Happenings, *, taken: bool) -> None:
    """Have a server that runs, and every one to come, take new reports or none."""
    happenings.set(REPORTS, "open" if taken else RETURNING_ONLY)


def day_of(happenings: Happenings, name: str) -> date | None:
    """Return the day that stands under a name; None where nothing or no day does."""
    value = happenings.get(name)
    try:
        return None if value is None else parse_day(value[:10])
    except InvalidValue:
        return None
