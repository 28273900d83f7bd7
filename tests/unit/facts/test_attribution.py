"""Which fix closes the gap, by how much, and when the runs do not tell."""

import math
import random
import sys
from statistics import mean, variance
from typing import Any

import pytest

from literals import generation, measurement
from slowlens.facts.live.attribution import Attribution, attribution
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.saving import STATIC, Effect
from slowlens.facts.live.shares import beyond_sum, difference, share_of_gap
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose
from slowlens.facts.live.verdict import longer
from slowlens.frozen import replace

SPREAD = (0.99, 1.0, 1.01)
RULES = {
    "merged + a": ("a",),
    "merged + b": ("b",),
    "all fixes": ("a", "b"),
    "all fixes + static": ("a", "b", STATIC),
}


def timed(subject: Any, tpot: float, spread: tuple[float, ...] = SPREAD) -> list[Generation]:
    """Runs of a thousand-step answer, to which the first token adds nothing to speak of."""
    return [generation(1e-9, *[tpot * s / 10] * 10, subject=subject) for s in spread]


def tried(tpots: dict[str, float], spread: tuple[float, ...] = SPREAD) -> Measurement:
    """A measurement in which an answer of each subject takes these seconds."""
    runs = [run for subject, tpot in tpots.items() for run in timed(subject, tpot, spread)]
    overlays = tuple(Overlay(n, f"/{n}", rules) for n, rules in RULES.items() if n in tpots)
    found = measurement(*runs)
    return replace(found, plan=replace(found.plan, overlays=overlays, new_tokens=11))


def told(tpots: dict[str, float], spread: tuple[float, ...] = SPREAD) -> Attribution:
    found = attribution(tried(tpots, spread))
    assert found is not None
    return found


FIXED = {"merged": 12.0, "source": 2.0, "merged + a": 5.0, "merged + b": 11.9, "all fixes": 3.0}


def test_each_fix_has_its_share_of_the_gap() -> None:
    found = told({**FIXED, "merged + b": 9.0})
    assert found.gap == pytest.approx(10)
    assert found.clear
    assert [(p.time.subject, p.rules) for p in found.parts] == [
        ("merged + a", ("a",)),
        ("merged + b", ("b",)),
    ]
    assert [p.share for p in found.parts] == pytest.approx([0.7, 0.3])
    assert [p.saved for p in found.parts] == pytest.approx([7, 3])
    assert [p.effect for p in found.parts] == [Effect.FASTER] * 2
    for part in found.parts:
        assert part.interval is not None
        assert part.share is not None
        assert part.interval.low < part.share < part.interval.high
        assert part.told
    assert found.together is not None
    assert found.together.share == pytest.approx(0.9)
    assert found.remainder == pytest.approx(1)
    assert found.further == ()


@pytest.mark.parametrize("lacking", ["merged + b", "source", "merged"])
def test_answers_of_unlike_lengths_are_not_held_against_each_other(lacking: str) -> None:
    """Without an answer that ran to its end, the plan's length would stand against a real one."""
    found = tried(FIXED)
    answers = [
        generation(*[1.0] * 5, subject=subject, purpose=Purpose.LENGTH)  # type: ignore[arg-type]
        for subject in FIXED
        if subject != lacking
    ]
    made = attribution(replace(found, generations=(*found.generations, *answers)))
    if lacking == "merged":
        assert made is None
        return
    assert made is not None
    assert made.merged.tokens == made.target.tokens == 5
    assert made.target.subject == ("all fixes" if lacking == "source" else "source")
    assert lacking not in [part.time.subject for part in made.parts]


def test_a_fix_that_does_nothing_is_not_told() -> None:
    part = told(FIXED).parts[1]
    assert part.effect is Effect.NONE
    assert not part.told


def test_a_small_saving_is_told_where_runs_agree_to_a_thousandth() -> None:
    close = told({**FIXED, "merged + b": 11.5}, (0.9999, 1.0, 1.0001)).parts[1]
    assert close.effect is Effect.NONE
    assert close.told


