"""How long a case is kept, what holds it back from being erased, and erasing it: by two members, after a delay.

What is decided travels in notes; what the notes come to is the same in every vault and at the drop.
"""

from dropbox.workstation.keeping.due import Basis, KeptUntil, due_by, kept_until
from dropbox.workstation.keeping.standing import opposable, state_of, step_of

__all__ = ["Basis", "KeptUntil", "due_by", "kept_until", "opposable", "state_of", "step_of"]
