"""What a plan and a pack are told in words: to the desk, and to the reporter who is asked."""

from dropbox.envelope.account import Disclosed
from dropbox.errors import ConsentMissing
from dropbox.workstation.disclosure.plan import Plan
from dropbox.workstation.speech import _, list_text, ngettext, speaking


def told(plan: Plan) -> str:
    """Return what the desk is told of a plan: nothing of what is taken out."""
    names = "; ".join(each.name for each in plan.readers) or "-"
    with speaking(plan.language):
        return _("Plan of a pack, %(plan)s. For: %(readers)s", plan=plan.sha256[:16], readers=names)


def sentences(made: Disclosed, allowed: bool) -> list[str]:
    """Return what a note says that tells of a pack. allowed: the thread bears out what the note says allowed it."""
    told_of = [_("A pack was made for: %(who)s.", who="; ".join(made.readers))]
    if made.annex_for:
        count = len(made.annex_for)
        told_of.append(ngettext("%(num)s key opens its annex.", "%(num)s keys open its annex.", count))
    if not allowed:
        return [*told_of, _(ConsentMissing.message)]
    told_of.append(
        _("The reporter's mandate allowed it.") if made.consent is None else _("The reporter had agreed to just this.")
    )
    return told_of


def question(plan: Plan) -> str:
    """Return what the reporter is asked, in the plan's language, where nobody wrote it otherwise."""
    with speaking(plan.language):
        names = list_text([each.name for each in plan.readers])
        parts = [
            _("We would like to show what you told us to: %(readers)s.", readers=names),
            _(
                "The attached file is what they would read. Names have become letters, and what could tell who you are "
                "is left out, as far as we could see. Please look whether that is so."
            ),
            _("Those with a key beside their name would also get a sealed file with what was left out."),
            _("Nothing is shown unless you say yes, and yes is for exactly this, once. You may also say no."),
        ]
        return "\n\n".join(part for part in parts if plan.annex_readers or part != parts[2])


def unread_text(item: int, file: int, page: int) -> str:
    """Return a warning about a page on which no program could look for names."""
    told = _("Item %(item)s, file %(file)s, page %(page)s:", item=item, file=file, page=page)
    return _("%(where)s no text was found there to look for names in. Look at it yourself.", where=told)
