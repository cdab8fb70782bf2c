"""How rosters, their proposals and the drop's keys are told: sentences for the terminal, the notices and the desk page.

Names are what people's own keys call them, so that no name ever stands without the end of its fingerprint.
"""

from collections.abc import Iterable
from datetime import timedelta

from dropbox.models import DeskId, Fingerprint
from dropbox.trust_words import drop_words, statement_words
from dropbox.workstation import rosters, trust
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.rosters import Proposed, RosterStep
from dropbox.workstation.speech import _, day_text
from dropbox.workstation.terminal import line

NEWS_DAYS = 14
"""How long a change that members signed is told of in the notices."""
_SHOWN = 16


def person(casebook: Casebook, key: Fingerprint) -> str:
    """Return what a key calls its owner and the last 16 digits of its fingerprint."""
    name = line(casebook.member_names.get(key, ""))
    return f"{name} ({key[-_SHOWN:]})" if name else key[-_SHOWN:]


def groups(key: Fingerprint) -> str:
    """Return a whole fingerprint in groups of four, to be read out."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def step_lines(casebook: Casebook, step: RosterStep) -> list[str]:
    """Return a sentence for each member whom a signed statement brought, took or gave a last day."""
    told = {"desk": step.desk, "day": day_text(step.day), "signer": _signer(casebook, step)}
    lines = [
        _("%(who)s joined desk %(desk)s from %(day)s, signed by %(signer)s.", who=person(casebook, key), **told)
        for key in step.came
    ]
    lines += [
        _("%(who)s left desk %(desk)s on %(day)s, signed by %(signer)s.", who=person(casebook, key), **told)
        for key in step.left
    ]
    for key, until in step.leaving.items():
        if until is not None:
            who, last = person(casebook, key), day_text(until)
            lines.append(
                _("%(who)s sits at desk %(desk)s until %(last)s, signed by %(signer)s.", who=who, last=last, **told)
            )
        elif key not in step.came:
            lines.append(_("%(who)s stays at desk %(desk)s, signed by %(signer)s.", who=person(casebook, key), **told))
    return lines


def _signer(casebook: Casebook, step: RosterStep) -> str:
    if step.signer is None:
        return _("nobody whom this vault could check")
    return _("you") if step.signer == casebook.key else person(casebook, step.signer)


def change_lines(casebook: Casebook, change: RosterStep) -> list[str]:
    """Return what a proposal would change, with whole fingerprints."""
    day = day_text(change.day)
    lines: list[str] = []
    for key in change.came:
        lines += [_("joins on %(day)s: %(who)s", day=day, who=person(casebook, key)), f"  {groups(key)}"]
    for key in change.left:
        lines += [_("leaves on %(day)s: %(who)s", day=day, who=person(casebook, key)), f"  {groups(key)}"]
    for key, until in change.leaving.items():
        who = person(casebook, key)
        if until is not None:
            lines.append(_("has %(last)s as the last day: %(who)s", last=day_text(until), who=who))
        elif key not in change.came:
            lines.append(_("has no last day any more: %(who)s", who=who))
    return lines


def proposal_intro(proposed: Proposed) -> str:
    return _(
        "The operator proposes other members for desk %(desk)s. Nobody is added before a member signs.",
        desk=proposed.statement.desk,
    )


def advice(proposed: Proposed) -> str:
    """Return what to do before one signs."""
    if proposed.change.came:
        return _(
            "Talk to the newcomer, over a line that you know to be theirs, and have them read their fingerprint to you."
            " If a digit differs, or nobody told you of this, do not sign: whoever joins reads every new report."
        )
    return _("Talk to whom it is about and to the operator before you sign.")


def news_lines(casebook: Casebook, news: Iterable[RosterStep], drop_key: str | None) -> list[str]:
    """Return what an import tells of the drop's key and of signed changes."""
    lines = [text for step in news for text in step_lines(casebook, step)]
    if drop_key is not None:
        lines.append(_("The drop has a new key; its old one signed for it. Its words: %(words)s",
                       words=drop_words(drop_key)))  # fmt: skip
    return lines


def recent_steps(casebook: Casebook) -> list[RosterStep]:
    """Return the signed changes that came in the last days before the newest bundle, whatever day they name."""
    return [
        step
        for desk in sorted(casebook.statements.keys() & casebook.rosters)
        for at, step in enumerate(rosters.steps_of(casebook, desk), 1)
        if casebook.rosters[desk].day - casebook.statements[desk].taken_on(at) <= timedelta(days=NEWS_DAYS)
    ]


def fork_words(casebook: Casebook, desk: DeskId) -> tuple[str, str]:
    """Return the words of the chain that this vault holds, and of the other one that it was shown."""
    held = casebook.statements[desk]
    return statement_words(held.chain[-1].statement.sha256), statement_words(held.rival[-1].statement.sha256)


def offered_words(casebook: Casebook) -> str:
    """Return the words of the key that a refused bundle was signed with; "" when none waits."""
    offered = casebook.drop_keys.offered
    return drop_words(offered[-1]) if offered else ""


def own_words(casebook: Casebook) -> str:
    """Return the words of the key that signs for the drop today."""
    return drop_words(trust.drop_key(casebook))
