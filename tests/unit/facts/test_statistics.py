"""Against scipy's own Welch test, textbook figures and simulated steps."""

import random
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from slowlens.facts.live.growth import Growth, growth
from slowlens.facts.live.statistics import Band, band, percentile, ratio_interval, variation

seconds = st.floats(1e-5, 1e3)
runs = st.lists(seconds, min_size=2, max_size=8)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_is_that_of_welch(confidence: float) -> None:
    one, two = [0.12, 0.13, 0.1, 0.11], [0.09, 0.1, 0.095]
    found = ratio_interval(one, two, confidence)
    welch = ttest_ind([log(x) for x in one], [log(x) for x in two], equal_var=False)
    theirs = welch.confidence_interval(confidence)
    assert (log(found.low), log(found.high)) == pytest.approx((theirs.low, theirs.high))
    assert found.low < found.estimate < found.high


@given(runs, runs)
def test_swapped_sides_invert_the_ratio(one: list[float], two: list[float]) -> None:
    there, back = ratio_interval(one, two), ratio_interval(two, one)
    expected = (1 / there.estimate, 1 / there.high, 1 / there.low)
    assert (back.estimate, back.low, back.high) == pytest.approx(expected)


@given(runs, runs, st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(one: list[float], two: list[float], unit: float) -> None:
    here = ratio_interval(one, two)
    there = ratio_interval([unit * x for x in one], [unit * x for x in two])
    assert log(there.estimate) == pytest.approx(log(here.estimate), abs=1e-9)
    assert log(there.low) == pytest.approx(log(here.low), rel=1e-6, abs=1e-6)


def test_equal_figures_have_an_interval_without_width() -> None:
    found = ratio_interval([0.2, 0.2], [0.1, 0.1])
    assert (found.low, found.estimate, found.high) == pytest.approx((2, 2, 2))


def test_variation_between_runs() -> None:
    assert variation([0.1]) is None
    assert variation([0.09, 0.11]) == pytest.approx(0.1414, rel=1e-3)


@pytest.mark.parametrize(
    ("cv", "expected"),
    [
        (0.049, Band.EXCELLENT),
        (0.05, Band.GOOD),
        (0.099, Band.GOOD),
        (0.10, Band.FAIR),
        (0.20, Band.FAIR),
        (0.201, Band.UNSTABLE),
    ],
)
def test_bands(cv: float, expected: Band) -> None:
    assert band(cv) is expected


@pytest.mark.parametrize(
    ("share", "least"), [(0.5, 6), (0.1, 36), (0.9, 36), (0.95, 72), (0.99, 368)]
)
def test_percentiles_need_a_sample(share: float, least: int) -> None:
    values = [float(i) for i in range(least)]
    assert percentile(values[1:], share) is None
    assert percentile(values[::-1], share) == pytest.approx(share * (least - 1))


def wave(seed: int, steps: int, phi: float) -> list[float]:
    """20 ms and 5 us more each step, disturbed by 1 ms that lasts."""
    source, value, latencies = random.Random(seed), 0.0, []
    for index in range(-50, steps):
        value = phi * value + source.gauss(0, 0.001 * (1 - phi**2) ** 0.5)
        latencies.append(0.02 + 5e-6 * index + value)
    return latencies[50:]


@pytest.mark.parametrize(("several", "phi"), [(1, 0.0), (1, 0.7), (2, 0.7), (3, 0.7), (3, 0.95)])
def test_growth_holds_the_truth_where_steps_are_alike(several: int, phi: float) -> None:
    trials = [growth([wave(9 * n + i, 63, phi) for i in range(several)]) for n in range(200)]
    held = sum(g.low <= 0.005 <= g.high for g in trials if g and g.low and g.high)
    assert 180 <= held <= 199, held


def test_growth_of_an_even_line_is_its_slope() -> None:
    line = [0.02 + 5e-6 * i for i in range(40)]
    one = growth([line])
    assert one is not None
    assert (one.estimate, one.low, one.high) == pytest.approx((0.005, 0.005, 0.005))
    two = growth([line, [2 * x for x in line], [3 * x for x in line]])
    assert two is not None
    assert (two.estimate, two.runs) == (pytest.approx(0.01), 3)
    assert two.high == pytest.approx(0.01 + 4.303 * 0.005 / 3**0.5, rel=1e-3)


def test_growth_tells_something_where_it_is_clear_or_clearly_little() -> None:
    assert Growth(0.3, 0.01, 0.59, 3).telling(0.1)
    assert Growth(-0.3, -0.59, -0.01, 3).telling(0.1)
    assert Growth(0.0, -0.05, 0.05, 3).telling(0.1)
    assert not Growth(0.0, -0.05, 0.06, 3).telling(0.1)
    assert not Growth(0.3, 0.0, 0.6, 3).telling(0.1)
    assert not Growth(0.3, None, None, 3).telling(0.1)


def test_short_runs_have_no_growth() -> None:
    assert growth([]) is None
    assert growth([[0.1] * 16, [0.1] * 15]) is None
    assert growth([[0.1] * 16]) is not None
