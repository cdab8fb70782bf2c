"""What pages show wherever they stand: the values of every template, desks, mandates, the organisation's texts."""

from collections.abc import Mapping, Sequence

from flask import g, request
from markupsafe import Markup

from dropbox.config import Desk
from dropbox.models import DeskId, Fingerprint, Mandate, today
from dropbox.server.reporter_site.cautions import SCRIPTS, TEXTS, cautions
from dropbox.server.reporter_site.context import framed, language, limits, link, this_drop
from dropbox.server.reporter_site.problems import GO_BACK
from dropbox.server.reporter_site.speech import Said, _, day_text, direction, language_name

_MENU_PATHS = ("/report", "/return", "/safety")


def template_values() -> dict[str, object]:
    settings = this_drop().settings
    texts = (_("Make a report"), _("Come back"), _("Safety"))
    spoken = language()
    return {
        "language": spoken,
        "direction": direction,
        "lang_of": lang_of,
        "organisation": settings.organisation.name,
        "trial": settings.trial,
        "link": link,
        "here": request.path,
        "framed": framed(),
        "go_back": GO_BACK,
        "menu": tuple(zip(_MENU_PATHS, texts, strict=True)),
        "other_languages": _other_languages(spoken),
        "day": day_text,
        "mandate_choices": mandate_choices(),
        "limits": limits(),
        "cautions": [TEXTS[caution] for caution in cautions(dict(request.headers))],
        "scripts_caution": SCRIPTS,
        "logo": settings.organisation.logo is not None,
        "errors": (),
    }


def _other_languages(spoken: str) -> Sequence[tuple[str, str]]:
    """Return the languages to switch to.

    None on an answer to a POST, where a link would lose what was typed, nor where it would repeat a made-up address.
    """
    if request.method != "GET" or request.routing_exception is not None or request.view_args:
        return ()
    others = (code for code in this_drop().settings.organisation.languages if code != spoken)
    return [(code, language_name(code)) for code in others]


def mandate_choices() -> tuple[tuple[Mandate, str, str], ...]:
    """Return each mandate with its name, and what will happen under it and what will not."""
    listen = _("They read it and answer you. They do nothing else with it until you say so.")
    advise = _("They think along about what you can do. They take no steps themselves.")
    investigate = _(
        "They look into what happened and may speak with others. They do not say who reported it, but people may guess."
    )
    return (
        (Mandate.LISTEN, _("Only listen"), listen),
        (Mandate.ADVISE, _("Give me advice"), advise),
        (Mandate.INVESTIGATE, _("Investigate"), investigate),
    )


def mandate_name(mandate: Mandate) -> str:
    return next(name for value, name, _meaning in mandate_choices() if value is mandate)


def said(texts: Mapping[str, str]) -> Said:
    """Return a configured text in the reader's language, else in the first one of the site's that has it."""
    order = (language(), *this_drop().settings.organisation.languages)
    return next((Said(texts[code], code) for code in order if code in texts), Said("", ""))


def lang_of(text: object) -> Markup:
    """Return the attribute that says a text's language, where it is not the page's: a screen reader takes its voice."""
    spoken = text.language if isinstance(text, Said) else ""
    return Markup(' lang="{}"').format(spoken) if spoken not in {"", language()} else Markup()


def desk_view(desk: Desk) -> dict[str, object]:
    return {
        "id": desk.id,
        "name": said(desk.name),
        "about": said(desk.about),
        "place": said(desk.place),
        "members": said(desk.members),
        "fingerprints": [in_groups(fingerprint) for fingerprint in members_of(desk.id)],
        "closed": desk.closed,
    }


def members_of(desk: DeskId) -> list[Fingerprint]:
    """Return whose keys items to this desk are sealed to today."""
    if "seats" not in g:  # once a page: it may show fifty desks
        g.seats = this_drop().seating.seats(today())
    seats = g.seats.get(desk)
    return sorted(seats.members) if seats else []


def in_groups(fingerprint: Fingerprint) -> list[str]:
    """Return a fingerprint in fours, as gpg shows it and people compare it."""
    return [fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4)]


def open_desk_views() -> list[dict[str, object]]:
    return [desk_view(desk) for desk in this_drop().settings.desks if not desk.closed]


def desk_name(desk: DeskId) -> str:
    """Return a desk's name, or its id when it has left the configuration: an old case may still name it."""
    names = {each.id: each.name for each in this_drop().settings.desks}
    return said(names[desk]) if desk in names else desk
