"""What belongs together: who is marked in a case, which cases may be about one person, and asking to be joined.

The rooms: names, spelling and alike (words alone), index (the names of a vault), joining (what reporters agreed to),
showing (what may be said of it) and marking (what is written down). The machine proposes; it never decides.
"""

from dropbox.workstation.together import wording
from dropbox.workstation.together.alike import HOW, How, Likeness
from dropbox.workstation.together.index import NameIndex, index_of
from dropbox.workstation.together.joining import JoinState, ask_to_join, join_state, question, require_askable
from dropbox.workstation.together.marking import proposed, write_marks
from dropbox.workstation.together.memory import Memory
from dropbox.workstation.together.showing import (
    CaseLinks,
    Group,
    Link,
    Overview,
    SharedName,
    Shut,
    links_of,
    overview,
)

__all__ = [
    "HOW",
    "CaseLinks",
    "Group",
    "How",
    "JoinState",
    "Likeness",
    "Link",
    "Memory",
    "NameIndex",
    "Overview",
    "SharedName",
    "Shut",
    "ask_to_join",
    "index_of",
    "join_state",
    "links_of",
    "overview",
    "proposed",
    "question",
    "require_askable",
    "wording",
    "write_marks",
]
