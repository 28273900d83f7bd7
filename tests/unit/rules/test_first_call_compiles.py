from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.measurement import Measurement, WarmUp
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.first_call_compiles import check


def warm(first: float, last: float, **changes: Any) -> WarmUp:
    given = {"subject": Subject.MERGED, "cache": Cache.AS_SHIPPED} | changes
    return WarmUp(first=first, runs=3, steady=True, last=last, **given)


def found(*warm_ups: WarmUp, kind: str = "static", first_call: float = 0.1) -> Measurement:
    proof = replace(generation(0.1, 0.1, purpose=Purpose.PROOF), total_seconds=first_call)
    models = (loaded(cache_implementation=kind),)
    return replace(measurement(proof), models=models, warm_ups=warm_ups)


def test_the_first_call_is_compiled_for() -> None:
    (finding,) = check(found(warm(41, 0.25)))
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.MEASURED)
    assert finding.message.startswith(
        "the first call took 41 s and later ones 250 ms: with its cache_implementation static"
    )
    assert [number.value for number in finding.evidence] == [41, 0.25]
    assert finding.cost == "40.8 s once, and again for each new shape"


def test_the_very_first_call_comes_before_the_warm_up() -> None:
    (finding,) = check(found(warm(2, 1.5), first_call=41))
    assert finding.message.startswith("the first call took 41 s and later ones 1.5 s")


def test_a_first_call_that_was_cut_off_is_none() -> None:
    cut = found(warm(2, 0.1), first_call=41)
    stopped = replace(cut.generations[0], finish=Finish.STOPPED)
    assert not list(check(replace(cut, generations=(stopped,))))


@pytest.mark.parametrize(("first", "last"), [(5.0, 0.1), (41, 4.2), (0.3, 0.2)])
def test_a_little_slower_is_no_compilation(first: float, last: float) -> None:
    assert not list(check(found(warm(first, last))))


@pytest.mark.parametrize("kind", ["", "dynamic"])
def test_a_checkpoint_that_asks_for_no_such_cache(kind: str) -> None:
    forced = warm(41, 0.25, cache=Cache.STATIC)
    assert not list(check(found(warm(41, 0.25), forced, kind=kind)))


def test_only_merged_as_shipped_counts() -> None:
    others = warm(41, 0.25, cache=Cache.ON), warm(41, 0.25, subject=Subject.SOURCE)
    assert not list(check(found(*others, warm(0.3, 0.2))))


def test_what_was_not_seen_is_undecided() -> None:
    others = warm(41, 0.25, cache=Cache.ON), warm(41, 0.25, subject=Subject.SOURCE)
    for missing, why in (
        (replace(found(warm(41, 0.25)), models=()), "not loaded"),
        (found(), "did not warm up"),
        (found(*others), "did not warm up"),
        (found(warm(41, 0)), "did not warm up"),
    ):
        with pytest.raises(Undecided, match=why):
            list(check(missing))
