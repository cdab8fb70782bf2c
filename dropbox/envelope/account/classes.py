"""What a case was about and how it ended, in a few words that all desks share, so that they can be counted."""

from dataclasses import dataclass
from enum import StrEnum

from dropbox.errors import InvalidValue


class Subject(StrEnum):
    """What a report is mainly about."""

    BULLYING = "bullying"
    INTIMIDATION = "intimidation"
    SEXUAL = "sexual"
    DISCRIMINATION = "discrimination"
    VIOLENCE = "violence"
    ABUSE_OF_POWER = "abuse_of_power"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    FRAUD = "fraud"
    SAFETY = "safety"
    CONFIDENTIALITY = "confidentiality"
    OTHER = "other"


class Outcome(StrEnum):
    """How a case ended, as its desk sees it."""

    HEARD = "heard"
    ADVISED = "advised"
    MEDIATED = "mediated"
    FOUNDED = "founded"
    PARTLY_FOUNDED = "partly_founded"
    UNFOUNDED = "unfounded"
    NOT_ESTABLISHED = "not_established"
    REPORTED = "reported"
    HANDED_OVER = "handed_over"
    NO_CONTACT = "no_contact"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Classified:
    """What a note sets; what is None stays as it was."""

    subject: Subject | None = None
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        if self.subject is None and self.outcome is None:
            raise InvalidValue
