"""What the courier's pages show wherever they stand. Desks bear the names that the organisation gave them."""

from collections.abc import Sequence

from flask import request

from dropbox.models import DeskId
from dropbox.server.reporter_site.context import language, link, this_drop
from dropbox.server.reporter_site.showing import lang_of, said
from dropbox.server.reporter_site.speech import direction, language_name, number_text, size_text


def template_values() -> dict[str, object]:
    settings = this_drop().settings
    spoken = language()
    return {
        "language": spoken,
        "direction": direction,
        "lang_of": lang_of,
        "organisation": settings.organisation.name,
        "trial": settings.trial,
        "link": link,
        "here": request.path,
        "framed": False,
        "other_languages": _other_languages(spoken),
        "logo": settings.organisation.logo is not None,
        "size_text": size_text,
        "number_text": number_text,
        "errors": (),
        "hints": (),
    }


def desk_name(desk: DeskId) -> str:
    """Return a desk's name in the reader's language, or its id when it has left the configuration."""
    names = {each.id: each.name for each in this_drop().settings.desks}
    return said(names[desk]) if desk in names else desk


def _other_languages(spoken: str) -> Sequence[tuple[str, str]]:
    """Return the languages to switch to, where the page can be asked for again."""
    if request.method != "GET" or request.routing_exception is not None or request.view_args:
        return ()
    others = (code for code in this_drop().settings.organisation.languages if code != spoken)
    return [(code, language_name(code)) for code in others]
