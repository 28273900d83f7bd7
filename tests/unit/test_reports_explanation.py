"""Where the time of a token goes, for a terminal: what is said where there is no floor."""

from dataclasses import replace

from literals import generation, measurement
from slowlens.facts.live.device import Peaks, Profile
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Subject
from slowlens.reports.explanation import lines

PEAKS = Peaks(bandwidth=1e9, flops=1e12, dtype="bfloat16")
PROFILE = Profile(Subject.MERGED, Cache.AS_SHIPPED, 7, 0.2, 0.02, 1000, 0.0)
UNPROBED = "The floor is not available: the bandwidth of the device could not be measured."


def measured(peaks: Peaks | None, *profiles: Profile, weights_read: int = 10**7) -> Measurement:
    found = measurement(generation(1, 0.1, 0.1))
    models = (replace(found.models[0], weights_read=weights_read),)
    return replace(found, models=models, profiles=profiles, peaks=peaks)


def text(found: Measurement) -> str:
    return " ".join(" ".join(lines(found)).split())


def test_a_device_that_could_not_be_probed_is_why_there_is_no_floor() -> None:
    assert UNPROBED in text(measured(None, PROFILE))
    assert "Where the time of a token goes: " in text(measured(None, PROFILE))


def test_it_is_said_even_where_nothing_else_could_be_told_apart() -> None:
    assert text(measured(None)).startswith(UNPROBED)


def test_weights_that_were_not_counted_are_another_reason() -> None:
    said = text(measured(PEAKS, PROFILE, weights_read=0))
    assert "not available: the bytes that a token reads could not be counted." in said


def test_with_a_floor_nothing_is_missing() -> None:
    said = text(measured(PEAKS, PROFILE))
    assert "floor: weights and cache read once" in said
    assert "not available" not in said


def test_the_first_token_is_told_where_only_its_floor_is_not_known() -> None:
    """As in runs that were kept before the output head was counted."""
    found = measured(PEAKS, PROFILE)
    model = replace(found.models[0], active_parameters=10**7, head_parameters=10**6)
    known = text(replace(found, models=(model,)))
    assert "first token (TTFT) 1,000 ms floor: prompt computed once" in known
    older = text(replace(found, models=(replace(model, head_parameters=None),)))
    assert "first token (TTFT) 1,000 ms" in older
    assert "prompt computed once" not in older
    assert "first token" not in text(measured(None, PROFILE))


def test_of_two_kinds_with_one_floor_nothing_is_said() -> None:
    found = measured(PEAKS, PROFILE)
    other = generation(1, 0.1, 0.1, subject=Subject.SOURCE)
    said = text(replace(found, generations=(*found.generations, other)))
    assert "not available" not in said


def test_where_all_but_the_floor_is_unexplained_a_sentence_says_so_without_a_table() -> None:
    """As of a run that was stopped before anything could be held against what recomputes."""
    said = text(measured(PEAKS))
    assert said.startswith("merged as shipped is not told apart: 100 ms a token; 90 ms outside")
    assert "10 % of the memory bandwidth used" in said
    assert "Where the time of a token goes" not in said


def test_what_recomputes_alone_is_told_even_without_a_floor() -> None:
    slow = generation(1, 0.1, 0.1, cached=False)
    steps = tuple(replace(step, dispatch=step.seconds) for step in slow.steps)
    said = text(replace(measured(None), generations=(replace(slow, steps=steps),)))
    assert said.startswith(UNPROBED)
    assert "100 ms in the forward pass, work or recomputation" in said
    assert "not told apart" not in text(measured(None)), "nothing is known of it"
