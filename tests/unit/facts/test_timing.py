from math import isnan

import pytest

from literals import generation
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Finish, Purpose


def test_latencies() -> None:
    timed = generation(0.5, 0.1, 0.2, 0.3)
    assert timed.ttft == 0.5
    assert timed.itl == (0.1, 0.2, 0.3)
    assert timed.tpot == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("lengths", "cached", "recomputes"),
    [
        ((10, 1, 1), True, False),
        ((10, 11, 12), False, True),
        ((10, 1, 2), False, False),
        ((10, 4, 3), False, False),
        ((0, 0, 0), False, False),
        ((10,), False, False),
        ((1, 1, 1), True, False),
    ],
)
def test_what_the_input_lengths_say(
    lengths: tuple[int, ...], cached: bool, recomputes: bool
) -> None:
    trial = generation(0.1, purpose=Purpose.PROOF).trial
    steps = tuple(Step(i, 0.1, length, 7) for i, length in enumerate(lengths))
    counted = Generation(trial, 10, steps, 1.0, Finish.LENGTH, "")
    assert counted.input_lengths == lengths
    assert (counted.cached, counted.recomputes) == (cached, recomputes)


def test_a_single_step_has_no_speed() -> None:
    timed = generation(0.5)
    assert isnan(timed.tpot)
