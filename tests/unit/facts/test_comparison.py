import sys
from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.facts.live.comparison import compared, same_work
from slowlens.facts.live.speed import Speed, Work, speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.live.verdict import NO_SCIPY


def sides(
    shipped: tuple[float, ...], on: tuple[float, ...], *, cached: bool = False
) -> tuple[Speed, Speed]:
    """Merged as shipped and with its cache on, by the time per token of each run."""
    runs = measurement(
        *[generation(1, s, s, cached=cached) for s in shipped],
        *[generation(1, s, s, cache=Cache.ON) for s in on],
    )
    one = speed_of(runs, Subject.MERGED, Cache.AS_SHIPPED)
    two = speed_of(runs, Subject.MERGED, Cache.ON)
    assert one is not None
    assert two is not None
    return one, two


def test_a_second_and_more_is_written_out() -> None:
    one, two = sides((1.644, 1.65, 1.66), (0.0066, 0.0067, 0.0068))
    assert "1,650 ms (1,644 to 1,660) against 6.7 ms (6.6 to 6.8) per token" in compared(one, two)


STEADY = (0.099, 0.1, 0.101)


def scaled(factor: float) -> tuple[float, ...]:
    return tuple(factor * s for s in STEADY)


def test_equal_work_is_never_called_slower() -> None:
    one, two = sides(scaled(8), STEADY, cached=True)
    assert compared(one, two).startswith("the same work as merged, cache on, and any difference")


def test_a_static_cache_is_other_work() -> None:
    one, two = sides(STEADY, STEADY, cached=True)
    assert same_work(one, two)
    assert not same_work(one, replace(two, cache=Cache.STATIC))
    assert not same_work(replace(one, cache=Cache.STATIC), two)


def test_other_models_or_inputs_that_nobody_counted_are_other_work() -> None:
    one, two = sides(STEADY, STEADY, cached=True)
    assert not same_work(replace(one, subject=Subject.SOURCE), two)
    assert not same_work(replace(one, work=Work.ALL), two)
    assert not same_work(replace(one, work=Work.UNKNOWN), replace(two, work=Work.UNKNOWN))


def test_slower_with_the_interval_and_what_it_rests_on() -> None:
    assert compared(*sides(scaled(4), STEADY)) == (
        "4.00 times as long per token as merged, cache on (means, 90 % interval 3.93 to 4.07): "
        "400 ms (396 to 404) against 100 ms (99 to 101) per token "
        "(medians of 3 rounds, 3 tokens each)"
    )


def test_faster_is_said_too() -> None:
    one, two = sides(scaled(4), STEADY)
    assert compared(two, one).startswith(
        "4.00 times faster per token than merged as shipped "
        "(means, 90 % interval 3.93 to 4.07): 100 ms"
    )


def test_no_difference_is_an_answer() -> None:
    assert compared(*sides(scaled(1.01), STEADY)).startswith(
        "within 10 % of the time per token of merged, cache on "
        "(means, 90 % interval 0.99 to 1.03): "
    )


def test_half_an_answer() -> None:
    one, two = sides((0.103, 0.107, 0.111), STEADY)
    assert compared(one, two).startswith(
        "perhaps slower per token than merged, cache on (means, 90 % interval 1.01 to 1.14): "
    )
    assert compared(two, one).startswith(
        "not slower by more than 10 % per token than merged as shipped "
        "(means, 90 % interval 0.88 to 0.99): "
    )


def test_too_few_runs_tell_what_was_seen() -> None:
    one, two = sides((0.4, 0.42), (0.1, 0.1))
    assert compared(one, two) == (
        "4.10 times as long per token as merged, cache on, as far as 2 rounds can tell: "
        "410 ms (400 to 420) against 100 ms per token (medians of 2 rounds, 3 tokens each); "
        "too few runs for a verdict, which takes 3 a side"
    )
    assert compared(two, one).startswith(
        "4.10 times faster per token than merged as shipped, as far as 2 rounds can tell: 100 ms"
    )
    assert compared(*sides((0.4,), (0.1, 0.1))).startswith(
        "4.00 times as long per token as merged, cache on, as far as 1 round can tell: 400 ms"
    )


def test_too_few_runs_that_overlap_or_noise_explains_show_no_side() -> None:
    said = "not clearly slower or faster per token than merged, cache on: "
    assert compared(*sides((0.1, 0.4), (0.1, 0.2))).startswith(said)
    one, two = sides((0.4, 0.4), (0.1, 0.1))
    assert compared(replace(one, noise=4.1), two).startswith(said)
    assert compared(one, replace(two, noise=4.1)).startswith(said)


def test_one_round_of_each_is_no_factor_where_a_verdict_would_not_mind() -> None:
    said = "not clearly slower or faster per token than merged"
    one, two = sides((0.109,), (0.1,))
    assert compared(one, two).startswith(said)
    assert compared(two, one).startswith(said)
    assert compared(*sides((0.111,), (0.1,))).startswith("1.11 times as long")


def test_without_scipy_what_was_seen_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    said = compared(*sides(scaled(4), STEADY))
    assert said.startswith("4.00 times as long per token as merged, cache on, as far as 3 rounds")
    assert said.endswith(NO_SCIPY)


def test_an_interval_that_shows_a_side_is_told_although_runs_vary_too_much() -> None:
    wild, calm = (0.2, 0.4, 0.3), (0.099, 0.1, 0.101)
    one, two = sides(wild, calm)
    assert compared(one, two).startswith(
        "slower per token, by how much is unsure, than merged, cache on (means, 90 % interval "
    )
    one, two = sides(calm, wild)
    assert compared(one, two).startswith("faster per token, by how much is unsure, than ")
    one, two = sides((0.1, 0.2, 0.15), calm)
    assert compared(one, two).startswith("not clearly slower or faster per token than ")


def test_a_factor_within_the_noise_of_equal_work_is_none() -> None:
    one, two = sides(scaled(1.5), STEADY)
    assert "times as long" in compared(replace(one, noise=1.4), two)
    for pair in ((replace(one, noise=1.6), two), (one, replace(two, noise=1.6))):
        assert compared(*pair).endswith("; equal work beside it was timed 1.60 times apart")
