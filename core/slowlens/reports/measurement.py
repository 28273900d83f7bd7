"""The figures of a live run: a table of trials, the factors, and who stopped by itself."""

from collections.abc import Iterator

from slowlens.facts.live.answer_split import shown
from slowlens.facts.live.answer_time import answer_time
from slowlens.facts.live.comparison import compared
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.seconds import rounded
from slowlens.facts.live.speed import answer_of, speed_of, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.reports import attribution, explanation
from slowlens.reports.spread import growing, latency, variation
from slowlens.reports.tables import aligned
from slowlens.reports.units import counted, milliseconds

HEAD = (
    *("trial", "prompt", "new", "TTFT", "TPOT", "p90", "p95", "rounds", "CV", "tokens/s"),
    "tokens into each step",
)


def render(measurement: Measurement) -> str:
    """Render the figures for a terminal; latencies are medians over rounds."""
    said = [*factors(measurement), *growths(measurement), *_ends(measurement)]
    parts = (
        list(_table(measurement)),
        said,
        list(longer(measurement)),
        list(explanation.lines(measurement)),
        list(attribution.lines(measurement)),
        list(_failures(measurement)),
    )
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


def growths(measurement: Measurement) -> Iterator[str]:
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


def longer(measurement: Measurement) -> Iterator[str]:
    """Split what an answer of merged takes longer than one of its source."""
    merged = answer_time(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    source = answer_time(measurement, Subject.SOURCE, Cache.AS_SHIPPED)
    if merged is None or source is None or merged.answered is not source.answered:
        return
    which = ", free to stop" if merged.answered else f" of {counted(merged.tokens, 'token')}"
    whole = f"{shown(merged.seconds)} against {shown(source.seconds)}"
    told = attribution.because(merged, source)
    yield f"One answer{which}: merged {whole} of its source: {told}."


def _failures(measurement: Measurement) -> Iterator[str]:
    """Name each trial that could not be run, and what to do; the same trouble once."""
    for message, hint in dict.fromkeys((f.message, f.hint) for f in measurement.failures):
        yield f"could not be run: {message}"
        yield f"  {hint}"


def _table(measurement: Measurement) -> Iterator[str]:
    rows = list(_rows(measurement))
    if not rows:
        yield "No timed trial was finished."
        return
    yield from aligned([HEAD, *rows], left=(0, len(HEAD) - 1))


def _rows(measurement: Measurement) -> Iterator[tuple[str, ...]]:
    for speed in speeds(measurement):
        purpose = Purpose.CURVE if speed.estimated else Purpose.SPEED
        ran = measurement.find(speed.subject, speed.cache, purpose)
        first = min(ran, key=lambda g: g.prompt_tokens)
        yield (
            f"{speed.label}, estimated" if speed.estimated else speed.label,
            str(first.prompt_tokens),
            str(speed.new_tokens),
            milliseconds(speed.ttft),
            milliseconds(speed.tpot),
            latency(speed.p90),
            latency(speed.p95),
            str(speed.rounds),
            variation(speed.cv),
            rounded(speed.tokens_per_second),
            lengths(first),
        )
