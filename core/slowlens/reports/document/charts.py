"""The charts' figures as tables, for whoever cannot see them: a few lines of each."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from statistics import median

from slowlens.facts.live.gauges import Track, gauges, tracks
from slowlens.facts.live.measurement import TIMED, Measurement
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.timing import Generation
from slowlens.reports.document.blocks import Table
from slowlens.reports.spread import UNKNOWN
from slowlens.reports.units import counted

LINES = 12
"""Of the table of steps, at most about so many."""


def steps_table(measurement: Measurement) -> Table | None:
    """Return the time of some tokens in each kind of trial; None where no second one was timed.

    Medians over rounds; tokens lie evenly between the first and the last.
    """
    timed = [g for g in measurement.generations if g.trial.purpose in TIMED]
    if not any(len(g.steps) > 1 for g in timed):
        return None
    kinds = {label: _times(ran) for label, ran in _by_label(timed)}
    places = [{*times} for times in kinds.values()]
    shared = sorted(set.intersection(*places))
    every = shared if len(shared) >= LINES / 2 else sorted(set.union(*places))
    rows = tuple(
        (f"{token:,}", *(_median(times.get(token, ())) for times in kinds.values()))
        for token in _some(every)
    )
    caption = f"{counted(len(rows), 'token')} of {len(set.union(*places)):,}; medians over rounds."
    return Table(("Token", *kinds), rows, caption)


def machine_table(measurement: Measurement) -> Table | None:
    """Return the lowest, the median and the highest of what the machine told; None without any.

    Of several GPUs, a row each.
    """
    looks = measurement.samples
    found = [tracks(gauge, looks) for gauge in gauges(looks)]
    several = any(len(each) > 1 for each in found)
    rows = tuple(_told(track, several=several) for each in found for track in each)
    caption = f"{counted(len({look.at for look in looks}), 'look')} at the machine."
    return Table(("Figure", "Lowest", "Median", "Highest", "n"), rows, caption) if rows else None


def _told(track: Track, *, several: bool) -> tuple[str, ...]:
    gpu = f"GPU {track.gpu + 1}: " if several and track.gauge.of_gpu else ""
    figures = track.figures
    told = (rounded(tell(figures)) for tell in (min, median, max))
    return (f"{gpu}{track.gauge.title}", *told, counted(len(figures), "look"))


def _by_label(timed: Sequence[Generation]) -> Iterator[tuple[str, list[Generation]]]:
    labelled = sorted(((g.trial.label, n, g) for n, g in enumerate(timed)), key=itemgetter(0, 1))
    found = {label: [g for *_, g in ran] for label, ran in groupby(labelled, key=itemgetter(0))}
    for label in dict.fromkeys(g.trial.label for g in timed):
        yield label, found[label]


def _times(ran: Sequence[Generation]) -> Mapping[int, list[float]]:
    """Return the seconds that each token took, by its place in the answer."""
    found: dict[int, list[float]] = {}
    for generation in ran:
        for step in generation.steps:
            found.setdefault(generation.trial.ahead + step.index + 1, []).append(step.seconds)
    return found


def _median(seconds: Sequence[float]) -> str:
    return milliseconds(median(seconds)) if seconds else UNKNOWN


def _some(tokens: Sequence[int]) -> list[int]:
    if len(tokens) <= LINES:
        return [*tokens]
    last = len(tokens) - 1
    return [tokens[round(last * number / (LINES - 1))] for number in range(LINES)]
