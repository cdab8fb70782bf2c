"""What each item of a thread says besides its text: what a note arranged, and what was written at once.

The one place where all kinds of notes become sentences, for the page and the terminal alike. Answers come from the
casebook alone.
"""

from collections.abc import Sequence

from dropbox.models import ItemId
from dropbox.workstation import classes, consent, marks, work
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.disclosure import wording as packs
from dropbox.workstation.disclosure.leave import had_leave
from dropbox.workstation.keeping import words


def told(casebook: Casebook, items: Sequence[ItemRecord]) -> dict[ItemId, list[str]]:
    """Return for each item of a thread, in its order, what is to be said below it, in the reader's language."""
    lines = work.told(casebook, items)
    for item, sentences in [*marks.told(items).items(), *consent.told(casebook, items).items()]:
        lines[item] += sentences
    for record in items:
        account = detail_of(record).account
        if account is not None and account.classified is not None:
            lines[record.item] += classes.sentences(account.classified)
        if account is not None and account.disclosed is not None:
            lines[record.item] += packs.sentences(account.disclosed, had_leave(casebook, record))
        if account is not None:
            lines[record.item] += words.sentences(account)
    return lines
