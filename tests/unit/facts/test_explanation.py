from dataclasses import replace
from typing import Any

import pytest

from literals import measurement, probe
from slowlens.facts.live.device import DeviceSample, Peaks, Profile
from slowlens.facts.live.explanation import planning, waterfall, waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.facts.live.waterfall import Bound, Part, Share, Waterfall, sentence

WEIGHTS = 10_000_000
PEAKS = Peaks(bandwidth=1e9, flops=1e12, dtype="bfloat16")  # a floor of 10 ms


def ran(
    seconds: float,
    *,
    cache: Cache = Cache.ON,
    cached: bool = True,
    dispatch: float | None = None,
    gpu: float | None = None,
    cache_size: int | None = None,
    purpose: Purpose = Purpose.SPEED,
) -> Generation:
    """Five steps of these seconds after a prompt of ten tokens."""
    steps = tuple(
        Step(i, seconds, 1 if cached and i else 10 + i, 7, 10 + i, dispatch, gpu) for i in range(5)
    )
    trial = Trial(Subject.MERGED, cache, purpose, 5)
    whole = Generation(trial, 10, steps, 5 * seconds, Finish.LENGTH, "")
    return replace(whole, cache_size=cache_size)


def profile(busy: float, *, cache: Cache = Cache.ON, copies: float = 0.0) -> Profile:
    return Profile(Subject.MERGED, cache, 7, 0.2, busy, 1000, copies)


def measured(
    *generations: Generation, profiles: tuple[Profile, ...] = (), **more: Any
) -> Measurement:
    found = measurement(*generations)
    models = tuple(replace(model, weights_read=WEIGHTS) for model in found.models)
    return replace(found, models=models, profiles=profiles, **({"peaks": PEAKS} | more))


def explained(found: Measurement, cache: Cache = Cache.ON) -> Waterfall:
    made = waterfall(found, Subject.MERGED, cache)
    assert made is not None
    assert sum(part.seconds for part in made.parts) == pytest.approx(made.tpot)
    return made


def parts(made: Waterfall) -> dict[Share, float]:
    return {part.share: round(part.seconds, 6) for part in made.parts}


def test_a_gpu_that_waits_for_its_host_is_launch_bound() -> None:
    made = explained(measured(ran(0.1, dispatch=0.09), profiles=(profile(0.03),)))
    assert parts(made) == {
        Share.FLOOR: 0.01,
        Share.BUSY: 0.02,
        Share.LAUNCH: 0.06,
        Share.REST: 0.01,
    }
    assert made.bounds == (Bound.LAUNCH,)
    assert made.mbu == pytest.approx(0.1)


def test_events_of_the_gpu_go_before_the_time_of_the_host() -> None:
    found = measured(ran(0.1, dispatch=0.01, gpu=0.05), profiles=(profile(0.03),))
    assert parts(explained(found))[Share.LAUNCH] == 0.02


def test_a_busy_gpu_is_bound_by_its_work() -> None:
    made = explained(measured(ran(0.1, dispatch=0.01, gpu=0.095), profiles=(profile(0.09),)))
    assert made.bounds == (Bound.KERNEL,)
    assert parts(made)[Share.BUSY] == 0.08


def test_the_cache_is_read_as_well() -> None:
    small = explained(measured(ran(0.1, cache_size=1_400_000)))
    assert small.floor == pytest.approx(0.01 + 0.00125)  # 12.5 of 14 tokens in the middle


@pytest.mark.parametrize(("passes", "floor"), [(None, 0.01), (2, 0.004), (5, 0.01), (9, 0.01)])
def test_tokens_that_were_guessed_share_what_a_pass_reads(passes: int | None, floor: float) -> None:
    made = explained(measured(replace(ran(0.1), passes=passes)))
    assert made.floor == pytest.approx(floor)


def test_copies_from_the_host_make_it_offload_bound() -> None:
    found = measured(ran(0.5, dispatch=0.49), profiles=(profile(0.03, copies=0.4),))
    made = explained(found)
    assert made.bounds == (Bound.OFFLOAD,)
    assert parts(made)[Share.OFFLOAD] == 0.4
    assert parts(made)[Share.LAUNCH] == pytest.approx(0.06)


