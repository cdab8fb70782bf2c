"""What must be read before anything else: trial, unconfirmed keys, changed rosters, gaps, other bytes, erasures.

Each banner stays until what it tells of is explained or confirmed. A banner is a tuple of lines; lines that begin with
blanks are kept as they are.
"""

from dropbox.bundle import LineState, Proposal
from dropbox.codename import case_name
from dropbox.models import CaseId, DeskId, SealedKind, current_members
from dropbox.trust_words import drop_words, roster_words
from dropbox.workstation import acts, alarms, epoch_lines, epochs, moves, roster_lines, rosters, trust
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.case_log import words as log_words
from dropbox.workstation.casebook import Casebook, DeskRoster, State
from dropbox.workstation.continuity import later_epochs, open_gaps
from dropbox.workstation.keeping.standing import because, cases_with_proposals, opposable, state_of
from dropbox.workstation.speech import N_, _, day_text, ngettext
from dropbox.workstation.stated import ChainFault
from dropbox.workstation.thread import author_name

Banner = tuple[str, ...]


class ForTerminal(str):
    """A line that names a command, for where commands are typed: the desk page has buttons in its place."""

    __slots__ = ()


_MAX_NAMED = 12
_HELD = N_("Until then nothing can be answered.")
_KINDS = {SealedKind.SUBMISSION: N_("submission"), SealedKind.REPLY: N_("reply"), SealedKind.NOTE: N_("note")}


def banners(casebook: Casebook) -> list[Banner]:
    """Return what to show first, the gravest first."""
    if casebook.binding is None:
        return []
    found = [
        *_trial(casebook),
        *_conflicts(casebook),
        *_forks(casebook),
        *_new_key(casebook),
        *_attached(casebook),
        *_logs(casebook),
        *_erased_alone(casebook),
        *_narrowed(casebook),
        *_moved(casebook),
        *_erasures(casebook),
        *_gaps(casebook),
        *_quarantine(casebook),
        *_epochs(casebook),
        *_restores(casebook),
        *_rosters(casebook),
        *_proposal(casebook),
        *_signed_steps(casebook),
        *_stranger(casebook),
    ]
    return found if casebook.confirmed else [*found, _unconfirmed(casebook)]


def _trial(casebook: Casebook) -> list[Banner]:
    return [(_("TRIAL. This is a trial drop: nothing real belongs in it."),)] if casebook.bound.trial else []


def _unconfirmed(casebook: Casebook) -> Banner:
    return (
        _("UNCONFIRMED. Compare these ten words with the operator, by telephone or in person:"),
        *_words(drop_words(trust.drop_key(casebook))),
        ForTerminal(_("If they are the same: %(command)s", command='dropbox-workstation confirm "WORDS"')),
        *(() if casebook.bound.trial else (str(_HELD),)),
    )


def _rosters(casebook: Casebook) -> list[Banner]:
    return [_roster(casebook, desk, casebook.rosters[desk]) for desk in trust.changed_rosters(casebook)]


def _roster(casebook: Casebook, desk: DeskId, known: DeskRoster) -> Banner:
    before, after = set(current_members(known.confirmed)), set(current_members(known.newest))
    came = [_("came: %(fingerprint)s", fingerprint=key) for key in sorted(after - before)]
    left = [_("left: %(fingerprint)s", fingerprint=key) for key in sorted(before - after)]
    changes = came + left or [_("(other days of the same members)")]
    return (
        _("ROSTER CHANGED. Desk %(desk)s is shown with other members than were confirmed:", desk=desk),
        *(f"  {change}" for change in changes),
        *([_("No member of the desk has signed this change.")] if trust.is_unsigned(casebook, desk) else []),
        _("Compare these ten words with another member:"),
        *_words(roster_words(desk, known.newest)),
        ForTerminal(_("If they are the same: %(command)s", command='dropbox-workstation confirm --roster "WORDS"')),
        str(_HELD),
    )


