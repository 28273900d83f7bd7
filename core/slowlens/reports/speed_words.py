"""What a verdict on speed says, in the words that all its reports share."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from slowlens.facts.live.seconds import ranged
from slowlens.facts.live.side import Side
from slowlens.facts.live.speed import Work
from slowlens.facts.live.statistics import Interval, geometric_ratio, ratio_interval
from slowlens.facts.live.verdict import LEAST_RUNS, Outcome, Verdict, times
from slowlens.reports.causes import causes as causes_of
from slowlens.reports.spread import UNKNOWN, growing
from slowlens.reports.units import counted, size
from slowlens.speedverdict import Answer, Judged, SpeedVerdict

VERDICTS = {
    Answer.PASS: "passed",
    Answer.FAIL: "failed",
    Answer.INCONCLUSIVE: "inconclusive",
    Answer.INCOMPARABLE: "not comparable",
}
Row: TypeAlias = tuple[str, str, str, str]
"""A figure, its value on both sides, and the second over the first."""


def head(verdict: SpeedVerdict) -> Row:
    """Name the columns."""
    before, after = verdict.titles
    return "figure", before, after, f"{after} / {before} (means)"


def headline(verdict: SpeedVerdict) -> str:
    """Say in one line what became of it."""
    name = VERDICTS[verdict.answer].upper()
    if verdict.answer is Answer.INCOMPARABLE:
        return f"{name}: {_incomparable(verdict)}"
    outcome = Outcome(verdict.answer.value)
    first = next(each for each in verdict.decisive if each.slower.outcome is outcome)
    return f"{name}: {sentence(first)}"


def sentence(judged: Judged) -> str:
    """Say what one kind of trial tells."""
    estimated = judged.before.estimated or judged.after.estimated
    basis = " This is estimated from a few steps of each run." if estimated else ""
    if judged.faster.outcome is Outcome.FAIL:
        return f"{judged.label}: {_faster(judged.faster, judged.slower)}.{basis}"
    return f"{judged.label}: {judged.slower.reason}.{basis}"


def _faster(faster: Verdict, slower: Verdict) -> str:
    assert faster.ratio is not None
    runs = f"{slower.candidate_runs} against {slower.reference_runs} runs"
    said = f"{times(faster.ratio)} times faster per token ({faster.interval}, {runs})"
    return f"{said}: {slower.why}" if slower.outcome is Outcome.INCONCLUSIVE else said


def _incomparable(verdict: SpeedVerdict) -> str:
    if not verdict.unlike:
        return "no kind of trial was timed on both sides."
    names = [each.what for each in verdict.unlike]
    return f"the two runs are unlike in {', '.join(names)}."


def unlikes(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield a line for each circumstance that differs."""
    before, after = verdict.titles
    for each in verdict.unlike:
        yield f"{each.what}: {each.before} ({before}), {each.after} ({after})"


def failures(verdict: SpeedVerdict) -> Iterator[str]:
    """Yield a sentence for each trial of the second side that could not be run."""
    measurement = verdict.after.measurement
    for failed in measurement.failures if measurement else ():
        yield f"{failed.trial.label} ({failed.trial.purpose}) could not be run: {failed.message}"


def causes(verdict: SpeedVerdict) -> tuple[str, ...]:
    """Say why it is slow, where it may be and a checkpoint was read."""
    run = verdict.after
    if not run.outcomes or verdict.answer not in (Answer.FAIL, Answer.INCONCLUSIVE):
        return ()
    return causes_of(run) or ((run.answer,) if verdict.answer is Answer.FAIL else ())


def rows(judged: Judged) -> Iterator[Row]:
    """Yield the figures that at least one side has."""
    sides = (judged.before, judged.after)
    told: Sequence[tuple[str, Callable[[Side], str], str]] = (
        (
            _named("TTFT", [side.ttfts for side in sides]),
            lambda side: _times(side.ttfts),
            _ratio([side.ttfts for side in sides]),
        ),
        (
            _named("TPOT", [side.tpots for side in sides]),
            lambda side: _times(side.tpots),
            _ratio([side.tpots for side in sides]),
        ),
        ("growth per 1,000 tokens", lambda side: growing(side.growth), ""),
        ("a step processes", lambda side: _work(side.work), ""),
        ("weights read a step", lambda side: _bytes(side.weights_read), ""),
        ("memory peak", lambda side: _bytes(side.memory_peak), ""),
        ("answer, free to stop", _answer, ""),
    )
    quotients = {
        "weights read a step": [side.weights_read for side in sides],
        "memory peak": [side.memory_peak for side in sides],
        "answer, free to stop": [side.answer for side in sides],
    }
    for name, tell, ratio in told:
        before, after = (tell(side) for side in sides)
        if (before, after) != (UNKNOWN, UNKNOWN):
            yield name, before, after, ratio or _quotient(quotients.get(name, ()))


def _named(name: str, sides: Sequence[Sequence[float]]) -> str:
    return f"{name}, median" if max(map(len, sides)) > 1 else name


def _times(seconds: Sequence[float]) -> str:
    return ranged(seconds) if seconds else UNKNOWN


def _ratio(sides: Sequence[Sequence[float]]) -> str:
    before, after = sides
    if not before or not after:
        return ""
    found = _interval(after, before)
    if found is None:
        return times(geometric_ratio(after, before))
    return f"{times(found.estimate)} ({times(found.low)} to {times(found.high)})"


def _interval(candidate: Sequence[float], reference: Sequence[float]) -> Interval | None:
    if min(len(candidate), len(reference)) < LEAST_RUNS:
        return None
    try:
        return ratio_interval(candidate, reference)
    except ImportError:
        return None


def _quotient(values: Sequence[int | None]) -> str:
    before, after = values or (None, None)
    return times(after / before) if before and after else ""


def _bytes(count: int | None) -> str:
    return UNKNOWN if count is None else size(count)


def _work(work: Work) -> str:
    return UNKNOWN if work is Work.UNKNOWN else work


def _answer(side: Side) -> str:
    if side.answer is None:
        return UNKNOWN
    return counted(side.answer, "token") + ("" if side.ended else ", then cut off")
