"""What two measurements have unlike, so that their times say little about each other.

What is not known of one of them is no difference.
"""

from collections.abc import Iterator, Mapping

from slowlens.facts.live.circumstances import MACHINE, TASK, Tell, of_model, of_trial
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.side import shared_kinds
from slowlens.facts.live.trial import Kind, Purpose, Trial
from slowlens.frozen import dataclass

NOTHING_SHARED = "what was timed"
TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Unlike:
    """One circumstance that differs."""

    what: str
    before: str
    after: str


def unlike_conditions(before: Measurement, after: Measurement) -> tuple[Unlike, ...]:
    """Compare what they ran on, what with, and what was asked for."""
    return tuple(_unlike({**MACHINE, **TASK}, before, after))


def unlike_models(
    before: Measurement, after: Measurement, kind: Kind | None = None
) -> tuple[Unlike, ...]:
    """Compare what the checkpoints made of it: dtype, attention, prompt length, batch.

    Of ``kind`` alone where one is given.
    """
    shared = [each for each in shared_kinds(before, after) if kind in (None, each)]
    if not shared:
        return (Unlike(NOTHING_SHARED, _timed(before), _timed(after)),)
    tells: dict[str, Tell] = {}
    for subject, cache in shared:
        tells |= {**of_model(subject), **of_trial(subject, cache), **tells}
    return tuple(_unlike(tells, before, after))


def unlike_imports(before: Imported, after: Imported) -> tuple[Unlike, ...]:
    """Compare two results of other benchmarks: the tool, its TPOT and its settings."""
    here, there = told_by(before), told_by(after)
    return tuple(
        Unlike(name, here[name], there[name])
        for name in here
        if here[name] and there.get(name) and here[name] != there[name]
    )


def _unlike(tells: Mapping[str, Tell], before: Measurement, after: Measurement) -> Iterator[Unlike]:
    for what, tell in tells.items():
        here, there = tell(before), tell(after)
        if here is not None and there is not None and here != there:
            yield Unlike(what, here, there)


def told_by(result: Imported) -> Mapping[str, str]:
    """Return what the file of another benchmark tells, in words; empty for what it does not."""
    settings = {name.replace("_", " "): _written(value) for name, value in result.settings.items()}
    return {TOOL: result.tool, "version": result.version, "TPOT": result.definition} | settings


def _written(value: str | int | float) -> str:
    """Write equal numbers alike: one version of a tool writes 128, the next one 128.0."""
    if isinstance(value, int):
        return str(value)
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)


def _timed(measurement: Measurement) -> str:
    labels = (Trial(subject, cache, Purpose.SPEED, 0).label for subject, cache in measurement.timed)
    return "; ".join(labels) or "nothing"