def test_without_a_gap_a_fix_that_does_nothing_is_not_told() -> None:
    part = told({**FIXED, "source": 12.0, "merged + b": 12.0}).parts[1]
    assert (part.effect, part.interval, part.told) == (Effect.NONE, None, False)


def test_what_a_verdict_leaves_open_is_not_told() -> None:
    """Though its share is not nothing: whether it is a tenth of the answer is open."""
    part = told({**FIXED, "merged + b": 10.9}, (0.985, 1.0, 1.015)).parts[1]
    assert part.interval is not None
    assert part.interval.low > 0
    assert (part.effect, part.told) == (Effect.UNCLEAR, False)


def test_a_fix_that_costs_time_is_told() -> None:
    part = told({**FIXED, "merged + b": 18.0}).parts[1]
    assert (part.effect, part.told) == (Effect.SLOWER, True)
    assert part.share == pytest.approx(-0.6)


def test_overlapping_shares_are_said_to_overlap() -> None:
    found = told({**FIXED, "merged + b": 5.0, "all fixes": 5.0})
    assert found.interaction is not None
    assert found.interaction.estimate == pytest.approx(-7)
    assert found.interaction.high < 0
    helped = told({**FIXED, "merged + a": 11.0, "merged + b": 11.0}).interaction
    assert helped is not None
    assert helped.estimate == pytest.approx(7)
    assert helped.low > 0
    added = told({**FIXED, "merged + b": 10.0}).interaction
    assert added is not None
    assert added.low < 0 < added.high


def test_one_fix_is_both_a_part_and_all() -> None:
    found = told({"merged": 12.0, "source": 2.0, "merged + a": 5.0})
    assert found.together is found.parts[0]
    assert found.interaction is None
    assert found.remainder == pytest.approx(3)


def test_without_a_source_all_fixes_are_the_target() -> None:
    found = told({k: v for k, v in FIXED.items() if k != "source"})
    assert found.gap == pytest.approx(9)
    assert found.remainder is None
    assert found.together is not None
    assert (found.together.share, found.together.interval) == (1, None)
    assert found.parts[0].share == pytest.approx(7 / 9)


def test_a_static_cache_comes_on_top() -> None:
    found = told({**FIXED, "all fixes + static": 1.0})
    assert [share.time.subject for share in found.further] == ["all fixes + static"]
    assert found.further[0].share == pytest.approx(1.1)
    assert [part.time.subject for part in found.parts] == ["merged + a", "merged + b"]
    assert found.together is not None
    assert found.together.time.subject == "all fixes"


def test_where_all_fixes_failed_nothing_is_said_of_them() -> None:
    """Though planned, they were not timed: one that is left is not all of them."""
    full = tried({k: v for k, v in FIXED.items() if k != "merged + b"})
    left = [g for g in full.generations if g.trial.subject != "all fixes"]
    found = attribution(replace(full, generations=tuple(left)))
    assert found is not None
    assert [part.time.subject for part in found.parts] == ["merged + a"]
    assert (found.together, found.remainder, found.interaction) == (None, None, None)


@pytest.mark.parametrize("gone", ["merged", "overlays", "all but merged"])
def test_without_two_sides_there_is_no_attribution(gone: str) -> None:
    kept = {
        "merged": {k: v for k, v in FIXED.items() if k != "merged"},
        "overlays": {"merged": 12.0, "source": 2.0},
        "all but merged": {"merged": 12.0},
    }
    assert attribution(tried(kept[gone])) is None


def test_no_gap_is_not_shared_out() -> None:
    for merged in (2.0, 1.0):
        found = told({**FIXED, "merged": merged})
        assert not found.clear
        assert all((p.share, p.interval) == (None, None) for p in found.parts)