def _forks(casebook: Casebook) -> list[Banner]:
    """Tell of desks of which a bundle showed another chain of statements, until members compared words."""
    return [_fork(casebook, desk) for desk in trust.forked_rosters(casebook)]


def _fork(casebook: Casebook, desk: DeskId) -> Banner:
    ours, theirs = roster_lines.fork_words(casebook, desk)
    forged = casebook.statements[desk].fault is ChainFault.UNSIGNED
    first = _(
        "ALARM. For desk %(desk)s the drop shows another history of its members than this vault holds.", desk=desk
    )
    if forged:
        first = _("ALARM. For desk %(desk)s the drop shows a change of its members that no member signed.", desk=desk)
    return (
        first,
        _("Somebody may be giving a stranger a seat. Ask another member over another channel what they see."),
        _("What this vault holds:"),
        *_words(ours),
        _("What the drop showed:"),
        *_words(theirs),
        ForTerminal(_("When you agree on one: %(command)s", command='dropbox-workstation confirm --roster "WORDS"')),
        str(_HELD),
    )


def _new_key(casebook: Casebook) -> list[Banner]:
    """Tell of a key of the drop that the one before it did not sign for, until somebody compared its words."""
    words = roster_lines.offered_words(casebook)
    if not words:
        return []
    return [
        (
            _("NEW KEY. A bundle was refused: it is signed with another key of this drop than this vault knows."),
            _("Call the operator, or meet them, and ask why. They read out ten words. Those of the refused bundle:"),
            *_words(words),
            ForTerminal(_("If they are the same: %(command)s", command='dropbox-workstation confirm "WORDS"')),
            _("Then import the bundle again. From then on only the new key counts."),
        )
    ]


def _proposal(casebook: Casebook) -> list[Banner]:
    """Tell what waits for the signature of a member of this desk."""
    proposed = rosters.proposed(casebook)
    if proposed is None:
        return []
    first = _("ROSTER PROPOSED. %(what)s", what=roster_lines.proposal_intro(proposed))
    changes = [f"  {text}" for text in roster_lines.change_lines(casebook, proposed.change)]
    if proposed.signed:
        return [(first, *changes, _("You signed it. Your signature travels with your next answer bundle."))]
    return [
        (
            first,
            *changes,
            roster_lines.advice(proposed),
            _("The words of this proposal:"),
            *_words(proposed.words),
            ForTerminal(_("To sign it: %(command)s", command='dropbox-workstation roster --sign "WORDS"')),
        )
    ]


def _signed_steps(casebook: Casebook) -> list[Banner]:
    """Tell of the signed changes of these days, which hold nothing up."""
    lines = [text for step in roster_lines.recent_steps(casebook) for text in roster_lines.step_lines(casebook, step)]
    return [(_("ROSTER. Members have signed a change."), *(f"  {text}" for text in lines))] if lines else []


def _stranger(casebook: Casebook) -> list[Banner]:
    """Tell whoever brought another desk's bundle: the vault is bound to that desk now, and refuses their own."""
    desk = casebook.bound.desk
    known = casebook.rosters.get(desk)
    if known is None or any(membership.fingerprint == casebook.key for membership in known.newest):
        return []
    return [
        (
            _(
                "NOT A MEMBER. Your key was never on the roster of desk %(desk)s: nothing can be answered here.",
                desk=desk,
            ),
            _("If you sit at another desk, start a vault for its bundles: dropbox-workstation init --vault DIR"),
        )
    ]


def _words(words: str) -> list[str]:
    split = words.split()
    return ["    " + " ".join(split[:5]), "    " + " ".join(split[5:])]


def _gaps(casebook: Casebook) -> list[Banner]:
    missing = open_gaps(casebook)
    if not missing:
        return []
    named = ", ".join(str(gap.number) for gap in missing[:_MAX_NAMED]) + (", ..." if len(missing) > _MAX_NAMED else "")
    first = ngettext(
        "GAP. %(num)s number of this desk's log never came here: %(named)s.",
        "GAP. %(num)s numbers of this desk's log never came here: %(named)s.",
        len(missing),
        named=named,
    )
    ask = _("Import the bundles that still wait. If this stays, ask the operator what became of them.")
    known = ForTerminal(_("When you know: dropbox-workstation explain NUMBER --because TEXT"))
    return [(first, ask, known)]


