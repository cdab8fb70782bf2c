"""Handing a case over to another desk: asked of the reporter, made into a bundle, taken in at the new desk.

The reporter's yes moves the case. From the import that brings it on, the old desk can open the case no more; it passes
on what it holds, and keeps on record that it did.
"""

from dropbox.workstation.handing.asking import HandOverState, ask, other_desks, states
from dropbox.workstation.handing.making import HandOverReport, hand_over
from dropbox.workstation.handing.taking import HandedReport, import_bundle, import_handover

__all__ = [
    "HandOverReport",
    "HandOverState",
    "HandedReport",
    "ask",
    "hand_over",
    "import_bundle",
    "import_handover",
    "other_desks",
    "states",
]
