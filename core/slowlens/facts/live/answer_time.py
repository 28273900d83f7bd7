"""How long one whole answer takes.

E2E = TTFT + (n - 1) x TPOT, with the n tokens that the subject writes until it stops by itself.
"""

from collections.abc import Iterable

from slowlens.facts.live.growth import common_slope
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prediction import predictions
from slowlens.facts.live.speed import answer_of
from slowlens.facts.live.statistics import mean
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """Seconds of one answer of ``tokens``; TTFT and TPOT are means over ``runs``."""

    subject: str
    cache: Cache
    tokens: int
    ttft: float
    tpot: float
    runs: tuple[float, ...]
    """End-to-end seconds of each timed run."""
    estimated: bool
    """Part of the answer was not timed: its steps recompute, and the line of those timed is
    followed."""
    ended: bool | None
    """Whether it stopped by itself, or was cut off; None where no answer was run to its end."""
    beyond: bool = False
    """Whether it is longer than the runs that were timed, or predicted between probes."""

    @property
    def answered(self) -> bool:
        """Whether ``tokens`` are those of an answer, and not what the plan asked for."""
        return self.ended is not None

    @property
    def seconds(self) -> float:
        """End to end: the mean of the runs."""
        return self.ttft + (self.tokens - 1) * self.tpot


def answer_time(measurement: Measurement, subject: str, cache: Cache) -> AnswerTime | None:
    """Return the time of an answer; None without timed trials.

    How many tokens it has is taken from the answer that was to stop by itself, with whatever
    cache that one ran; where none was, it is the plan's ``new_tokens``. A time per token that
    grows, because every step recomputes, is that of an answer of just this length.
    """
    answer = answer_of(measurement, subject)
    tokens = len(answer.steps) if answer else measurement.plan.new_tokens
    runs = _timed(measurement.find(subject, cache, Purpose.SPEED), tokens)
    foretold = predictions(measurement, subject, cache, tokens)
    runs = runs or [(run.ttft, run.tpot, True, measurement.plan.new_tokens) for run in foretold]
    if not runs:
        return None
    ttfts, tpots, guessed, lengths = zip(*runs, strict=True)
    return AnswerTime(
        subject,
        cache,
        tokens,
        mean(ttfts),
        mean(tpots),
        tuple(ttft + (tokens - 1) * tpot for ttft, tpot, *_ in runs),
        estimated=any(guessed),
        ended=None if answer is None else answer.finish is Finish.EOS,
        beyond=tokens > min(lengths),
    )


_Run = tuple[float, float, bool, int]
"""TTFT, TPOT over the answer, whether that was estimated, and the tokens that were timed."""


def _timed(generations: Iterable[Generation], tokens: int) -> list[_Run]:
    done = [g for g in generations if g.finish is not Finish.STOPPED and g.tpot > 0]
    rise = common_slope([g.itl for g in done if g.recomputes])
    return [(g.ttft, *_pace(g, tokens, rise), len(g.steps)) for g in done]


def _pace(generation: Generation, tokens: int, rise: float) -> tuple[float, bool]:
    """Return the TPOT of an answer of this length, and whether its end had to be estimated.

    ``rise``: seconds that a step takes longer than the one before, which all rounds share: of few
    tokens the slope of a single one is noise, and drawn out it would be most of the answer.
    """
    itl = generation.itl
    if not generation.recomputes:
        return generation.tpot, False
    if tokens - 1 <= len(itl):
        return mean(itl[: max(tokens - 1, 1)]), False
    level, middle = mean(itl), (len(itl) - 1) / 2
    beyond = [level + rise * (place - middle) for place in range(len(itl), tokens - 1)]
    return mean([*itl, *beyond]), True
