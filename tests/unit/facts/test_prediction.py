from dataclasses import replace

import pytest

from literals import measurement, probe
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prediction import predicted, predictions
from slowlens.facts.live.speed import rounds_of, speed_of
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Subject

PROMPT = 100


def straight(ahead: int, slope: float = 1.0, flat: float = 0.0) -> Generation:
    """Four steps whose seconds follow from the length of their input, never less than ``flat``."""
    lengths = range(PROMPT + ahead, PROMPT + ahead + 4)
    seconds = (max(flat, slope * length) for length in lengths)
    return probe(ahead, *seconds, prompt=PROMPT, cache=Cache.OFF)


def probes(**how: float) -> list[Generation]:
    return [straight(ahead, **how) for ahead in (0, 50, 100, 196)]


def measured(*generations: Generation, new_tokens: int = 200) -> Measurement:
    found = measurement(*generations)
    return replace(found, plan=replace(found.plan, new_tokens=new_tokens))


def test_a_line_is_followed_exactly() -> None:
    found = predicted(probes(), 200)
    whole = sum(range(PROMPT, PROMPT + 200))
    assert found.ttft == PROMPT
    assert found.total == pytest.approx(whole)
    assert found.tpot == pytest.approx((whole - PROMPT) / 199)


def test_a_floor_and_the_rise_behind_it_are_both_seen() -> None:
    found = predicted(probes(flat=203.5), 200)
    whole = sum(max(203.5, n) for n in range(PROMPT, PROMPT + 200))
    assert found.total == pytest.approx(whole, rel=0.02)


def test_order_does_not_matter() -> None:
    assert predicted(reversed(probes()), 200) == predicted(probes(), 200)


def test_the_work_is_a_share_of_the_tokens_that_steps_take_in() -> None:
    processed = sum(n for ahead in (0, 50, 100, 196) for n in range(100 + ahead, 104 + ahead))
    assert predicted(probes(), 200).work == processed / sum(range(100, 300))


def test_one_prediction_a_round() -> None:
    second = [replace(p, trial=replace(p.trial, round=1)) for p in probes(slope=2.0)]
    found = predictions(measured(*probes(), *second), Subject.MERGED, Cache.OFF)
    assert [each.ttft for each in found] == [PROMPT, 2 * PROMPT]


def test_a_round_that_was_cut_off_predicts_nothing() -> None:
    second = [replace(p, trial=replace(p.trial, round=1)) for p in probes()]
    stopped = replace(second[0], finish=Finish.STOPPED)
    found = predictions(measured(*probes(), stopped, *second[1:]), Subject.MERGED, Cache.OFF)
    assert len(found) == 1


def test_other_kinds_and_single_probes_predict_nothing() -> None:
    assert predictions(measured(*probes()), Subject.MERGED, Cache.ON) == ()
    assert predictions(measured(*probes()), Subject.SOURCE, Cache.OFF) == ()
    assert predictions(measured(straight(0)), Subject.MERGED, Cache.OFF) == ()
    assert predictions(measured(), Subject.MERGED, Cache.OFF) == ()


def test_a_round_may_begin_beyond_the_first_token() -> None:
    found = predicted([straight(ahead) for ahead in (8, 58, 108, 188)], 200)
    whole = sum(range(PROMPT, PROMPT + 200))
    assert found.tpot == pytest.approx((whole - PROMPT) / 199)


def test_a_run_may_have_another_length_than_the_plan_s() -> None:
    found = measured(*probes(), new_tokens=200)
    (planned,) = predictions(found, Subject.MERGED, Cache.OFF)
    (longer,) = predictions(found, Subject.MERGED, Cache.OFF, 400)
    assert (planned.new_tokens, longer.new_tokens) == (200, 400)
    assert longer.tpot == pytest.approx(PROMPT + 200)


def test_beyond_its_probes_a_run_gets_no_faster() -> None:
    noisy = [straight(0), straight(50), straight(100), probe(196, *[1.0] * 4, prompt=PROMPT)]
    (near, far) = (predicted(noisy, tokens) for tokens in (200, 201))
    assert far.total - near.total == pytest.approx(1.0)


def test_a_run_of_one_token_has_no_time_per_token_and_is_taken_as_two() -> None:
    (found,) = predictions(measured(*probes(), new_tokens=1), Subject.MERGED, Cache.OFF)
    assert found.tpot == pytest.approx(PROMPT + 1)


def round_of(number: int, shift: int, *noise: float) -> list[Generation]:
    """Probes near the places of the other rounds, each this many times as long as the line."""
    places = (ahead + shift for ahead in (4, 50, 100, 150, 188))
    return [
        probe(a, *[(PROMPT + a) * n] * 4, prompt=PROMPT, number=number, cache=Cache.OFF)
        for a, n in zip(places, noise, strict=True)
    ]


def cv_of(*rounds: list[Generation]) -> float:
    found = measured(*(p for each in rounds for p in each))
    speed = speed_of(found, Subject.MERGED, Cache.OFF)
    assert rounds_of(found, Subject.MERGED, Cache.OFF) == (speed.rounds if speed else 0)
    assert speed is not None
    assert speed.cv is not None
    return speed.cv


def test_rounds_that_agree_by_luck_vary_by_what_their_probes_do() -> None:
    """Each has a probe that took twice as long as its neighbours in the other rounds."""
    lucky = cv_of(
        round_of(0, 0, 1, 2, 1, 1, 1),
        round_of(1, 4, 1, 1, 2, 1, 1),
        round_of(2, 8, 1, 1.5, 1, 1.5, 1),
    )
    assert 0.1 < lucky < 0.3


def test_rounds_whose_probes_agree_vary_by_themselves() -> None:
    assert cv_of(*(round_of(n, 4 * n, 1, 1, 1, 1, 1) for n in range(3))) < 0.01
    slow = cv_of(*(round_of(n, 4 * n, *[1 + 0.2 * n] * 5) for n in range(3)))
    assert slow == pytest.approx(0.2 / 1.2, rel=0.05)
    again = cv_of(*(round_of(n, 0, 1, 1, 1, 1, 1) for n in range(3)))
    assert again < 0.01, "the same places in each round"