def test_what_the_cache_would_save_the_gpu_is_recomputation() -> None:
    slow = ran(0.2, cache=Cache.OFF, cached=False, dispatch=0.05)
    profiles = (profile(0.03), profile(0.15, cache=Cache.OFF))
    made = explained(measured(ran(0.1), slow, profiles=profiles), Cache.OFF)
    assert made.bounds == (Bound.RECOMPUTE,)
    # the host is ahead of the GPU: what the profile lacks is text that came later
    assert parts(made) == {Share.FLOOR: 0.01, Share.BUSY: 0.02, Share.RECOMPUTE: 0.17}


def test_the_cache_forced_off_is_split_as_the_run_with_it_that_was_profiled() -> None:
    shipped = ran(0.12, cache=Cache.AS_SHIPPED, dispatch=0.11)
    off = ran(0.2, cache=Cache.OFF, dispatch=0.19, cached=False)
    profiles = (profile(0.03, cache=Cache.AS_SHIPPED),)
    found = measured(shipped, off, profiles=profiles)
    cached, uncached = parts(explained(found, Cache.AS_SHIPPED)), parts(explained(found, Cache.OFF))
    assert uncached.pop(Share.RECOMPUTE) == pytest.approx(0.08)
    assert uncached == pytest.approx(cached), "its launches are not work"
    assert cached[Share.LAUNCH] > 0.05


def test_a_gap_stays_a_gap_where_the_host_is_behind() -> None:
    slow = ran(0.2, cache=Cache.OFF, cached=False, dispatch=0.19)
    profiles = (profile(0.03), profile(0.05, cache=Cache.OFF))
    made = explained(measured(ran(0.1), slow, profiles=profiles), Cache.OFF)
    assert parts(made)[Share.RECOMPUTE] == 0.02
    assert parts(made)[Share.LAUNCH] == 0.14
    assert made.bounds == (Bound.LAUNCH,)


def test_cache_off_borrows_the_profile_of_as_shipped_where_that_recomputes() -> None:
    proof = ran(0.2, cache=Cache.AS_SHIPPED, cached=False, purpose=Purpose.PROOF)
    slow = ran(0.2, cache=Cache.OFF, cached=False, dispatch=0.05)
    profiles = (profile(0.15, cache=Cache.AS_SHIPPED), profile(0.03))
    assert explained(measured(proof, slow, profiles=profiles), Cache.OFF).kernels == 1000
    cached = replace(proof, steps=ran(0.1).steps)
    assert explained(measured(cached, slow, profiles=profiles), Cache.OFF).kernels is None


def test_a_cpu_is_at_work_in_the_forward_pass() -> None:
    found = measured(
        ran(0.1, dispatch=0.09), ran(0.25, cache=Cache.OFF, cached=False, dispatch=0.24)
    )
    on, off = explained(found), explained(found, Cache.OFF)
    assert parts(on) == {Share.FLOOR: 0.01, Share.BUSY: 0.08, Share.REST: 0.01}
    assert on.bounds == (Bound.KERNEL,)
    assert parts(off) == parts(on) | {Share.RECOMPUTE: 0.15}
    assert off.bounds == (Bound.RECOMPUTE,)


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [
        (0.0175, "bandwidth-bound"),
        (0.0205, "bandwidth- and kernel-bound"),
        (0.0215, "bandwidth- and kernel-bound"),
        (0.0235, "kernel-bound"),
    ],
)
def test_reading_or_computing_or_both_where_they_are_near(seconds: float, bound: str) -> None:
    made = explained(measured(ran(seconds, dispatch=seconds - 0.0005)))
    assert made.bound == bound
    assert f"is {bound}: " in sentence(made)


@pytest.mark.parametrize(
    ("seconds", "bound"),
    [
        (0.18, "kernel-bound"),
        (0.195, "kernel- and recompute-bound"),
        (0.205, "recompute- and kernel-bound"),
        (0.22, "recompute-bound"),
    ],
)
def test_two_causes_that_are_near_are_both_named(seconds: float, bound: str) -> None:
    slow = ran(seconds, cache=Cache.OFF, cached=False, dispatch=seconds)
    made = explained(measured(ran(0.1, dispatch=0.1), slow), Cache.OFF)
    assert made.bound == bound


def test_three_causes_have_a_comma() -> None:
    slow = ran(0.04, cache=Cache.OFF, cached=False, dispatch=0.04)
    made = explained(measured(ran(0.02, dispatch=0.02), slow), Cache.OFF)
    assert made.bound == "bandwidth-, kernel- and recompute-bound"


