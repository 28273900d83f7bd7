from collections import Counter

import pytest

from slowlens.facts.live.plan import Overlay, Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.plan import Known, first, rest, subjects

BOTH = Plan("m", "s", rounds=3)
OVERLAY = Overlay("merged + fix", "/o")


def speeds(trials: tuple[Trial, ...]) -> list[Trial]:
    return [t for t in trials if t.purpose is Purpose.SPEED]


def test_the_proof_comes_first() -> None:
    assert [(t.subject, t.cache, t.purpose, t.new_tokens) for t in first(BOTH, gpu=False)] == [
        (Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 3),
        (Subject.SOURCE, Cache.AS_SHIPPED, Purpose.PROOF, 3),
    ]


def test_a_gpu_is_profiled_as_shipped_and_with_the_cache_on() -> None:
    profiles = [t for t in first(BOTH, gpu=True) if t.purpose is Purpose.PROFILE]
    assert [(t.subject, t.cache) for t in profiles] == [
        (Subject.MERGED, Cache.AS_SHIPPED),
        (Subject.SOURCE, Cache.AS_SHIPPED),
        (Subject.MERGED, Cache.ON),
    ]


def test_every_other_round_is_mirrored() -> None:
    speed = speeds(rest(BOTH, Known(), gpu=False))
    rounds = [[t.label for t in speed if t.round == number] for number in range(3)]
    assert rounds[0] == [
        "merged as shipped",
        "merged, cache on",
        "merged, cache off",
        "source as shipped",
    ]
    assert rounds[1] == rounds[0][::-1]
    assert rounds[2] == rounds[0]


def test_answers_and_equalities_come_last() -> None:
    order = rest(BOTH, Known(), gpu=False)
    assert [(t.subject, t.cache, t.purpose, t.new_tokens) for t in order[-4:]] == [
        (Subject.MERGED, Cache.ON, Purpose.LENGTH, 256),
        (Subject.SOURCE, Cache.ON, Purpose.LENGTH, 256),
        (Subject.MERGED, Cache.OFF, Purpose.EQUALITY, 32),
        (Subject.SOURCE, Cache.OFF, Purpose.EQUALITY, 32),
    ]


def test_zero_tokens_leave_answers_and_equalities_out() -> None:
    order = rest(Plan("m", answer_tokens=0, equality_tokens=0), Known(), gpu=False)
    assert {t.purpose for t in order} == {Purpose.SPEED}


def test_without_a_source_only_merged_runs() -> None:
    order = rest(Plan("m", rounds=1, new_tokens=7), Known(), gpu=False)
    assert {t.subject for t in order} == {Subject.MERGED}
    assert Counter(t.purpose for t in order) == {
        Purpose.SPEED: 3,
        Purpose.LENGTH: 1,
        Purpose.EQUALITY: 1,
    }
    assert {t.new_tokens for t in speeds(order)} == {7}


def test_a_static_cache_is_tried_where_the_gpu_waits() -> None:
    bound = Known(launch_bound={Subject.MERGED})
    assert Cache.STATIC not in {t.cache for t in rest(BOTH, Known(), gpu=True)}
    assert Cache.STATIC not in {t.cache for t in rest(BOTH, bound, gpu=False)}
    tried = rest(BOTH, bound, gpu=True)
    assert len([t for t in speeds(tried) if t.cache is Cache.STATIC]) == 3
    assert [t for t in tried if t.purpose is Purpose.PROFILE] == [
        Trial(Subject.MERGED, Cache.STATIC, Purpose.PROFILE, 8)
    ]


def test_settings_that_were_asked_for_are_all_that_run() -> None:
    order = rest(Plan("m", settings=(Cache.ON,), rounds=1), Known(), gpu=True)
    assert [t.cache for t in speeds(order)] == [Cache.ON]
    assert Purpose.PROFILE not in {t.purpose for t in order}


def test_long_runs_without_the_cache_are_sampled_from_their_first_step_to_their_last() -> None:
    order = rest(Plan("m", rounds=2, new_tokens=512), Known(), gpu=False)
    probes = [t for t in order if t.purpose is Purpose.CURVE]
    assert {t.cache for t in probes} == {Cache.OFF}
    assert [t.ahead for t in probes] == [4, 132, 260, 388, 504, 500, 392, 264, 136, 8]
    assert {t.new_tokens for t in probes} == {4}
    assert [t.cache for t in speeds(order) if t.round == 0] == [Cache.AS_SHIPPED, Cache.ON]


def test_what_recomputes_as_shipped_is_sampled_as_well() -> None:
    known = Known(recomputing={Subject.SOURCE})
    order = rest(Plan("m", "s", rounds=1, new_tokens=128), known, gpu=False)
    sampled = {(t.subject, t.cache) for t in order if t.purpose is Purpose.CURVE}
    assert sampled == {(Subject.MERGED, Cache.OFF), (Subject.SOURCE, Cache.AS_SHIPPED)}


def test_no_probe_comes_where_another_was_until_it_is_long_ago() -> None:
    known = Known(recomputing={Subject.MERGED, Subject.SOURCE})
    order = rest(Plan("m", "s", rounds=3, new_tokens=512), known, gpu=False)
    seen = [t.ahead + step for t in order if t.purpose is Purpose.CURVE for step in range(4)]
    assert min(seen) > 0  # the length of the prompt was seen by all
    assert max(seen) < 512
    assert len(seen) == 3 * 3 * 5 * 4
    assert all(len({*seen[n : n + 160]}) == 160 for n in range(len(seen) - 159))


@pytest.mark.parametrize("new_tokens", [128, 129, 200, 4096])
def test_probes_reach_from_the_first_steps_to_the_last(new_tokens: int) -> None:
    order = rest(Plan("m", rounds=5, new_tokens=new_tokens), Known(), gpu=False)
    for number in range(5):
        ahead = [t.ahead for t in order if t.purpose is Purpose.CURVE and t.round == number]
        assert min(ahead) <= new_tokens / 8
        assert new_tokens * 7 / 8 <= max(ahead) + 4 <= new_tokens
        assert len({*ahead}) == 5


def test_short_runs_and_full_ones_are_waited_for() -> None:
    short = rest(Plan("m", new_tokens=127), Known(), gpu=False)
    full = rest(Plan("m", new_tokens=512, full=True), Known(), gpu=False)
    assert Purpose.CURVE not in {t.purpose for t in (*short, *full)}


def test_overlays_run_as_shipped_beside_the_others() -> None:
    plan = Plan("m", "s", rounds=1, overlays=(OVERLAY,))
    assert subjects(plan) == (Subject.MERGED, "merged + fix", Subject.SOURCE)
    order = rest(plan, Known(), gpu=False)
    assert [t.label for t in speeds(order)][-2:] == ["merged + fix as shipped", "source as shipped"]
    assert "merged + fix" in {t.subject for t in order if t.purpose is Purpose.LENGTH}