def _conflicts(casebook: Casebook) -> list[Banner]:
    return [
        (
            _(
                "ALARM. For item %(item)s the drop offers other bytes than this vault holds (%(day)s).",
                item=conflict.item[:8],
                day=conflict.day,
            ),
            _("What is stored there was changed. Tell the other members over another channel."),
        )
        for conflict in casebook.conflicts.values()
    ]


def _attached(casebook: Casebook) -> list[Banner]:
    """Tell of attachments that belong to a drop itself, until somebody has said what they were."""
    cases = [case for case in casebook.attached if alarms.standing(casebook, case)]
    return [
        (
            _(
                "ALARM. What was attached in the case %(name)s is an item, key or bundle of a drop. It was not opened.",
                name=case_name(case),
            ),
            _("Somebody may be using you to open what was taken from it. Tell the operator and the other members."),
            _because(f"log {case[:8]}"),
        )
        for case in cases[:_MAX_NAMED]
    ]


def _logs(casebook: Casebook) -> list[Banner]:
    """Tell of logs that do not hold until somebody has explained them."""
    open_faults = log_checking.open_faults(casebook)
    told: list[Banner] = [
        (
            _("ALARM. %(what)s", what=log_words.fault_text(casebook, case, fault)),
            _("Ask that member over another channel before you rely on this case."),
            _because(f"log {case[:8]}"),
        )
        for case, fault in open_faults[:_MAX_NAMED]
    ]
    lost = sorted(number for number, because in casebook.lost_exports.items() if not because)[:_MAX_NAMED]
    if lost:
        told.append((_("ALARM. %(what)s", what=log_words.lost_text(lost)), _because("log")))
    return told


def _because(command: str) -> ForTerminal:
    return ForTerminal(_("When you know why: %(command)s", command=f"dropbox-workstation {command} --because TEXT"))


def _narrowed(casebook: Casebook) -> list[Banner]:
    """Tell what reporters took back until somebody here says that they have read it."""
    return [
        _cut(acts.narrowed_lines(casebook, case, told), _seen(case))
        for case, every in casebook.narrowed.items()
        for told in every
    ]


def _moved(casebook: Casebook) -> list[Banner]:
    """Tell of cases that changed desks, until what was sent before is with the new one."""
    cases = {record.case for record in casebook.items.values() if record.detail is not None and record.detail.moved}
    return [banner for case in sorted(cases) if (banner := _moved_banner(casebook, case)) is not None]


def _moved_banner(casebook: Casebook, case: CaseId) -> Banner | None:
    name, left, came = case_name(case), moves.left(casebook, case), moves.came(casebook, case)
    if left is not None and not moves.is_passed_on(casebook, case):
        values = {"day": day_text(left.day), "name": name, "desk": left.to}
        return (
            _("HANDED OVER. On %(day)s the reporter of %(name)s let desk %(desk)s have the case.", **values),
            _("It can be opened here no more. What was sent before must still be passed on to that desk."),
            ForTerminal(_("Write the file: %(command)s", command=f"dropbox-workstation handover {case[:8]} FILE")),
        )
    if came is not None and not moves.holds_until(casebook, case, came.number):
        values = {"day": day_text(came.day), "name": name, "desk": came.origin}
        return (
            _("HANDED OVER TO YOU. On %(day)s the reporter of %(name)s let your desk have the case.", **values),
            _("What was sent before is not here yet: import the file that desk %(desk)s makes for you.", **values),
        )
    return None


def _erased_alone(casebook: Casebook) -> list[Banner]:
    """Tell where the drop erased what no two members agreed to, as far as this vault knows."""
    gone = {
        entry.sha256
        for log in casebook.logs.values()
        for entry in log.lines.values()
        if entry.state is LineState.ERASED
    }
    cases = {record.case for record in casebook.items.values() if record.sha256 in gone} if gone else set[CaseId]()
    return [_unagreed(case) for case in sorted(cases) if not _was_agreed(casebook, case)]


