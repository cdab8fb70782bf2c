"""The slip: the paper that somebody takes home whose case was opened at the table. Its texts, and its lines to print.

No organisation, desk, member, case or day may stand on it: whoever finds it must not learn from it where its owner was.
The words are in one part and the way to use them in another, so that the two can be kept apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dropbox.models import Codename
from dropbox.workstation.speech import _, speaking
from dropbox.workstation.terminal import paragraphs

_RULE_STEP = "- "


@dataclass(frozen=True, repr=False)
class Slip:
    """One slip, shown once. address: the drop's, "" where this vault was not told; language: its reader's."""

    codename: Codename
    address: str
    language: str

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.codename.reveal().split())


@dataclass(frozen=True)
class SlipTexts:
    """What a slip says beside its words and its address, in its reader's language."""

    words: str
    how: str
    get: str
    address: str
    blank: str
    come_back: str
    not_yet: str
    apart: str
    lost: str


def texts(slip: Slip) -> SlipTexts:
    with speaking(slip.language):
        return SlipTexts(
            words=_("Seven words, in this order"),
            how=_("How to use them"),
            get=_(
                "Take a phone or computer of your own, not one of your work, and get Tor Browser from torproject.org."
            ),
            address=_("In Tor Browser, go to this address:"),
            blank=_("a line to write it on"),
            come_back=_("Choose “Come back” there, and type the seven words. Then you can read and write."),
            not_yet=_("The words begin to work within some days. If they do not work yet, try again a few days later."),
            apart=_(
                "Keep the two parts of this paper apart, where nobody else comes. Write nothing beside them that says "
                "what they are for. Whoever has the words can read and write in your place."
            ),
            lost=_(
                "Nobody can give you these words again, not even whoever gave you this paper. If you lose them, ask to "
                "talk again: then you get new ones."
            ),
        )


def slip_lines(slip: Slip, width: int) -> list[str]:
    """Return the slip for a terminal or a printer of this width: words, a line to cut along, how to use them."""
    said = texts(slip)
    rule = (_RULE_STEP * width)[:width].rstrip()
    numbered = [f"    {number}  {word}" for number, word in enumerate(slip.words, start=1)]
    steps = (said.get, said.address, said.come_back, said.not_yet)
    return [
        rule,
        *_block(said.words, width),
        *numbered,
        "",
        rule,
        *_block(said.how, width),
        *[line for number, step in enumerate(steps, start=1) for line in _step(slip, number, step, width)],
        "",
        *_block(said.apart, width),
        *_block(said.lost, width),
        rule,
    ]


def _step(slip: Slip, number: int, step: str, width: int) -> Sequence[str]:
    head, *rest = paragraphs(step, width, "       ")
    lines = [f"    {number}  {head.lstrip()}", *rest]
    if step != texts(slip).address:
        return lines
    # one line, however narrow: an address that is broken in two is copied wrongly
    return [*lines, f"       {slip.address or '_' * 62}"]


def _block(text: str, width: int) -> list[str]:
    return [*paragraphs(text, width, ""), ""]
