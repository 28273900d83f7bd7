from dataclasses import replace

from literals import generation, measurement
from runs import a_measurement, a_run
from slowlens.compare import compare
from slowlens.facts.live.trial import Finish, Purpose


def test_faster_with_its_figures() -> None:
    comparison = compare(a_run(a_measurement(0.4)), a_run(a_measurement(0.1)))
    assert comparison.sentence == (
        "4.00 times faster (90 % interval 4.00 to 4.00): "
        "400 ms per token before, 100 ms after (4 tokens, 3 rounds)."
    )


def test_slower_and_as_fast() -> None:
    slow, fast = a_run(a_measurement(0.4)), a_run(a_measurement(0.1))
    assert compare(fast, slow).sentence.startswith("4.00 times slower (90 % interval")
    assert compare(fast, fast).sentence.startswith(
        "Not slower by more than 10 % (90 % interval 1.00 to 1.00): "
        "100 ms per token before, 100 ms after"
    )


def test_what_the_input_lengths_prove_comes_first() -> None:
    slow = a_run(measurement(generation(1, 0.4, 0.4, cached=False)))
    fast = a_run(measurement(generation(1, 0.4, 0.4)))
    assert compare(slow, fast).sentence == (
        "The key-value cache works now: a step processes its newest token alone. "
        "No clear difference: 400 ms per token before, 400 ms after (3 tokens, 1 round); "
        "too few runs for a verdict, which takes 3 a side."
    )
    assert compare(fast, slow).sentence.startswith("The key-value cache is off now")


def test_the_length_of_the_answer() -> None:
    ran_on = measurement(
        generation(1, 1, 1, 1), generation(*[1] * 9, purpose=Purpose.LENGTH, finish=Finish.LENGTH)
    )
    stopped = measurement(
        generation(1, 1, 1, 1), generation(*[1] * 3, purpose=Purpose.LENGTH, finish=Finish.EOS)
    )
    sentence = compare(a_run(ran_on), a_run(stopped)).sentence
    assert sentence.endswith("The answer has 3 tokens; it had 9.")


def test_unlike_runs_are_not_compared() -> None:
    one = a_measurement()
    two = replace(one, plan=replace(one.plan, prompt="other"))
    assert (
        "prompt (“hello” of 5 characters before, “other” of 5 characters after)"
        in compare(a_run(one), a_run(two)).sentence
    )


def test_how_a_checkpoint_is_loaded_may_be_what_was_fixed() -> None:
    one = a_measurement()
    two = replace(one, models=(replace(one.models[0], dtype="float32"),))
    assert compare(a_run(one), a_run(two)).differs == ()
    other = replace(one, models=(replace(one.models[0], path="/n"),))
    assert compare(a_run(one), a_run(other)).differs == ()
    moved = replace(one, plan=replace(one.plan, merged="/n"))
    assert compare(a_run(one), a_run(moved)).differs == ("another checkpoint",)


def test_runs_that_were_not_measured() -> None:
    assert "not measured" in compare(a_run(), a_run(a_measurement())).sentence