def test_what_the_host_did_not_time_is_unexplained() -> None:
    made = explained(measured(ran(0.1)))
    assert parts(made) == {Share.FLOOR: 0.01, Share.REST: 0.09}
    assert made.bounds == (Bound.UNKNOWN,)
    assert not made.split


def test_parts_are_worth_a_look_where_more_is_known_than_the_floor() -> None:
    made = explained(measured(ran(0.1)))
    busy = (Part(Share.BUSY, 0.02), Part(Share.REST, 0.08))
    assert replace(made, parts=busy).bounds == (Bound.UNKNOWN,)
    assert replace(made, parts=busy).split
    assert replace(made, parts=(Part(Share.FLOOR, 0.1),)).split, "reading is all there is"


def test_what_recomputes_alone_is_in_the_forward_pass_and_not_told_apart() -> None:
    """No trial with the cache tells how much of it is work."""
    slow = ran(0.4, cache=Cache.AS_SHIPPED, cached=False, dispatch=0.398)
    made = explained(measured(slow), Cache.AS_SHIPPED)
    assert parts(made) == {Share.FLOOR: 0.01, Share.FORWARD: 0.388, Share.REST: 0.002}
    assert made.bounds == (Bound.UNKNOWN,)
    assert not made.split
    said = sentence(made)
    assert "; 388 ms in the forward pass, work or recomputation; " in said
    assert "outside the forward pass" not in said
    assert said.endswith(
        "to tell work from recomputation, time it with the cache on too (--cache on)"
    )
    assert "--cache on" not in sentence(explained(measured(slow, ran(0.1)), Cache.AS_SHIPPED))


def test_a_gpu_that_recomputes_alone_is_not_told_apart_either() -> None:
    slow = ran(0.2, cache=Cache.AS_SHIPPED, cached=False, dispatch=0.05, gpu=0.2)
    alone = (profile(0.15, cache=Cache.AS_SHIPPED),)
    made = explained(measured(slow, profiles=alone), Cache.AS_SHIPPED)
    assert made.seconds(Share.FORWARD) == pytest.approx(0.14)
    assert made.seconds(Share.BUSY) == 0
    told = explained(measured(slow, profiles=(*alone, profile(0.03))), Cache.AS_SHIPPED)
    assert told.seconds(Share.FORWARD) == 0


def test_a_subject_without_a_twin_borrows_that_of_merged() -> None:
    overlay = ran(0.25, cache=Cache.AS_SHIPPED, cached=False, dispatch=0.24)
    overlay = replace(overlay, trial=replace(overlay.trial, subject="merged + fix"))
    found = measured(ran(0.1, dispatch=0.09), overlay)
    model = replace(found.models[0], subject="merged + fix")
    made = waterfall(
        replace(found, models=(*found.models, model)), "merged + fix", Cache.AS_SHIPPED
    )
    assert made is not None
    assert made.bounds == (Bound.RECOMPUTE,)
    assert made.seconds(Share.RECOMPUTE) == pytest.approx(0.15)


def of_source(seconds: float) -> Generation:
    cached = ran(seconds, dispatch=seconds)
    return replace(cached, trial=replace(cached.trial, subject=Subject.SOURCE))


@pytest.mark.parametrize(
    ("changes", "bound"),
    [({}, Bound.RECOMPUTE), ({"parameters": 2000}, Bound.UNKNOWN), ({"dtype": "x"}, Bound.UNKNOWN)],
)
def test_what_recomputes_is_held_against_a_source_of_the_same_size(
    changes: dict[str, Any], bound: Bound
) -> None:
    slow = ran(0.25, cache=Cache.OFF, cached=False, dispatch=0.25)
    found = measured(slow, of_source(0.1))
    model = replace(found.models[0], subject=Subject.SOURCE, **changes)
    made = explained(replace(found, models=(*found.models, model)), Cache.OFF)
    assert made.bounds == (bound,)


def looks(*throttle: str, times: int = 3) -> tuple[DeviceSample, ...]:
    return tuple(DeviceSample(at, throttle=throttle) for at in range(times))


