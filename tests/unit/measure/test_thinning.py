from collections.abc import Iterable
from itertools import pairwise

import pytest

from slowlens.facts.live.device import DeviceSample
from slowlens.measure.thinning import LIMIT, Thinned


def kept(samples: Iterable[DeviceSample], limit: int = LIMIT) -> list[DeviceSample]:
    thinned = Thinned(limit)
    thinned += samples
    return [*thinned]


def looks(count: int) -> list[DeviceSample]:
    return [DeviceSample(at=float(at)) for at in range(count)]


@pytest.mark.parametrize("count", [0, 1, 8])
def test_what_fits_is_kept_whole(count: int) -> None:
    assert kept(looks(count), limit=8) == looks(count)


@pytest.mark.parametrize(
    ("count", "times"),
    [
        (9, [0, 2, 4, 6, 8]),
        (15, [0, 2, 4, 6, 8, 10, 12, 14]),
        (17, [0, 4, 8, 12, 16]),
        (19, [0, 4, 8, 12, 16]),
        (21, [0, 4, 8, 12, 16, 20]),
    ],
)
def test_when_full_every_other_look_goes_and_half_as_many_come(
    count: int, times: list[int]
) -> None:
    assert [sample.at for sample in kept(looks(count), limit=8)] == times


def test_an_hour_is_kept_evenly() -> None:
    samples = kept(looks(36_000))
    assert LIMIT / 2 <= len(samples) <= LIMIT
    gaps = {b.at - a.at for a, b in pairwise(samples)}
    assert gaps == {16.0}


def test_gpus_that_were_looked_at_together_stay_together() -> None:
    samples = [DeviceSample(at=float(at), device=name) for at in range(50) for name in "ab"]
    found = kept(samples, limit=8)
    assert 4 <= len(found) <= 8
    assert [sample.device for sample in found] == ["a", "b"] * (len(found) // 2)


def test_batches_make_no_difference() -> None:
    thinned = Thinned(8)
    for start in range(0, 40, 5):
        thinned += looks(40)[start : start + 5]
    assert [*thinned] == kept(looks(40), limit=8)
