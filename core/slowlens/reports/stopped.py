"""A run that was stopped: what its figures rest on, and what there is of the trial cut off."""

from collections.abc import Iterator

from slowlens.facts.live.measurement import TIMED, Measurement, Status
from slowlens.facts.live.statistics import mean
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose, Trial
from slowlens.reports.units import counted, milliseconds


def mark(measurement: Measurement) -> Iterator[str]:
    """Say that it was, and how many timed trials were over by then; the table tells of none."""
    if measurement.status is Status.STOPPED:
        timed = [g for g in measurement.generations if g.trial.purpose in TIMED]
        over = sum(generation.finish is not Finish.STOPPED for generation in timed)
        after = f", after {counted(over, 'timed trial')}" if over else ""
        yield f"Stopped before its end{after}."


def cut_off(measurement: Measurement) -> Iterator[str]:
    """Say how far the trial came that is in no table, and how fast it was."""
    for generation in measurement.generations:
        trial = generation.trial
        if generation.finish is Finish.STOPPED and trial.purpose is not Purpose.PROOF:
            yield f"{_name(trial)} was cut off after {_far(generation)}."


def _name(trial: Trial) -> str:
    if trial.purpose is Purpose.LENGTH:
        return f"The answer of {trial.subject}"
    return f"{trial.label} (round {trial.round + 1})"


def _far(generation: Generation) -> str:
    tokens = f"{len(generation.steps)} of {counted(generation.trial.new_tokens, 'token')}"
    if not generation.itl:
        return tokens
    return f"{tokens}, {milliseconds(mean(generation.itl))} per token until then"
