import pytest

from slowlens.facts.live.seconds import duration, milliseconds, ranged, roughly, rounded


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.00835, "0.00835"), (8.352, "8.35"), (99.96, "100"), (1644.4, "1,644"),
     (-2, "-2"), (-2000, "-2,000")],
)  # fmt: skip
def test_three_digits_and_no_exponent(number: float, text: str) -> None:
    assert rounded(number) == text


def test_milliseconds() -> None:
    assert milliseconds(0.00835) == "8.35 ms"
    assert milliseconds(1.644) == "1,644 ms"


def test_seconds_are_told_from_one_on() -> None:
    assert duration(0.35) == "350 ms"
    assert duration(1) == "1 s"
    assert duration(1644.4) == "1,644 s"


def test_runs_are_told_by_their_median_and_how_far_they_reach() -> None:
    assert ranged([0.07, 0.026, 0.048]) == "48 ms (26 to 70)"
    assert ranged([0.048, 0.04801, 0.048]) == "48 ms"
    assert ranged([0.048]) == "48 ms"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "5 s"), (7, "5 s"), (8, "10 s"), (54.9, "55 s"), (55, "1 min"), (89, "1 min"),
     (200, "3 min"), (7200, "120 min")],
)  # fmt: skip
def test_a_time_that_is_left_is_told_as_nobody_counts_it(seconds: float, told: str) -> None:
    assert roughly(seconds) == told
