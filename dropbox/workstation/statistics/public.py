"""The public account of a year: one page for everybody, made of the published figures and of nothing else."""

from dropbox.workstation.document import Block as Part
from dropbox.workstation.document import Document, Heading, Text
from dropbox.workstation.speech import _, day_text, list_text, speaking
from dropbox.workstation.statistics.figures import Figures
from dropbox.workstation.statistics.rows import Block, single, total_text, unfinished_text

LANGUAGES = ("nl", "en")


def account(figures: Figures, language: str) -> Document:
    """Return the account in one of LANGUAGES."""
    with speaking(language):
        desk = figures.desk_names.get(language) or next(iter(figures.desk_names.values()), figures.desk)
        title = _("Reports to %(desk)s in %(year)s", desk=desk, year=figures.year)
        return Document(title, language, (*_introduction(figures), *_counts(figures), *_method(figures)))


def _introduction(figures: Figures) -> tuple[Part, ...]:
    where = _(
        "%(organisation)s has a place where anybody can report, without giving a name, what they dare not say under "
        "their own. This is what its desk did with what came in.",
        organisation=figures.organisation or _("This organisation"),
    )
    told = (where, unfinished_text(figures), total_text(figures))
    return tuple(Text(text) for text in told if text)


def _counts(figures: Figures) -> tuple[Part, ...]:
    if figures.total is None:
        return ()
    return tuple(part for block in single(figures) for part in (Heading(block.title, 2), Text(_told(block))))


def _told(block: Block) -> str:
    """Return the counts of one axis in a sentence, the largest first."""
    shown = sorted(block.shown, key=lambda row: -(row.count or 0))
    counts = list_text([_("%(what)s (%(count)s)", count=row.text, what=row.labels[0]) for row in shown])
    if not shown:
        return _("These counts are too small to be given.")
    if not block.withheld:
        return _("%(counts)s.", counts=counts)
    return _("%(counts)s. The other counts are withheld.", counts=counts)


def _method(figures: Figures) -> tuple[Part, ...]:
    small = _(
        "A count below five is not given, because it could point at somebody. Neither are counts from which such a one "
        "could be worked out."
    )
    checked = _(
        "These figures were made on %(day)s. They also stand in the file %(file)s, which a member of the desk signed, "
        "so that everybody can check that they were not changed.",
        day=day_text(figures.made),
        file=f"{figures.name}.json",
    )
    return (Heading(_("How this was counted"), 2), Text(small), Text(checked))
