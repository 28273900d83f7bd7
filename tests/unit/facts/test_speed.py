from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.facts.live.speed import Speed, Work, noise, rounds_of, speed_of, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject


def shipped(seconds: float, *, cached: bool) -> Generation:
    return generation(1, seconds, seconds, cached=cached)


ON = generation(1, 0.1, 0.1, cache=Cache.ON)
OFF = generation(1, 0.4, 0.4, cache=Cache.OFF, cached=False)


def uncounted(seconds: float, cache: Cache) -> Generation:
    found = generation(1, seconds, seconds, cache=cache)
    return replace(found, steps=tuple(replace(step, tokens_in=0) for step in found.steps))


def speed(*runs: Generation) -> Speed:
    found = speed_of(measurement(*runs), Subject.MERGED, Cache.AS_SHIPPED)
    assert found is not None
    return found


def test_figures_are_medians_over_runs_with_their_range() -> None:
    found = speed(*[shipped(s, cached=False) for s in (0.2, 0.9, 0.4)])
    assert (found.tpot, found.rounds) == (0.4, 3)
    assert found.runs == (0.2, 0.9, 0.4)
    assert found.cv == pytest.approx(0.3606 / 0.5, rel=1e-3)
    assert found.tokens_per_second == 2.5
    assert found.work is Work.ALL


def test_one_run_has_no_spread_and_few_tokens_no_percentiles() -> None:
    found = speed(shipped(0.4, cached=False))
    assert (found.cv, found.p90, found.p95, found.growth) == (None, None, None, None)


def test_percentiles_are_of_the_tokens_of_all_runs() -> None:
    half = generation(1, *[0.1] * 17, 0.2)
    assert speed(half).p90 is None
    assert speed(half, half).p90 == pytest.approx(0.1)
    assert speed(half, half).p95 is None
    assert speed(*[half] * 4).p95 == pytest.approx(0.145)


def test_growth_needs_tokens() -> None:
    found = speed(generation(1, *[0.1 + 0.001 * i for i in range(16)])).growth
    assert found is not None
    assert found.estimate == pytest.approx(1)


def test_what_was_stopped_or_is_too_short_is_no_figure() -> None:
    stopped = generation(1, 0.1, finish=Finish.STOPPED)
    single = generation(1)
    timeless = generation(1, 0, 0)
    proof = generation(1, 1, 1, purpose=Purpose.PROOF)
    assert speeds(measurement(stopped, single, timeless, proof)) == ()


def test_noise_is_how_far_apart_equal_work_was_timed() -> None:
    assert noise(measurement()) == noise(measurement(ON, OFF)) == 1
    assert noise(measurement(ON, OFF, shipped(0.8, cached=False))) == pytest.approx(2)
    assert noise(measurement(ON, OFF, shipped(0.3, cached=True))) == pytest.approx(3)


def test_runs_of_one_kind_are_no_pair_of_equal_work() -> None:
    runs = [shipped(s, cached=True) for s in (0.05, 0.2)]
    assert noise(measurement(*runs)) == 1
    assert noise(measurement(*runs, ON)) == pytest.approx(1)


def test_what_was_not_counted_or_compiled_is_no_pair_of_equal_work() -> None:
    static = generation(1, 0.01, 0.01, cache=Cache.STATIC)
    assert noise(measurement(ON, static)) == 1
    off, shipped_off = (uncounted(s, c) for s, c in ((0.1, Cache.OFF), (0.2, Cache.AS_SHIPPED)))
    assert noise(measurement(off, shipped_off)) == 1
    source = generation(1, 0.5, 0.5, cache=Cache.AS_SHIPPED, subject=Subject.SOURCE)
    assert noise(measurement(ON, source)) == 1


def test_rounds_are_counted_as_the_figures_count_them() -> None:
    found = measurement(
        generation(0.1, 0.1, 0.1),
        generation(0.2, 0.2, finish=Finish.STOPPED),
        generation(0.1, 0.1, 0.1),
        generation(0.3, 0.3, purpose=Purpose.LENGTH),
        generation(0.1, 0.1, cache=Cache.ON),
    )
    for kind in ((Subject.MERGED, Cache.AS_SHIPPED), (Subject.MERGED, Cache.ON)):
        speed = speed_of(found, *kind)
        assert speed
        assert rounds_of(found, *kind) == speed.rounds
    assert rounds_of(found, Subject.SOURCE, Cache.ON) == 0