def test_restless_runs_share_nothing_out_but_tell_what_is_certain() -> None:
    """Runs that vary by 30 % have no verdict; that 12 s are more than 5 s, they tell even so."""
    noisy = told({**FIXED, "source": 9.0}, (0.7, 1.0, 1.3))
    assert not noisy.clear
    assert [(p.effect, p.share) for p in noisy.parts] == [
        (Effect.FASTER, None),
        (Effect.UNCLEAR, None),
    ]
    assert noisy.open
    between = noisy.parts[0].between
    assert between is not None
    assert 0 < between.low < noisy.parts[0].saved < between.high
    slower = told({**FIXED, "source": 9.0, "merged + b": 40.0}, (0.7, 1.0, 1.3)).parts[1]
    assert (slower.effect, slower.told) == (Effect.SLOWER, True)


def test_what_is_saved_does_not_hang_on_the_source() -> None:
    """One restless round of the source closes the gap, not the eyes for what a fix does."""
    calm = {k: v for k, v in FIXED.items() if k != "source"}
    found = tried(calm)
    source = [run for s in (1.0, 1.0, 7.0) for run in timed("source", 2.0 * s, (1.0,))]
    shared = attribution(replace(found, generations=(*found.generations, *source)))
    assert shared is not None
    assert not shared.clear
    without = told(calm)
    assert [(p.saved, p.effect, p.between) for p in shared.parts] == [
        (p.saved, p.effect, p.between) for p in without.parts
    ]
    small = told({**calm, "source": 12.0, "merged + b": 11.5}, (0.9999, 1.0, 1.0001)).parts[1]
    assert (small.effect, small.interval, small.told) == (Effect.NONE, None, True)


def test_few_runs_tell_what_each_of_them_shows() -> None:
    few = told(FIXED, (1.0,))
    assert not few.clear
    assert few.open
    assert [(p.effect, p.between) for p in few.parts] == [
        (Effect.FASTER, None),
        (Effect.UNCLEAR, None),
    ]
    assert few.interaction is None


def test_a_mean_that_one_run_makes_is_not_told() -> None:
    """Of logarithms the interval is clear, of seconds it is not."""
    found = tried(FIXED)
    others = [g for g in found.generations if g.trial.subject != "merged"]
    odd = timed("merged", 12.0, (1.5, 5.0, 15.0))
    restless = attribution(replace(found, generations=(*odd, *others)))
    assert restless is not None
    assert longer(restless.merged.runs, restless.parts[0].time.runs)
    assert restless.parts[0].effect is Effect.UNCLEAR


def test_without_scipy_more_runs_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    found = told(FIXED)
    assert (found.clear, found.open) == (False, False)
    assert found.parts[0].effect is Effect.FASTER


def test_where_all_is_clear_nothing_is_open() -> None:
    assert not told(FIXED).open
    assert told({**FIXED, "all fixes + static": 10.9}, (0.985, 1.0, 1.015)).open


def test_answers_of_other_lengths_count_in_full() -> None:
    """The fix changes no time per token: its answer is a quarter as long."""
    found = tried({"merged": 10.0, "source": 10.0, "merged + a": 10.0})
    lengths = {"merged": 41, "source": 11, "merged + a": 11}
    answers = [
        generation(*[1.0] * n, subject=s, purpose=Purpose.LENGTH)  # type: ignore[arg-type]
        for s, n in lengths.items()
    ]
    shared = attribution(replace(found, generations=(*found.generations, *answers)))
    assert shared is not None
    assert shared.gap == pytest.approx(30)
    assert shared.parts[0].share == pytest.approx(1)


def test_the_interval_of_a_share_holds_the_truth_as_often_as_it_says() -> None:
    dice, held, rounds = random.Random(5), 0, 1500

    def runs(level: float) -> list[float]:
        return [dice.gauss(level, 0.5) for _ in range(5)]

    for _ in range(rounds):
        interval = share_of_gap(runs(12), runs(5), runs(2))
        assert interval is not None
        held += interval.low <= 0.7 <= interval.high
    assert held / rounds == pytest.approx(0.90, abs=0.03)


