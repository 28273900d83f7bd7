"""What became of a checkpoint after a fix, in one word."""

from dataclasses import replace
from pathlib import Path

import pytest

from literals import generation, measurement
from runs import a_run
from slowlens.comparing import compare_fix
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.patch.journal import Entry
from slowlens.run import Run
from slowlens_dashboard.tables.outcomes import Became, became, proved


def run(found: Measurement, created: str = "") -> Run:
    return replace(a_run(), measurement=found, created=created)


def timed(*seconds: float, tokens: int = 0, cached: bool = True) -> Measurement:
    speeds = [generation(s, s, s, cached=cached) for s in seconds]
    answers = [generation(*[0.1] * tokens, cache=Cache.ON, purpose=Purpose.LENGTH)]
    ended = [replace(one, finish=Finish.EOS) for one in answers if tokens]
    return measurement(*speeds, *ended)


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
        (timed(0.1, 0.1, 0.1, cached=False), timed(0.1, 0.1, 0.1), Became.BETTER),
    ],
)
def test_one_word(before: Measurement, after: Measurement, word: Became) -> None:
    assert became(compare_fix(run(before), run(after))) is word


def test_the_fixes_that_were_written_between_the_runs() -> None:
    def entry(number: int, time: str) -> Entry:
        return Entry(Path(f"{number:06}.json"), time, (), ())

    entries = [entry(n, f"2026-01-0{n}T00:00:00+00:00") for n in (4, 3, 2, 1)]
    before, after = (run(timed(0.1), f"2026-01-0{day}T12:00:00+00:00") for day in (1, 3))
    assert proved(entries, before, after) == (3, 2)
