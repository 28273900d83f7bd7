import pytest

from literals import generation, measurement
from slowlens.facts.live.speed import Work, compared, noise, speed_of, speeds
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject


def shipped(seconds: float, *, cached: bool) -> Generation:
    return generation(1, seconds, seconds, cached=cached)


ON = generation(1, 0.1, 0.1, cache=Cache.ON)
OFF = generation(1, 0.4, 0.4, cache=Cache.OFF, cached=False)


def test_figures_are_medians_over_rounds_with_their_range() -> None:
    rounds = [shipped(s, cached=False) for s in (0.2, 0.4, 0.9)]
    speed = speed_of(measurement(*rounds), Subject.MERGED, Cache.AS_SHIPPED)
    assert speed is not None
    assert (speed.tpot, speed.rounds) == (0.4, 3)
    assert speed.tpot_range == (0.2, 0.9)
    assert speed.tokens_per_second == 2.5
    assert speed.work is Work.ALL


def test_what_was_stopped_or_is_too_short_is_no_figure() -> None:
    stopped = generation(1, 0.1, finish=Finish.STOPPED)
    single = generation(1)
    proof = generation(1, 1, 1, purpose=Purpose.PROOF)
    assert speeds(measurement(stopped, single, proof)) == ()


def test_noise_is_how_far_apart_equal_work_was_timed() -> None:
    assert noise(measurement(ON, OFF)) == 1
    assert noise(measurement(ON, OFF, shipped(0.8, cached=False))) == pytest.approx(2)
    assert noise(measurement(ON, OFF, shipped(0.3, cached=True))) == pytest.approx(3)


def test_equal_work_is_never_called_slower() -> None:
    latent = measurement(shipped(0.8, cached=True), ON, OFF)
    one = speed_of(latent, Subject.MERGED, Cache.AS_SHIPPED)
    two = speed_of(latent, Subject.MERGED, Cache.ON)
    assert one is not None
    assert two is not None
    assert compared(one, two).startswith("the same work as merged, cache on, and any difference")


def test_faster_is_said_too() -> None:
    found = speeds(measurement(ON, OFF))
    assert compared(*found).startswith("4.0 times faster per token than merged, cache off")
