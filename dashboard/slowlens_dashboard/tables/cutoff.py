"""What was timed of kinds of trial of which none was whole when a run ended early."""

from collections.abc import Iterator, Sequence

from slowlens.facts.live.measurement import TIMED, Measurement, Status
from slowlens.facts.live.speed import speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Kind, Purpose
from slowlens.reports.units import counted

MARK = ", stopped"
"""Ends the name of such a kind."""
MEANING = "Stopped: the steps of a trial that was cut off, so they count in no verdict."


def cut_off(measurement: Measurement) -> Iterator[tuple[Generation, ...]]:
    """Yield what ran of each kind that a run which ended early has no figures of."""
    if measurement.status is Status.DONE:
        return
    whole = {(speed.subject, speed.cache) for speed in speeds(measurement)}
    for kind in measurement.timed:
        if kind not in whole:
            yield tuple(g for g in measurement.generations if _kind(g) == kind)


def extent(ran: Sequence[Generation]) -> str:
    """Write how much of it ran: ``12 of 64 tokens``."""
    steps = sum(len(g.steps) for g in ran)
    if ran[0].trial.purpose is Purpose.CURVE:
        return f"{counted(steps, 'token')}, sampled"
    return f"{steps} of {counted(ran[0].trial.new_tokens, 'token')}"


def _kind(generation: Generation) -> Kind | None:
    trial = generation.trial
    return (trial.subject, trial.cache) if trial.purpose in TIMED else None