def test_the_interval_of_an_interaction_holds_the_truth_as_often_as_it_says() -> None:
    dice, held, rounds = random.Random(6), 0, 1500

    def runs(level: float) -> list[float]:
        return [dice.gauss(level, 0.5) for _ in range(5)]

    for _ in range(rounds):
        interval = beyond_sum(runs(12), [runs(5), runs(6)], runs(4))
        assert interval is not None
        held += interval.low <= -5 <= interval.high
    assert held / rounds == pytest.approx(0.90, abs=0.03)


def test_the_estimates_are_of_means() -> None:
    slow, fixed, target = [12.0, 13.0], [5.0, 5.2], [2.0, 2.2]
    interval = share_of_gap(slow, fixed, target)
    assert interval is not None
    expected = (mean(slow) - mean(fixed)) / (mean(slow) - mean(target))
    assert interval.estimate == pytest.approx(expected)
    exact = share_of_gap([12, 12], [5, 5], [2, 2])
    assert exact is not None
    assert (exact.low, exact.high) == pytest.approx((0.7, 0.7))
    assert share_of_gap([3, 3], [2, 2], [3, 3]) is None
    assert share_of_gap([3, 4], [2, 3], [2.9, 4.1]) is None
    assert share_of_gap([3], [2], [1]) is None
    assert not math.isnan(interval.low)


def test_the_interval_of_a_saving_holds_the_truth_as_often_as_it_says() -> None:
    dice, held, rounds = random.Random(7), 0, 1500
    for _ in range(rounds):
        slow, fixed = [[dice.gauss(m, s) for _ in range(4)] for m, s in ((12, 2.0), (5, 0.3))]
        interval = difference(slow, fixed)
        assert interval is not None
        assert interval.estimate == pytest.approx(mean(slow) - mean(fixed))
        held += interval.low <= 7 <= interval.high
    assert held / rounds == pytest.approx(0.90, abs=0.03)


def test_the_ends_of_an_interval_lie_as_many_standard_errors_away_as_welch_says() -> None:
    special = pytest.importorskip("scipy.special")
    sides = [12.0, 13.1, 12.4], [5.0, 5.2, 5.9, 5.3], [2.0, 2.6, 2.2]
    slow, fixed, target = map(mean, sides)
    a, b, c = (variance(side) / len(side) for side in sides)
    interval = share_of_gap(*sides)
    assert interval is not None
    r = interval.estimate
    parts = [((1 - r) ** 2 * a, 2), (b, 3), (r**2 * c, 2)]
    freedom = sum(p for p, _ in parts) ** 2 / sum(p**2 / n for p, n in parts)
    reach = special.stdtrit(freedom, 0.95)
    for end in (interval.low, interval.high):
        spread = math.sqrt((1 - end) ** 2 * a + b + end**2 * c)
        away = abs((slow - fixed) - end * (slow - target)) / spread
        assert away == pytest.approx(reach)


def test_a_gain_that_no_round_denies_is_told_of_a_short_noisy_run() -> None:
    """16 tokens of each round, and an answer of 39: a slope of one round alone is noise."""

    def short(subject: Any, *rounds: tuple[float, float]) -> list[Generation]:
        return [
            generation(
                0.2, *[p + slope * (i - 7) for i in range(15)], subject=subject, cached=False
            )
            for p, slope in rounds
        ]

    slow = short("merged", (0.283, 0.0128), (0.21, 0.0002), (0.178, -0.0074))
    fast = [generation(0.2, *[p] * 15, subject="merged + a") for p in (0.06, 0.09, 0.07)]  # type: ignore[arg-type]
    found = tried({"merged": 1.0, "merged + a": 1.0})
    plan = replace(found.plan, new_tokens=16)
    answers = [
        generation(*[0.1] * 39, subject=subject, purpose=Purpose.LENGTH)  # type: ignore[arg-type]
        for subject in ("merged", "merged + a")
    ]
    shown = attribution(replace(found, plan=plan, generations=(*slow, *fast, *answers)))
    assert shown is not None
    assert shown.merged.tokens == 39
    assert [one.effect for one in shown.parts] == [Effect.FASTER]
