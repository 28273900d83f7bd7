from literals import generation, measurement
from slowlens.facts.runtimes import Runtime
from slowlens.facts.timing import Cache, Finish, Purpose
from slowlens.findings import Confidence
from slowlens.rules.recomputed_steps import check

PROOF = generation(1, 1, 1, purpose=Purpose.PROOF, cached=False)


def test_growing_inputs_prove_it_and_the_trials_give_the_factor() -> None:
    shipped = generation(1, 0.4, 0.4, cached=False)
    on = generation(1, 0.1, 0.1, cache=Cache.ON)
    (finding,) = check(measurement(PROOF, shipped, on))
    assert finding.confidence is Confidence.MEASURED
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert "10, 11, 12 tokens" in finding.message
    assert finding.cost.startswith("4.0 times the time per token: 400 ms against 100 ms")


def test_the_proof_alone_is_enough() -> None:
    stopped = generation(1, 0.4, cached=False, finish=Finish.STOPPED)
    (finding,) = check(measurement(PROOF, stopped))
    assert finding.cost == ""


def test_one_token_a_step_passes() -> None:
    assert not list(check(measurement(generation(1, 1, 1, purpose=Purpose.PROOF))))


def test_nothing_measured_nothing_found() -> None:
    assert not list(check(measurement()))
