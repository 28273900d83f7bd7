from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.device import Peaks
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.mbu_below_source import check

PEAKS = Peaks(1e12, 1e14, "bfloat16")
READ: dict[str, Any] = {"weights_read": 10**10}
"""10 ms at this bandwidth."""


def runs(seconds: float, subject: Subject, **changes: Any) -> list[Generation]:
    times = (0.99 * seconds, seconds, 1.01 * seconds)
    return [generation(1, s, s, subject=subject, **changes) for s in times]


def pair(ours: float = 0.04, theirs: float = 0.02, **changes: Any) -> Measurement:
    found = measurement(*runs(ours, Subject.MERGED), *runs(theirs, Subject.SOURCE))
    return replace(found, models=both(**changes), peaks=PEAKS)


def both(**changes: Any) -> Any:
    return loaded(**READ | changes), loaded(Subject.SOURCE, **READ)


def test_slower_with_as_much_to_read() -> None:
    (finding,) = check(pair())
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert "use of 25 % of the memory bandwidth, its source of 50 %" in finding.message
    assert [number.value for number in finding.evidence] == pytest.approx([25, 50])
    assert finding.cost.startswith("2.00 times as long per token as source as shipped")


def test_what_fits_into_the_caches_is_read_faster_than_a_copy() -> None:
    (finding,) = check(pair(0.008, 0.004))
    assert "use of 125 % of the memory bandwidth, its source of 250 %" in finding.message


def test_as_fast_as_the_source() -> None:
    assert not list(check(pair(0.02)))
    assert not list(check(pair(0.01)))


def test_more_or_less_to_read_is_another_finding() -> None:
    assert list(check(pair(weights_read=109 * 10**8)))
    assert not list(check(pair(weights_read=112 * 10**8)))
    assert not list(check(pair(weights_read=88 * 10**8)))


@pytest.mark.parametrize("differs", [{"dtype": "float16"}, {"attention": "eager"}])
def test_what_was_loaded_otherwise_is_another_finding(differs: dict[str, str]) -> None:
    assert not list(check(pair(**differs)))


def test_weights_off_the_gpu_are_another_finding() -> None:
    away: dict[str, Any] = READ | {"device": "cuda", "placed": {"cuda:0": 6, "cpu": 4}}
    home: dict[str, Any] = READ | {"device": "cuda", "placed": {"cuda:0": 10}}
    for ours, theirs, silent in ((away, home, True), (away, away, False), (home, away, False)):
        models = (loaded(**ours), loaded(Subject.SOURCE, **theirs))
        assert (not list(check(replace(pair(), models=models)))) is silent


def test_with_the_cache_forced_on_where_it_ships_without() -> None:
    found = pair()
    shipped = runs(0.2, Subject.MERGED, cached=False)
    on = runs(0.04, Subject.MERGED, cache=Cache.ON)
    theirs = runs(0.02, Subject.SOURCE)
    (finding,) = check(replace(found, generations=(*shipped, *on, *theirs)))
    assert finding.cost.startswith("2.00 times")
    assert not list(
        check(
            replace(
                found, generations=(*shipped, *runs(0.02, Subject.MERGED, cache=Cache.ON), *theirs)
            )
        )
    )


def test_what_is_missing_is_undecided() -> None:
    found = pair()
    ours, theirs = (
        tuple(g for g in found.generations if g.trial.subject == subject)
        for subject in (Subject.MERGED, Subject.SOURCE)
    )
    noisy = tuple(
        replace(g, steps=(*g.steps[:1], replace(g.steps[1], seconds=s)))
        for g, s in zip(ours, (0.02, 0.05, 0.2), strict=True)
    )
    unloaded = (both()[1],), (both()[0],)
    for missing, why in (
        (replace(found, models=unloaded[0]), "not both loaded"),
        (replace(found, models=unloaded[1]), "not both loaded"),
        (pair(weights_read=0), "not counted"),
        (replace(found, models=(both()[0], loaded(Subject.SOURCE))), "not counted"),
        (replace(found, generations=ours), "not both timed"),
        (replace(found, generations=theirs), "not both timed"),
        (replace(found, peaks=None), "bandwidth of the device"),
        (replace(found, generations=(*noisy, *theirs)), "too unstable"),
    ):
        with pytest.raises(Undecided, match=why):
            list(check(missing))
