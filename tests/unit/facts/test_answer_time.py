"""Seconds of a whole answer, and the split of a difference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from literals import generation, measurement, probe
from slowlens.facts.live.answer_split import Split, shown, split, terms
from slowlens.facts.live.answer_time import AnswerTime, answer_time
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject

SHIPPED = Cache.AS_SHIPPED


def of_merged(found: Measurement, cache: Cache = SHIPPED) -> AnswerTime:
    time = answer_time(found, Subject.MERGED, cache)
    assert time is not None
    return time


def answer(tokens: int, finish: Finish = Finish.EOS) -> Generation:
    return generation(*[9.0] * tokens, cache=Cache.ON, purpose=Purpose.LENGTH, finish=finish)


def test_the_length_is_of_the_answer_and_the_times_are_of_the_timed_runs() -> None:
    runs = generation(1, 0.1, 0.1), generation(2, 0.3, 0.3)
    found = of_merged(measurement(*runs, answer(11)))
    assert found.tokens == 11
    assert found.runs == pytest.approx((2, 5))
    assert (found.ttft, found.tpot) == pytest.approx((1.5, 0.2))
    assert found.seconds == pytest.approx(3.5)
    assert (found.estimated, found.ended) == (False, True)


def test_without_an_answer_it_is_the_plans_length() -> None:
    found = of_merged(measurement(generation(1, 0.1, 0.1)))
    assert (found.tokens, found.ended) == (4, None)
    assert found.seconds == pytest.approx(1.3)


def test_an_answer_that_was_cut_off_did_not_end() -> None:
    cut = answer(11, Finish.LENGTH)
    assert of_merged(measurement(generation(1, 0.1), cut)).ended is False
    stopped = answer(11, Finish.STOPPED)
    assert of_merged(measurement(generation(1, 0.1), stopped)).tokens == 4


def test_without_timed_runs_there_is_no_time() -> None:
    stopped = generation(1, 0.1, 0.1, finish=Finish.STOPPED)
    single = generation(1)
    other = generation(1, 0.1, cache=Cache.ON)
    timeless = generation(1, 0, 0)
    found = measurement(stopped, single, timeless, other, answer(5))
    assert answer_time(found, Subject.MERGED, SHIPPED) is None


def test_steps_that_grow_are_counted_up_to_the_length_of_the_answer() -> None:
    """Each step takes 0.01 s more than the one before."""
    seconds = [1.0, *[0.1 + 0.01 * i for i in range(40)]]
    slow = generation(*seconds, cached=False)
    short = of_merged(measurement(slow, answer(11)))
    assert short.seconds == pytest.approx(sum(seconds[:11]))
    assert not short.estimated
    long = of_merged(measurement(slow, answer(101)))
    assert long.seconds == pytest.approx(1 + sum(0.1 + 0.01 * i for i in range(100)))
    assert long.estimated
    exact = of_merged(measurement(slow, answer(41)))
    assert exact.seconds == pytest.approx(sum(seconds))
    assert not exact.estimated


def test_runs_that_recompute_grow_alike_and_never_get_faster() -> None:
    """A few noisy steps of each seem to grow by 10 ms a token, not at all, and to shrink."""
    slopes, levels = (0.01, 0.0, -0.007), (0.2, 0.24, 0.19)
    runs = [
        generation(1.0, *[level + slope * (i - 7) for i in range(15)], cached=False)
        for slope, level in zip(slopes, levels, strict=True)
    ]
    found = of_merged(measurement(*runs, answer(41)))
    common = sum(slopes) / 3
    whole = [1 + sum(level + common * max(0, i - 7) for i in range(40)) for level in levels]
    timed = [sum(common * max(0, i - 7) for i in range(15))] * 3
    assert found.runs == pytest.approx([a - b for a, b in zip(whole, timed, strict=True)])
    falling = of_merged(measurement(*runs[2:], answer(41)))
    assert falling.seconds == pytest.approx(1 + 40 * 0.19)


def test_an_answer_beyond_what_was_timed_is_told() -> None:
    runs = measurement(generation(1, *[0.1] * 9, cached=False), answer(10))
    assert not of_merged(runs).beyond
    assert of_merged(measurement(*runs.generations[:1], answer(11))).beyond
    probed = rising(0), rising(2)
    assert not of_merged(measurement(*probed)).beyond
    assert of_merged(measurement(*probed, answer(5))).beyond


def rising(ahead: int, number: int = 0, finish: Finish = Finish.LENGTH) -> Generation:
    """Four steps far into an answer, each a hundredth of a second a token of its input."""
    seconds = (0.1 + 0.01 * (ahead + i) for i in range(4))
    return probe(ahead, *seconds, number=number, finish=finish)


def test_a_run_that_was_probed_is_predicted_for_the_length_of_the_answer() -> None:
    probes = [rising(ahead, number) for number in (0, 1) for ahead in (96, 0, 50)]
    found = of_merged(measurement(*probes, answer(100)))
    assert found.estimated
    assert found.runs == pytest.approx([sum(0.1 + 0.01 * i for i in range(100))] * 2)
    beyond = of_merged(measurement(*probes, answer(200)))
    assert beyond.seconds == pytest.approx(sum(0.1 + 0.01 * i for i in range(200)))
    single = of_merged(measurement(*probes, answer(1)))
    assert single.seconds == pytest.approx(0.1)


def test_a_round_of_probes_that_is_not_complete_does_not_count() -> None:
    probes = [rising(0), rising(50), rising(0, 1), rising(50, 1, Finish.STOPPED)]
    assert len(of_merged(measurement(*probes)).runs) == 1
    assert answer_time(measurement(rising(0)), Subject.MERGED, SHIPPED) is None


def test_runs_that_were_waited_for_come_before_probes() -> None:
    found = of_merged(measurement(generation(1, 0.1), rising(0), rising(50)))
    assert not found.estimated


def time(tokens: int, ttft: float, tpot: float) -> AnswerTime:
    runs = (ttft + (tokens - 1) * tpot,)
    return AnswerTime("merged", SHIPPED, tokens, ttft, tpot, runs, estimated=False, ended=True)


SECONDS = st.floats(1e-6, 1e4)
TIMES = st.builds(time, st.integers(1, 10**6), SECONDS, SECONDS)


@given(TIMES, TIMES)
def test_the_terms_add_up_to_the_difference(slow: AnswerTime, fast: AnswerTime) -> None:
    found, difference = split(slow, fast), slow.seconds - fast.seconds
    scale = slow.seconds + fast.seconds
    assert found.seconds == pytest.approx(difference, rel=1e-9, abs=1e-9 * scale)
    back = split(fast, slow)
    assert (back.length, back.pace, back.start) == pytest.approx(
        (-found.length, -found.pace, -found.start), rel=1e-9
    )


def test_each_term_is_its_own_cause() -> None:
    base = time(11, 1, 0.1)
    assert split(time(21, 1, 0.1), base) == Split(10, 1.0, 0, 0)
    assert split(time(11, 1, 0.3), base).pace == pytest.approx(2)
    assert split(time(11, 3, 0.1), base) == Split(0, 0, 0, 2)
    both = split(time(21, 1, 0.3), base)
    assert (both.length, both.pace) == pytest.approx((2, 3))


def test_the_sentences() -> None:
    assert terms(Split(217, 8.1, 4.0, 0.2)) == (
        "8.1 s because it writes 217 tokens more",
        "4 s because each token takes longer",
        "0.2 s before the first token",
    )
    assert terms(Split(-1, -8.1, -4.0, -0.2)) == (
        "8.1 s less by writing 1 token fewer",
        "4 s less by taking less for each token",
        "0.2 s less before the first token",
    )
    assert terms(Split(0, 0, 4.0, 0.01)) == ("4 s because each token takes longer",)
    assert terms(Split(0, 0, 0, 0)) == ()


def test_seconds_are_shown_with_three_digits() -> None:
    assert [shown(s) for s in (0.05234, 8.1, 99.94, 134.91, 4321)] == [
        "52.3 ms", "8.1 s", "99.9 s", "135 s", "4,321 s"
    ]  # fmt: skip
