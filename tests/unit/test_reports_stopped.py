"""What a run that was stopped says of what it had timed until then."""

from typing import Any

from literals import generation, measurement
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.frozen import replace
from slowlens.reports.measurement import render

OVER = generation(0.2, 0.1, 0.1)


def cut(*seconds: float, tokens: int = 64, **changes: Any) -> Measurement:
    """A run that was stopped in its second trial, after steps of these seconds."""
    last = generation(*seconds, finish=Finish.STOPPED, **changes)
    last = replace(last, trial=replace(last.trial, new_tokens=tokens, round=1))
    return replace(measurement(OVER, last), status=Status.STOPPED)


def flat(found: Measurement) -> str:
    return " ".join(render(found).split())


def test_what_was_timed_is_marked_as_stopped() -> None:
    said = render(cut(0.2, 0.15, 0.25))
    assert said.startswith("Stopped before its end, after 1 timed trial.\n\ntrial ")
    assert "merged as shipped" in said
    assert "Stopped" not in render(replace(cut(0.2), status=Status.DONE))


def test_the_trial_that_was_cut_off_tells_how_far_it_came() -> None:
    said = flat(cut(0.2, 0.15, 0.25, cache=Cache.OFF))
    cut_off = "merged, cache off (round 2) was cut off after 3 of 64 tokens"
    assert f"{cut_off}, 200 ms per token until then." in said
    assert "(round 2) was cut off after 1 of 64 tokens." in flat(cut(0.2))
    answer = flat(cut(0.2, 0.1, purpose=Purpose.LENGTH))
    assert "The answer of merged was cut off after 2 of 64 tokens, 100 ms per token" in answer
    assert "cut off" not in flat(cut(0.2, 0.1, purpose=Purpose.PROOF)), "which is not timed"


def test_a_run_without_a_finished_trial_tells_of_the_one_it_was_in() -> None:
    found = cut(0.2, 0.15, 0.25)
    said = flat(replace(found, generations=found.generations[1:]))
    assert said.startswith(
        "Stopped before its end. No timed trial was finished. merged as shipped "
        "(round 2) was cut off after 3 of 64 tokens, 200 ms per token until then."
    )
