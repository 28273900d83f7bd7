"""The figures of a live run: a table of trials, the factors, and who stopped by itself."""

from collections.abc import Iterator, Sequence

from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.speed import answer_of, speed_of, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.reports import attribution
from slowlens.reports.spread import growing, latency, variation
from slowlens.reports.units import counted, milliseconds

HEAD = (
    *("trial", "prompt", "new", "TTFT", "TPOT", "p90", "p95", "rounds", "CV", "tokens/s"),
    "tokens into each step",
)


def render(measurement: Measurement) -> str:
    """Render the figures for a terminal; latencies are medians over rounds."""
    said = [*factors(measurement), *_growths(measurement), *_ends(measurement)]
    fixes = list(attribution.lines(measurement))
    parts = (list(_table(measurement)), said, fixes)
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def lengths(generation: Generation) -> str:
    """Write how many tokens went into the first steps: ``270, 1, 1, …``."""
    known = generation.input_lengths
    if not any(known):
        return "not counted"
    return ", ".join(map(str, known[:3])) + (", …" if len(known) > 3 else "")


def factors(measurement: Measurement) -> Iterator[str]:
    """Yield a sentence for each pair of trials worth comparing, with the sample size."""
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    others = ((Subject.MERGED, Cache.ON), (Subject.SOURCE, Cache.AS_SHIPPED))
    for other in others:
        speed = speed_of(measurement, *other)
        if shipped and speed:
            yield f"{shipped.label}: {compared(shipped, speed)}."


def _growths(measurement: Measurement) -> Iterator[str]:
    """Yield a sentence for each kind whose last token certainly takes longer than its first.

    By a hundredth of the time per token: less has no cause that is worth looking for.
    """
    for speed in speeds(measurement):
        least = (speed.growth and speed.growth.low) or 0.0
        if speed.growth and least * speed.new_tokens / 1000 > speed.tpot / 100:
            yield f"{speed.label}: {growing(speed.growth)} per token for every 1,000 before it."


def _ends(measurement: Measurement) -> Iterator[str]:
    for subject in Subject:
        answer = answer_of(measurement, subject)
        if answer is None:
            continue
        tokens = counted(len(answer.steps), "token")
        if answer.finish is Finish.EOS:
            yield f"{subject} stopped by itself after {tokens}."
        else:
            yield f"{subject} did not stop by itself within {tokens}."


def _table(measurement: Measurement) -> Iterator[str]:
    rows = list(_rows(measurement))
    if not rows:
        yield "No timed trial was finished."
        return
    cells = [HEAD, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    yield from (_aligned(row, widths) for row in cells)


def _rows(measurement: Measurement) -> Iterator[tuple[str, ...]]:
    timed = (g.trial for g in measurement.generations if g.trial.purpose is Purpose.SPEED)
    for subject, cache in dict.fromkeys((trial.subject, trial.cache) for trial in timed):
        speed = speed_of(measurement, subject, cache)
        if speed is None:
            continue
        first = measurement.find(subject, cache, Purpose.SPEED)[0]
        yield (
            speed.label,
            str(first.prompt_tokens),
            str(speed.new_tokens),
            milliseconds(speed.ttft),
            milliseconds(speed.tpot),
            latency(speed.p90),
            latency(speed.p95),
            str(speed.rounds),
            variation(speed.cv),
            f"{speed.tokens_per_second:.3g}",
            lengths(first),
        )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Names and lists to the left, numbers to the right."""
    ends = (0, len(row) - 1)
    cells = (
        f"{cell:<{width}}" if column in ends else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()