def test_a_gpu_with_its_brakes_on_is_throttle_bound() -> None:
    hot = replace(ran(0.1, dispatch=0.09), started=0.0, total_seconds=9.0)
    found = measured(hot, profiles=(profile(0.03),))
    bound = [
        explained(replace(found, samples=samples)).bounds
        for samples in (
            looks("hw_thermal_slowdown"),
            looks("sw_power_cap"),
            looks(),
            looks("hw_thermal_slowdown", times=1),
            looks("hw_thermal_slowdown", times=2) + looks(times=9),
        )
    ]
    assert bound == [(Bound.THROTTLE,), *[(Bound.LAUNCH,)] * 4]


def test_plans_are_told_from_launches() -> None:
    planned = replace(profile(0.03), fresh=0.09, again=0.05)
    made = explained(measured(ran(0.1, dispatch=0.095), profiles=(planned,)))
    assert parts(made)[Share.PLANS] == 0.04
    assert parts(made)[Share.LAUNCH] == 0.025
    assert made.bounds == (Bound.PLANS,)


def test_without_a_bandwidth_there_is_no_floor() -> None:
    made = explained(measured(ran(0.1), peaks=None))
    assert made.floor is None
    assert made.mbu is None
    assert parts(made) == {Share.REST: 0.1}


def test_what_was_not_timed_is_not_explained() -> None:
    assert waterfall(measured(ran(0.1)), Subject.SOURCE, Cache.ON) is None
    assert waterfall(measured(ran(0.1, purpose=Purpose.PROOF)), Subject.MERGED, Cache.ON) is None
    assert [w.cache for w in waterfalls(measured(ran(0.1)))] == [Cache.ON]


def test_probes_are_explained_as_an_estimate() -> None:
    probes = [probe(ahead, *[0.2] * 4, cache=Cache.OFF) for ahead in (0, 2)]
    made = explained(measured(*probes), Cache.OFF)
    assert made.estimated
    assert sentence(made).startswith("merged, cache off is not told apart: about 200 ms a token")


def test_the_sentence_tells_of_a_share_what_the_table_does() -> None:
    """What is outside the forward pass, and what is not explained, are parts of one share."""
    two = (Part(Share.REST, 0.2), Part(Share.REST, 0.2), Part(Share.RECOMPUTE, 0.3))
    split = replace(explained(measured(ran(0.1))), tpot=0.7, parts=two)
    assert "400 ms outside the forward pass, or unexplained; 300 ms recomp" in sentence(split)


def test_the_sentence_names_the_bound_and_its_figures() -> None:
    made = explained(measured(ran(0.1, dispatch=0.09), profiles=(profile(0.03),)))
    assert sentence(made) == (
        "merged, cache on is launch-bound: 100 ms a token; 60 ms GPU waits for launches "
        "(1,000 kernels); 20 ms at work beyond the floor; 10 % of the memory bandwidth used"
    )


@pytest.mark.parametrize(("other", "guessed"), [(0.14, False), (0.16, True)])
def test_a_split_is_a_guess_where_equal_work_was_timed_far_apart(
    other: float, guessed: bool
) -> None:
    shipped = ran(other, cache=Cache.AS_SHIPPED, dispatch=other)
    said = sentence(explained(measured(ran(0.1, dispatch=0.1), shipped)))
    assert ("; a guess, for equal work was timed 1.60 times apart" in said) is guessed


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("copies", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("busy", [0.01, 0.105, 0.4])
@pytest.mark.parametrize("gpu", [None, 0.02, 0.12])
def test_parts_add_up_though_a_profile_saw_more_than_there_is(
    gpu: float | None, busy: float, copies: float, cached: bool
) -> None:
    cache = Cache.ON if cached else Cache.OFF
    kind = ran(0.1, cache=cache, cached=cached, dispatch=0.12, gpu=gpu)
    own = profile(busy, cache=cache, copies=copies)
    for found in ((own,), (own, profile(0.3)), ()):
        made = explained(measured(kind, profiles=found), cache)
        assert all(part.seconds > 0 for part in made.parts)


def test_a_step_that_was_not_timed_twice_tells_nothing_of_plans() -> None:
    assert planning(replace(profile(0.03), fresh=0.1)) == 0
    assert planning(replace(profile(0.03), again=0.1)) == 0
    assert planning(replace(profile(0.03), fresh=0.1, again=0.04)) == pytest.approx(0.06)
