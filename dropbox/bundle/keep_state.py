"""What the steps of one desk about one case come to: its holds, and its proposals to erase. The drop and every vault
ask here, so that neither erases where the other would not. Pure, and the order in which the steps came says nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dropbox.bundle.keep_step import StepKind
from dropbox.models import Fingerprint, ItemId


@dataclass(frozen=True)
class TakenStep:
    """A step and whose it is; `day` is that on which the drop took it in, None while it has not."""

    item: ItemId
    author: Fingerprint
    step: StepKind
    day: date | None
    about: tuple[ItemId, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Hold:
    """A hold that stands. `lifting`: the proposals to lift it that nobody else has agreed to."""

    laid: TakenStep
    lifting: tuple[TakenStep, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A proposal to erase. `seconds` are other members'; `lapsed`: the reporter has written again since."""

    proposed: TakenStep
    seconds: tuple[TakenStep, ...] = ()
    opposed: tuple[TakenStep, ...] = ()
    lapsed: bool = False

    @property
    def is_open(self) -> bool:
        return not self.opposed and not self.lapsed

    @property
    def second(self) -> TakenStep | None:
        """The second signature from whose day on the delay counts."""
        taken = [step for step in self.seconds if step.day is not None]
        return min(taken, key=lambda step: (step.day or date.max, step.item), default=None)

    def erased_on(self, delay_days: int) -> date | None:
        """Return the day from which it may be carried out where no hold stands; None while two have not agreed."""
        if not self.is_open or self.second is None or self.second.day is None:
            return None
        return self.second.day + timedelta(days=delay_days)


@dataclass(frozen=True)
class KeepState:
    """How it is with a case at a desk."""

    holds: tuple[Hold, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    def agreed(self, delay_days: int) -> Proposal | None:
        """Return the proposal that two have agreed to and nothing stops but its day; the earliest of several."""
        ready = [each for each in self.proposals if each.erased_on(delay_days) is not None]
        if self.holds or not ready:
            return None
        return min(ready, key=lambda each: (each.erased_on(delay_days) or date.max, each.proposed.item))

    def due(self, day: date, delay_days: int) -> Proposal | None:
        """Return the proposal that is to be carried out on this day."""
        found = self.agreed(delay_days)
        on = None if found is None else found.erased_on(delay_days)
        return found if on is not None and on <= day else None


def keep_state(steps: Iterable[TakenStep], last_number: int) -> KeepState:
    """Return what steps of one desk and case come to. last_number: of the case's newest submission that is known."""
    every = sorted(steps, key=lambda step: step.item)
    of = {kind: [step for step in every if step.step is kind] for kind in StepKind}
    holds = (_hold(laid, of[StepKind.LIFT], of[StepKind.SECOND_LIFT]) for laid in of[StepKind.LAY])
    proposals = (
        _proposal(each, of[StepKind.SECOND], of[StepKind.OPPOSE], last_number) for each in of[StepKind.PROPOSE]
    )
    return KeepState(tuple(hold for hold in holds if hold is not None), tuple(proposals))


def _hold(laid: TakenStep, lifts: Sequence[TakenStep], seconds: Sequence[TakenStep]) -> Hold | None:
    """A hold goes when one has proposed to lift this very one and another has agreed to that very proposal."""
    ours = [lift for lift in lifts if laid.item in lift.about]
    if any(_others(lift, seconds) for lift in ours):
        return None
    return Hold(laid, tuple(ours))


def _proposal(
    proposed: TakenStep, seconds: Sequence[TakenStep], opposed: Sequence[TakenStep], last_number: int
) -> Proposal:
    against = tuple(step for step in opposed if proposed.item in step.about)
    return Proposal(proposed, _others(proposed, seconds), against, last_number > proposed.number)


def _others(first: TakenStep, seconds: Sequence[TakenStep]) -> tuple[TakenStep, ...]:
    """Return who agreed to it; nobody agrees with themselves."""
    return tuple(step for step in seconds if first.item in step.about and step.author != first.author)
