import sys
from dataclasses import replace

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.device import Peaks
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.decode_slows_with_position import check

STEPS = 200
PER_TOKEN = 50_000
"""Bytes of cache."""


def runs(
    growth: float,
    *,
    spread: float = 0.0001,
    steps: int = STEPS,
    subject: Subject = Subject.MERGED,
    cache: Cache = Cache.AS_SHIPPED,
    cached: bool = True,
) -> list[Generation]:
    """Three runs of 10 ms a token that grow by so many ms per 1,000 tokens, give or take."""
    return [
        counted(
            generation(
                1,
                *(0.01 + (growth + off) * 1e-6 * step for step in range(steps)),
                subject=subject,
                cache=cache,
                cached=cached,
            )
        )
        for off in (-spread, 0.0, spread)
    ]


def counted(run: Generation) -> Generation:
    last = replace(run.steps[-1], kv_length=1000)
    return replace(run, steps=(*run.steps[:-1], last), cache_size=1000 * PER_TOKEN)


def probed(*found: Generation, bandwidth: float = 1e12) -> Measurement:
    """Reading 1,000 tokens of cache takes 0.05 ms at this bandwidth."""
    return replace(measurement(*found), peaks=Peaks(bandwidth, 1e14, "bfloat16"))


def of_source(growth: float, **changes: float) -> list[Generation]:
    return runs(growth, subject=Subject.SOURCE, **changes)  # type: ignore[arg-type]


def test_merged_grows_where_its_source_does_not() -> None:
    (finding,) = check(measurement(*runs(3.0), *of_source(0.1)))
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.message.startswith(
        "with its cache, a token takes 3 ms longer for every 1,000 tokens before it "
        "(95 % interval 3 to 3), which is 29 % of 10.3 ms; in the source 0.1 ms"
    )
    assert finding.message.endswith("in the source 0.1 ms")
    assert [round(number.value, 1) for number in finding.evidence] == [3.0, 10.3, 0.1]
    assert finding.cost.startswith("10,000 tokens further on a token takes 40.3 ms")


def test_without_a_source_it_is_a_note_held_against_reading_the_cache() -> None:
    (finding,) = check(probed(*runs(3.0)))
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith("29 % of 10.3 ms")
    assert len(finding.evidence) == 2
    assert not list(check(probed(*runs(3.0), bandwidth=1e11)))


def test_eager_attention_is_named() -> None:
    eager = replace(measurement(*runs(3.0), *of_source(0.1)), models=(loaded(attention="eager"),))
    (finding,) = check(eager)
    assert finding.message.endswith("; it runs eager attention")
    sdpa = replace(eager, models=(loaded(),))
    (finding,) = check(sdpa)
    assert "eager" not in finding.message
    (finding,) = check(replace(eager, models=()))
    assert "eager" not in finding.message


def test_a_source_that_grows_alike_means_that_the_model_is_like_that() -> None:
    assert not list(check(measurement(*runs(3.0), *of_source(2.5))))
    assert list(check(measurement(*runs(3.0), *of_source(1.5))))


def test_a_source_that_grows_less_than_nothing_counts_as_flat() -> None:
    assert not list(check(measurement(*runs(1.0, spread=0), *of_source(-5.0))))


def test_growth_below_a_tenth_of_a_token_does_not_matter() -> None:
    assert not list(check(measurement(*runs(0.9), *of_source(0.0))))
    assert list(check(measurement(*runs(1.2), *of_source(0.0))))


def test_a_short_run_must_show_a_rise_of_its_own() -> None:
    assert not list(check(measurement(*runs(3.0, steps=40), *of_source(0.0, steps=40))))
    assert list(check(measurement(*runs(6.0, steps=40), *of_source(0.0, steps=40))))


def test_what_the_interval_leaves_open_is_open() -> None:
    with pytest.raises(Undecided, match="is open"):
        list(check(measurement(*runs(3.0, spread=2.0), *of_source(0.0))))
    with pytest.raises(Undecided, match="is open"):
        list(check(measurement(*runs(3.0), *of_source(1.0, spread=2.0))))


def test_no_growth_needs_nothing_to_be_held_against() -> None:
    assert not list(check(measurement(*runs(0.0))))


def test_growth_of_no_matter_is_open_too_where_its_interval_is_wide() -> None:
    assert not list(check(measurement(*runs(0.5, spread=0.1), *of_source(0.0))))
    with pytest.raises(Undecided, match="is open"):
        list(check(measurement(*runs(0.5, spread=1.0), *of_source(0.0))))


def test_runs_that_recompute_belong_to_another_rule() -> None:
    with pytest.raises(Undecided, match="newest token alone"):
        list(check(measurement(*runs(3.0, cached=False))))


def test_where_it_ships_without_the_cache_the_run_with_it_counts() -> None:
    both = [*runs(9.0, cached=False), *runs(3.0, cache=Cache.ON), *of_source(0.0)]
    (finding,) = check(measurement(*both))
    assert "takes 3 ms longer" in finding.message


def test_too_few_steps_are_undecided() -> None:
    with pytest.raises(Undecided, match="runs of 13 tokens are too short"):
        list(check(measurement(*runs(3.0, steps=12), *of_source(0.0))))
    with pytest.raises(Undecided, match="too short"):
        list(check(measurement(*runs(3.0), *of_source(0.0, steps=12))))


def test_without_a_source_the_size_of_the_cache_must_be_known() -> None:
    unprobed = measurement(*runs(3.0))
    uncounted = probed(*[replace(run, cache_size=None) for run in runs(3.0)])
    unreached = probed(
        *[replace(r, steps=tuple(replace(s, kv_length=0) for s in r.steps)) for r in runs(3.0)]
    )
    for found in (unprobed, uncounted, unreached):
        with pytest.raises(Undecided, match="how much reading the cache takes"):
            list(check(found))


def test_a_run_that_was_cut_off_does_not_tell_the_size() -> None:
    cut = replace(runs(3.0)[0], finish=Finish.STOPPED, cache_size=1)
    assert not list(check(probed(*runs(3.0), cut, bandwidth=1e11)))


def test_without_scipy_it_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(Undecided, match="scipy"):
        list(check(measurement(*runs(3.0), *of_source(0.1))))
