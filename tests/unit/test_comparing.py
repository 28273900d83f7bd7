"""What became of a checkpoint after a fix, in one word."""

from dataclasses import replace

import pytest

from literals import generation, measurement
from runs import a_run
from slowlens.comparing import Became, became, compare_fix
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.run import Run


def run(found: Measurement) -> Run:
    return replace(a_run(), measurement=found)


def timed(
    *seconds: float, tokens: int = 0, cached: bool = True, finish: Finish = Finish.EOS
) -> Measurement:
    speeds = [generation(s, s, s, cached=cached) for s in seconds]
    answers = [generation(*[0.1] * tokens, cache=Cache.ON, purpose=Purpose.LENGTH)]
    ended = [replace(one, finish=finish) for one in answers if tokens]
    return measurement(*speeds, *ended)


CUT_EARLY, CUT_LATE = (
    timed(0.1, 0.1, 0.1, tokens=tokens, finish=Finish.LENGTH) for tokens in (4, 9)
)
"""Answers that reached their limits, which are unlike."""


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (timed(0.4, 0.4, 0.4), timed(0.1, 0.1, 0.1), Became.BETTER),
        (timed(0.1, 0.1, 0.1), timed(0.1, 0.1, 0.1), Became.NO_BETTER),
        (timed(0.1, 0.1, 0.1), timed(0.4, 0.4, 0.4), Became.WORSE),
        (timed(0.1, 0.2, 0.3), timed(0.1, 0.2, 0.3), Became.UNCLEAR),
        (timed(0.1), timed(0.1), Became.UNCLEAR),
        (timed(0.1, 0.1, 0.1, tokens=9), timed(0.1, 0.1, 0.1, tokens=4), Became.BETTER),
        (timed(0.1, 0.1, 0.1, tokens=4), timed(0.1, 0.1, 0.1, tokens=4), Became.NO_BETTER),
        (CUT_LATE, timed(0.1, 0.1, 0.1, tokens=4), Became.BETTER),
        (timed(0.1, 0.1, 0.1, tokens=9), CUT_EARLY, Became.NO_BETTER),
        (CUT_LATE, CUT_EARLY, Became.NO_BETTER),
        (timed(0.1, 0.1, 0.1, cached=False), timed(0.1, 0.1, 0.1), Became.BETTER),
    ],
)
def test_one_word(before: Measurement, after: Measurement, word: Became) -> None:
    assert became(compare_fix(run(before), run(after))) is word
