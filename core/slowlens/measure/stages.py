"""What a run does, one after the other, and how far it is in it, for whoever watches.

How many trials there are in all is known only after the first ones, which decide which follow. How
many there are in a stage is known while it goes on; a recording may be added after the timing.
"""

from collections.abc import Sequence
from enum import StrEnum

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Purpose, Trial
from slowlens.frozen import dataclass
from slowlens.measure.plan import Known, first, rest


class Stage(StrEnum):
    """In the order in which a run goes through them."""

    LOAD = "load"
    PROVE = "look at the cache"
    RECORD = "record the GPU"
    TIME = "time"
    ANSWER = "answers"
    COMPARE = "compare results"


_OF = {
    Purpose.PROOF: Stage.PROVE,
    Purpose.PROFILE: Stage.RECORD,
    Purpose.SPEED: Stage.TIME,
    Purpose.CURVE: Stage.TIME,
    Purpose.LENGTH: Stage.ANSWER,
    Purpose.EQUALITY: Stage.COMPARE,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Of a trial: ``number`` of the ``total`` of its stage, from 1."""

    stage: Stage
    number: int
    total: int


def stage_of(trial: Trial) -> Stage:
    """Return what a trial belongs to."""
    return _OF[trial.purpose]


def place_of(index: int, trials: Sequence[Trial]) -> Place:
    """Return the place of ``trials[index]``, where these are the ones planned by now."""
    stage = stage_of(trials[index])
    alike = [number for number, trial in enumerate(trials) if stage_of(trial) is stage]
    return Place(stage, alike.index(index) + 1, len(alike))


def sure(plan: Plan) -> tuple[Stage, ...]:
    """Return the stages that a run of ``plan`` comes to on any device."""
    trials = (*first(plan, gpu=False), *rest(plan, Known(), gpu=False))
    met = {Stage.LOAD, *map(stage_of, trials)}
    return tuple(stage for stage in Stage if stage in met)
