"""The figures of a live run: a table of trials, the factors, and who stopped by itself."""

from collections.abc import Callable, Collection, Iterator
from itertools import groupby
from operator import itemgetter

from slowlens.facts.live.agreement import judgement_of
from slowlens.facts.live.answer_split import by_pace, shown, split
from slowlens.facts.live.answer_time import AnswerTime, answer_time
from slowlens.facts.live.comparison import against_source, compared, noisy, verdict_of
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.speed import Speed, answer_of, speed_of, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.facts.live.verdict import Outcome
from slowlens.reports import attribution, explanation, stopped
from slowlens.reports.called import called, shape_of
from slowlens.reports.spread import UNKNOWN, growing, latency, variation
from slowlens.reports.tables import Rows, fitted, prose
from slowlens.reports.units import counted, milliseconds

NOTHING_TIMED = "No timed trial was finished."
HEAD = ("trial", "TTFT", "TPOT", "p90", "p95", "rounds", "CV", "tokens into each step")


def render(measurement: Measurement) -> str:
    """Render the figures for a terminal; TTFT and TPOT are medians over rounds."""
    named = called(shape_of(measurement))
    ended = (*stopped.cut_off(measurement), *ends(measurement))
    said = (*factors(measurement), *growths(measurement), *ended)
    parts = (
        list(stopped.mark(measurement)),
        list(_table(measurement, named)),
        [line for sentence in said for line in prose(named(sentence))],
        [line for sentence in longer(measurement) for line in prose(sentence)],
        list(explanation.lines(measurement, named)),
        list(attribution.lines(measurement, named)),
        list(_equality(measurement)),
        list(_failures(measurement, named)),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def lengths(generation: Generation) -> str:
    """Write how many tokens went into the first steps: ``270, 1, 1, …``.

    Of a probe, which begins far into an answer, those of the whole run that it stands for.
    """
    known = generation.input_lengths
    if not any(known):
        return "not counted"
    if generation.recomputes:
        known = tuple(length - generation.trial.ahead for length in known)
    return ", ".join(map(str, known[:3])) + (", …" if len(known) > 3 else "")


def factors(measurement: Measurement) -> Iterator[str]:
    """Yield a sentence for each pair of trials worth comparing, with the sample size.

    As shipped without the cache is held against the cache off only where equal work seems unequal.
    """
    shipped = speed_of(measurement, Subject.MERGED, Cache.AS_SHIPPED)
    off = speed_of(measurement, Subject.MERGED, Cache.OFF)
    others = ((Subject.MERGED, Cache.ON), (Subject.SOURCE, Cache.AS_SHIPPED))
    for other in others:
        speed = speed_of(measurement, *other)
        if shipped and speed:
            yield f"{shipped.label}: {compared(shipped, speed)}."
    if shipped and off and noisy(shipped, off):
        yield f"{shipped.label}: {compared(shipped, off)}."


def growths(measurement: Measurement) -> Iterator[str]:
    """Yield a sentence for each kind whose last token certainly takes longer than its first.

    By a hundredth of the time per token: less has no cause that is worth looking for.
    """
    for speed in speeds(measurement):
        least = (speed.growth and speed.growth.low) or 0.0
        if speed.growth and least * speed.new_tokens / 1000 > speed.tpot / 100:
            yield f"{speed.label}: {growing(speed.growth)} per token for every 1,000 before it."


def ends(measurement: Measurement) -> Iterator[str]:
    """Say of each answer that was free to stop whether it did."""
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
    length = counted(merged.tokens, "token")
    answer = "One answer, free to stop" if merged.answered else f"One answer of {length}"
    ours, theirs = _whole(merged), _whole(source)
    told = attribution.because(merged, source)
    if by_pace(split(merged, source)) and not _clear(measurement):
        yield (
            f"{answer}, at mean speeds: merged {ours} against {theirs} of its source; as far as "
            f"these runs can tell: {told}."
        )
        return
    yield f"{answer}, at mean speeds: merged {ours} against {theirs} of its source: {told}."


def _clear(measurement: Measurement) -> bool:
    """Whether merged or its source has the verdict that it takes longer per token."""
    sides = against_source(measurement)
    if sides is None:
        return False
    there, back = verdict_of(*sides), verdict_of(*reversed(sides))
    return Outcome.FAIL in (there.outcome, back.outcome)


def _whole(time: AnswerTime) -> str:
    return f"{shown(time.seconds)}{' (estimated)' if time.estimated else ''}"


def _equality(measurement: Measurement) -> Iterator[str]:
    """Say whether the cache changes what the model computes, where that was measured."""
    found = judgement_of(measurement)
    if found:
        yield from prose(found.sentence)


def _failures(measurement: Measurement, named: Callable[[str], str]) -> Iterator[str]:
    """Name each trial that could not be run, and what to do; the same trouble once."""
    troubles = dict.fromkeys((f.hint, f.message) for f in measurement.failures)
    for hint, alike in groupby(troubles, key=itemgetter(0)):
        for _, message in alike:
            yield from prose(named(f"could not be run: {message}"))
        yield from prose(f"  {hint}")


def _table(measurement: Measurement, named: Callable[[str], str]) -> Iterator[str]:
    rows = trials(measurement, named)
    if not rows:
        yield NOTHING_TIMED
        return
    yield from fitted(rows, (0, len(rows[0]) - 1))
    yield ""
    yield from prose(legend(measurement, rows[0]), hanging="")


def trials(measurement: Measurement, named: Callable[[str], str] = str) -> Rows:
    """Return the figures of each kind of trial below their heads; empty where none was timed."""
    found = speeds(measurement)
    if not found:
        return ()
    rows = [HEAD, *(_row(measurement, speed, named) for speed in found)]
    columns = {column[0]: column for column in zip(*rows, strict=True)}
    if len({*columns["rounds"][1:]}) == 1:
        del columns["rounds"]
    told = (cells for cells in columns.values() if {*cells[1:]} != {UNKNOWN})
    return [*zip(*told, strict=True)]


def legend(measurement: Measurement, heads: Collection[str]) -> str:
    """Say what a trial is, and what the columns mean that are there."""
    told = _legend(speeds(measurement), heads, measurement.plan.tensor_parallel)
    return f"{'; '.join((*told, *prompts(measurement.plan)))}."


def prompts(plan: Plan) -> Iterator[str]:
    """Say that the proof, whose lengths are told too, had another prompt than timed trials."""
    if plan.prompt_tokens:
        length = counted(plan.prompt_tokens, "token")
        yield f"timed after a prompt of {length}; the proof and answers had the prompt as it is"


def _legend(found: tuple[Speed, ...], heads: Collection[str], processes: int) -> Iterator[str]:
    tokens = " or ".join(str(count) for count in sorted({speed.new_tokens for speed in found}))
    rounds = "Rounds" if "rounds" in heads else counted(found[0].rounds, "round")
    yield f"{rounds} of {tokens} tokens"
    if any(speed.rounds > 1 for speed in found):
        yield "TTFT and TPOT are medians of the rounds"
    shown = [head for head in ("p90", "p95") if head in heads]
    if shown:
        both = "p90 and p95 are of single tokens"
        yield both if len(shown) > 1 else f"{shown[0]} is of single tokens"
    if "CV" in heads:
        yield "CV is how far the rounds lie apart"
    if any(speed.estimated for speed in found):
        yield "what is estimated was timed at a few lengths (--full times all)"
    if processes > 1:
        yield f"every layer was divided over {processes} processes"


def _row(measurement: Measurement, speed: Speed, named: Callable[[str], str]) -> tuple[str, ...]:
    purpose = Purpose.CURVE if speed.estimated else Purpose.SPEED
    ran = measurement.find(speed.subject, speed.cache, purpose)
    return (
        named(f"{speed.label}, estimated" if speed.estimated else speed.label),
        milliseconds(speed.ttft),
        milliseconds(speed.tpot),
        latency(speed.p90),
        latency(speed.p95),
        str(speed.rounds),
        variation(speed.cv),
        lengths(min(ran, key=lambda g: g.prompt_tokens)),
    )
