from dataclasses import replace

from slowlens.facts.live.growth import Growth
from slowlens.reports.spread import growing, grown, latency, variation


def test_what_is_not_known_is_not_a_number() -> None:
    assert {latency(None), variation(None), growing(None)} == {"n/a"}


def test_figures_with_their_band_and_interval() -> None:
    assert latency(0.0123) == "12.3 ms"
    assert variation(0.0312) == "3.1 % (excellent)"
    assert variation(0.4) == "40 % (unstable)"
    assert growing(Growth(0.0032, 0.0029, 0.0035, 3)) == "+3.2 ms (2.9 to 3.5)"
    assert growing(Growth(-0.001, -0.002, 0.0, 3)) == "-1 ms (-2 to 0)"
    assert growing(Growth(3.0, -1.5, 7.5, 3)) == "+3,000 ms (-1,500 to 7,500)"
    assert growing(Growth(0.0032, None, None, 1)) == "+3.2 ms"


def test_growth_that_the_runs_cannot_see_is_not_written() -> None:
    """Of runs of 32 tokens on a GPU: wider than the time per token on both sides of 0."""
    wide, clear = Growth(0.392, -1.885, 2.67, 3), Growth(0.0032, 0.0029, 0.0035, 3)
    assert grown(wide, (0.0646, 0.0697, 0.0704)) == "n/a: runs too short"
    assert grown(clear, (0.06,)) == growing(clear)
    assert grown(Growth(0.001, -0.01, 0.02, 3), (0.06,)) == "+1 ms (-10 to 20)"
    assert {grown(None, (0.06,)), grown(replace(wide, low=None), (0.06,))} == {"n/a"}
    assert grown(wide, ()) == "n/a"
