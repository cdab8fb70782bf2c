"""What is said of links and of being joined, in the reader's language: the same on the page and on the command line."""

from dropbox.workstation.mandate import Beside
from dropbox.workstation.speech import N_, _, list_text
from dropbox.workstation.together.alike import HOW, How, Likeness
from dropbox.workstation.together.joining import JoinState
from dropbox.workstation.together.showing import Link

ANOTHER = N_(
    "There is another case here that may touch this one. No more is said of it: one of the two reporters only wants to "
    "be heard, or wants to be kept apart. It can change when both agree to be joined."
)
NOT_DECIDED = N_(
    "The same name may be two people's, and one person may have several. If you know, write the other name down beside "
    "the mark; the program decides nothing."
)
INCOMPLETE = N_("So many names are alike that not all of them were compared.")
_BESIDE = {
    Beside.ALL: N_("both reporters allow an investigation"),
    Beside.DESK: N_("for the members of your desk, and nobody else"),
}
MAY_ASK = frozenset({JoinState.NOT_ASKED, JoinState.NARROWED})
"""Who said no changes that on their own page, whenever they like; nobody presses them."""
_JOIN = {
    JoinState.NOT_ASKED: N_("The reporter was not asked whether this case may be joined with others."),
    JoinState.OPEN: N_("The reporter was asked whether this case may be joined with others, and has not answered yet."),
    JoinState.AGREED: N_("The reporter agrees that this case is joined with others about the same person."),
    JoinState.REFUSED: N_("The reporter does not want this case to be joined with others, so it is kept apart."),
    JoinState.NARROWED: N_(
        "The reporter agreed to be joined, and narrowed the mandate after that. So it does not count any more; you may "
        "ask again."
    ),
}


def how_text(how: Likeness) -> str:
    """Return how two names are alike: "the same name", or "perhaps" with the reasons."""
    if how.reasons == (How.SAME,):
        return str(HOW[How.SAME])
    return _("perhaps: %(reasons)s", reasons=list_text([HOW[each] for each in how.reasons]))


def strength_text(link: Link) -> str:
    """Return in a word or two what ties two cases."""
    if link.joined:
        return _("joined: both reporters agreed")
    if not link.names:
        return _("perhaps: one place on one date")
    return str(HOW[How.SAME]) if link.sure else _("perhaps")


def beside_text(link: Link) -> str:
    """Return for whom the two may be put side by side."""
    return str(_BESIDE[link.beside])


def join_text(state: JoinState) -> str:
    return str(_JOIN[state])