def _was_agreed(casebook: Casebook, case: CaseId) -> bool:
    return any(each.seconds and not each.opposed for each in state_of(casebook, case).proposals)


def _unagreed(case: CaseId) -> Banner:
    return (
        _(
            "ALARM. The drop has erased what it held of %(name)s, and no two members agreed to it.",
            name=case_name(case),
        ),
        _("Nothing of it is erased here. Tell the other members over another channel, and ask the operator."),
    )


def _erasures(casebook: Casebook) -> list[Banner]:
    """Tell what is erased unless somebody here objects."""
    cases = [case for case in cases_with_proposals(casebook) if case in casebook.cases]
    return [_erasure(casebook, case, each) for case in cases for each in opposable(casebook, case)]


def _erasure(casebook: Casebook, case: CaseId, proposal: Proposal) -> Banner:
    told = {"name": case_name(case), "who": author_name(casebook, proposal.proposed.author)}
    on = None if state_of(casebook, case).holds else proposal.erased_on(casebook.keeping.erase_delay_days)
    first = _("ERASURE PROPOSED. To erase %(name)s, by %(who)s.", **told)
    if on is not None:
        first = _(
            "ERASURE. From %(day)s on %(name)s is erased, here and everywhere.", day=day_text(on), name=told["name"]
        )
    reason = _("The reason: %(because)s", because=because(casebook, proposal.proposed.item))
    if proposal.proposed.author == casebook.key or any(step.author == casebook.key for step in proposal.seconds):
        return first, reason
    stop = ForTerminal(_("To stop it: dropbox-workstation erase %(case)s --oppose --because TEXT", case=case[:8]))
    return first, reason, stop


def _seen(case: CaseId) -> ForTerminal:
    command = f"dropbox-workstation work {case[:8]} --seen"
    return ForTerminal(_("When you have read this: %(command)s", command=command))


def _cut(lines: Banner, last: str) -> Banner:
    return (*lines, last) if len(lines) <= _MAX_NAMED else (*lines[:_MAX_NAMED], "  ...", last)


def _epochs(casebook: Casebook) -> list[Banner]:
    return [
        (
            _(
                "NEW HISTORY. On %(day)s the drop began to count anew. Ask the operator whether it was set up again.",
                day=day,
            ),
        )
        for day in later_epochs(casebook)
    ]


def _restores(casebook: Casebook) -> list[Banner]:
    """Tell of a restore that the drop has signed, and what it cost, until somebody here says that they have read it."""
    unread = epochs.unread(casebook)
    if not unread:
        return []
    newest = max(unread, key=lambda restore: restore.day)
    days = {"day": day_text(newest.day), "backup": day_text(newest.backup)}
    return [
        (
            _("RESTORED. On %(day)s the drop was brought back from its backup of %(backup)s: no alarm.", **days),
            *epoch_lines.lost_lines(casebook),
            _("Write an answer bundle and bring it to the drop: your answers that it lost go along once more."),
            ForTerminal(
                _("When you have read this: %(command)s", command="dropbox-workstation explain --restored"),
            ),
        )
    ]


def _quarantine(casebook: Casebook) -> list[Banner]:
    held = [record for record in casebook.items.values() if record.state is State.QUARANTINED]
    if not held:
        return []
    lines = [
        f"  {record.item[:8]}  {record.day}  {_KINDS[record.kind]}: {_(record.reason)}" for record in held[:_MAX_NAMED]
    ]
    first = ngettext(
        "QUARANTINE. %(num)s item could not be verified: kept sealed, and shown in no case.",
        "QUARANTINE. %(num)s items could not be verified: kept sealed, and shown in no case.",
        len(held),
    )
    return [
        (
            first,
            *lines,
            *(["  ..."] if len(held) > _MAX_NAMED else []),
            _("Tell the operator and the other members. Each import looks at them again."),
        )
    ]
