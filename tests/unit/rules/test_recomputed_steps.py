from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Undecided
from slowlens.rules.recomputed_steps import check

PROOF = generation(1, 1, 1, purpose=Purpose.PROOF, cached=False)


def test_growing_inputs_prove_it_and_the_trials_give_the_factor() -> None:
    shipped = [generation(1, s, s, cached=False) for s in (0.38, 0.4, 0.42)]
    on = [generation(1, s, s, cache=Cache.ON) for s in (0.098, 0.1, 0.102)]
    (finding,) = check(measurement(PROOF, *shipped, *on))
    assert finding.confidence is Confidence.MEASURED
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert "10, 11, 12 tokens" in finding.message
    assert finding.cost == (
        "4.00 times as long per token as merged, cache on (means, 90 % interval 3.70 to 4.32): "
        "400 ms (380 to 420) against 100 ms (98 to 102) per token "
        "(medians of 3 rounds, 3 tokens each)"
    )


def test_a_tie_is_not_called_a_factor() -> None:
    shipped = [generation(1, s, s, cached=False) for s in (0.1, 0.11, 0.1)]
    on = [generation(1, 0.1, 0.1, cache=Cache.ON)] * 3
    (finding,) = check(measurement(PROOF, *shipped, *on))
    assert finding.cost.startswith("perhaps slower per token than merged, cache on")
    assert finding.cost.endswith("shows the price")


def test_rounds_that_overlap_are_a_tie() -> None:
    shipped = [generation(1, s, s, cached=False) for s in (0.1, 0.25, 0.4)]
    on = [generation(1, s, s, cache=Cache.ON) for s in (0.05, 0.125, 0.2)]
    (finding,) = check(measurement(PROOF, *shipped, *on))
    assert "250 ms (100 to 400) against 125 ms (50 to 200) per token (medians of" in finding.cost
    assert "too unstable for a verdict: runs varied by 60 % and 60 %" in finding.cost


def test_one_run_is_no_verdict() -> None:
    shipped = generation(1, 0.4, 0.4, cached=False)
    on = generation(1, 0.1, 0.1, cache=Cache.ON)
    (finding,) = check(measurement(PROOF, shipped, on))
    assert finding.cost.startswith(
        "4.00 times as long per token as merged, cache on, as far as 1 round can tell: 400 ms"
    )
    assert "too few runs for a verdict" in finding.cost
    assert "shows the price" not in finding.cost, "it is told"


def test_a_run_that_was_stopped_is_not_told_to_run_longer() -> None:
    shipped = [generation(1, s, s, cached=False) for s in (0.1, 0.11, 0.1)]
    on = [generation(1, 0.1, 0.1, cache=Cache.ON)] * 3
    found = measurement(PROOF, *shipped, *on)
    (whole,) = check(found)
    (stopped,) = check(replace(found, status=Status.STOPPED))
    assert whole.cost == f"{stopped.cost}. A longer text, or more rounds, shows the price"


def test_a_factor_within_the_noise_of_equal_work_is_none() -> None:
    shipped = [generation(1, 0.4, 0.4, cached=False)] * 3
    off = [generation(1, 0.1, 0.1, cache=Cache.OFF, cached=False)] * 3
    on = [generation(1, 0.12, 0.12, cache=Cache.ON)] * 3
    (finding,) = check(measurement(PROOF, *shipped, *on, *off))
    assert finding.cost.startswith("not clearly slower")
    assert "equal work beside it was timed 4.00 times apart" in finding.cost


def test_the_proof_alone_is_enough() -> None:
    stopped = generation(1, 0.4, cached=False, finish=Finish.STOPPED)
    (finding,) = check(measurement(PROOF, stopped))
    assert finding.cost == ""


def test_without_a_cached_trial_there_is_no_factor() -> None:
    (finding,) = check(measurement(PROOF, generation(1, 0.4, 0.4, cached=False)))
    assert finding.cost == ""


def test_the_version_that_ran_is_the_one_affected() -> None:
    old = Environment("3.12", "Linux", {"transformers": "4.52.4"})
    for environment, runtime in (
        (old, Runtime.TRANSFORMERS_4),
        (None, Runtime.TRANSFORMERS_5),
    ):
        (finding,) = check(replace(measurement(PROOF), environment=environment))
        assert finding.affects == (runtime,)


def test_one_token_a_step_passes() -> None:
    assert not list(check(measurement(generation(1, 1, 1, purpose=Purpose.PROOF))))


def test_what_was_not_measured_or_not_counted_is_undecided() -> None:
    uncounted = replace(PROOF, steps=tuple(replace(s, tokens_in=0) for s in PROOF.steps))
    for measured in (measurement(), measurement(uncounted)):
        with pytest.raises(Undecided):
            list(check(measured))
