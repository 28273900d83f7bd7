from dataclasses import replace

from literals import generation, measurement
from runs import a_measurement, a_run
from slowlens.comparing import compare_fix
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.reports.fixed import sentences
from slowlens.run import Run
from slowlens.speedverdict import Answer


def said(before: Run, after: Run) -> str:
    return " ".join(sentences(compare_fix(before, after)))


def test_faster_and_slower_as_shipped() -> None:
    slow, fast = a_run(a_measurement(0.4)), a_run(a_measurement(0.1))
    faster = "merged as shipped: 4.00 times faster per token (90 % interval 4.00 to 4.00, "
    assert said(slow, fast).startswith(faster)
    slower = "merged as shipped: 4.00 times as long per token (90 % interval 4.00 to 4.00, "
    assert said(fast, slow).startswith(slower)
    assert "not slower by more than 10 %" in said(fast, fast)
    assert "cache on" not in said(slow, fast)


def test_what_the_input_lengths_prove_comes_first() -> None:
    slow = a_run(measurement(generation(1, 0.4, 0.4, cached=False)))
    fast = a_run(measurement(generation(1, 0.4, 0.4)))
    assert said(slow, fast).startswith(
        "The key-value cache works now: a step processes its newest token alone. merged as shipped"
    )
    assert "too few runs for a verdict, which takes 3 a side" in said(slow, fast)
    assert said(fast, slow).startswith("The key-value cache is off now")


def test_the_length_of_the_answer() -> None:
    ran_on = measurement(
        generation(1, 1, 1, 1), generation(*[1] * 9, purpose=Purpose.LENGTH, finish=Finish.LENGTH)
    )
    stopped = measurement(
        generation(1, 1, 1, 1), generation(*[1] * 3, purpose=Purpose.LENGTH, finish=Finish.EOS)
    )
    told = "The answer has 3 tokens; it had 9 tokens, then cut off."
    assert said(a_run(ran_on), a_run(stopped)).endswith(told)
    sooner = generation(*[1] * 5, purpose=Purpose.LENGTH, finish=Finish.LENGTH)
    cut = replace(ran_on, generations=(*ran_on.generations[:-1], sooner))
    assert "The answer" not in said(a_run(ran_on), a_run(cut)), "of two limits nothing is told"
    assert "The answer" not in said(a_run(stopped), a_run(stopped))


def test_unlike_runs_are_not_compared() -> None:
    one = a_measurement()
    two = replace(one, plan=replace(one.plan, prompt="other"))
    assert said(a_run(one), a_run(two)) == (
        "NOT COMPARABLE: the two runs are unlike in prompt. "
        "prompt: “hello” of 5 characters (before), “other” of 5 characters (after)."
    )


def test_how_a_checkpoint_is_loaded_may_be_what_was_fixed() -> None:
    one = a_measurement()
    two = replace(one, models=(replace(one.models[0], dtype="float32"),))
    assert compare_fix(a_run(one), a_run(two)).answer is Answer.PASS


def test_runs_that_timed_nothing_in_common() -> None:
    on, off = (a_run(measurement(generation(1, 1, cache=c))) for c in (Cache.ON, Cache.OFF))
    assert "no kind of trial was timed on both sides" in said(on, off)
