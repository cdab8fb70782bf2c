"""What was typed into a form: read from its fields, checked against the settings, kept to be given back.

No Flask here. A value that only a changed form can send raises BadForm; what a person can get wrong becomes a line
above the form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dropbox.config import Settings, in_language
from dropbox.envelope import ANSWER_PREFIX, NO, YES
from dropbox.errors import BadForm
from dropbox.models import DeskId, Mandate
from dropbox.server.reporter_site.problems import FieldError
from dropbox.server.reporter_site.speech import _l, list_text

Fields = Mapping[str, Sequence[str]]
CONSENT_FIELD = "answer-" + ANSWER_PREFIX
"""What the name of a field that answers a reply's question begins with; the question's id follows."""
MAX_CONSENTS = 20
_DESK_CHOSEN_WRONG = _l("Choose again who may read this: one of your choices is not open. Open now: %(desks)s.")
_NO_DESK = _l("Choose who may read this.")


@dataclass(frozen=True, repr=False)
class TypedReport:
    desks: tuple[DeskId, ...] = ()
    mandate: Mandate = Mandate.LISTEN
    message: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, repr=False)
class TypedFollowUp:
    """`mandate` is None when none was sent; `withdraw` is "", "withdraw" or "undo".

    consents: the id of each question that was answered -> "yes" or "no". Whether it was asked is not known here.
    """

    message: str = ""
    mandate: Mandate | None = None
    withdraw: str = ""
    consents: Mapping[str, str] = field(default_factory=dict)


def empty_report(settings: Settings) -> TypedReport:
    """Return an empty form; a desk that is the only open one is chosen already."""
    ids = _open_desks(settings)
    return TypedReport(desks=ids if len(ids) == 1 else ())


def read_report(fields: Fields, settings: Settings, language: str) -> TypedReport:
    """Return what was typed; what cannot be sent so is named in `errors`, in the language of its reader."""
    chosen = tuple(dict.fromkeys(fields.get("desk", ())))
    desks = tuple(desk for desk in _open_desks(settings) if desk in chosen)
    errors = []
    if len(desks) != len(chosen):
        errors.append(FieldError("desk", _DESK_CHOSEN_WRONG.filled({"desks": _open_names(settings, language)})))
    elif not desks:
        errors.append(FieldError("desk", _NO_DESK))
    mandate = _mandate(fields)
    if mandate is None:
        mandate = Mandate.LISTEN
        if one(fields, "mandate"):
            errors.append(FieldError("mandate", _l("Choose what may be done with it.")))
    answers = {question.id: one(fields, f"answer-{question.id}") for question in settings.questions}
    given = {name: text for name, text in answers.items() if text.strip()}
    return TypedReport(desks, mandate, one(fields, "message"), given, tuple(errors))


def read_follow_up(fields: Fields) -> TypedFollowUp:
    mandate = _mandate(fields)
    withdraw = one(fields, "withdraw")
    if withdraw not in {"", "withdraw", "undo"} or (mandate is None and one(fields, "mandate")):
        raise BadForm
    return TypedFollowUp(one(fields, "message"), mandate, withdraw, _consents(fields))


def _consents(fields: Fields) -> dict[str, str]:
    """Return what was said to the questions of replies; one that waits ("") says nothing."""
    said = {name.removeprefix(CONSENT_FIELD): one(fields, name) for name in fields if name.startswith(CONSENT_FIELD)}
    if len(said) > MAX_CONSENTS or any(text not in {YES, NO, ""} for text in said.values()):
        raise BadForm
    return {ask: text for ask, text in said.items() if text}


def one(fields: Fields, name: str) -> str:
    """Return the only value of a field, "" when it is missing; a repeated one is no form of ours."""
    values = fields.get(name, ())
    if len(values) > 1:
        raise BadForm
    return _unix_lines(values[0]) if values else ""


def _open_desks(settings: Settings) -> tuple[DeskId, ...]:
    return tuple(desk.id for desk in settings.desks if not desk.closed)


def _open_names(settings: Settings, language: str) -> str:
    languages = settings.organisation.languages
    return list_text([in_language(desk.name, language, languages) for desk in settings.desks if not desk.closed])


def _mandate(fields: Fields) -> Mandate | None:
    try:
        return Mandate(one(fields, "mandate"))
    except ValueError:
        return None


def _unix_lines(text: str) -> str:
    """Undo the line ends that a browser sends (CR LF): a text is sealed as it was typed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
