from dataclasses import replace

from literals import generation, loaded, measurement
from slowlens.facts.environment import Environment
from slowlens.facts.live.alongside import Circumstance, circumstances
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Subject

SHIPPED = (Subject.MERGED, Cache.AS_SHIPPED)
A_RUN = measurement(generation(0.1, 0.1))
RESULT = Imported("vLLM", "0.9", "org/m", "", "a mean", True, (), {"input_length": 512.0})


def told(*results: Measurement | Imported | None) -> dict[str, Circumstance]:
    return {each.what: each for each in circumstances(results, [SHIPPED])}


def test_what_is_told_of_every_run_stands_in_their_order() -> None:
    other = replace(A_RUN, models=(loaded(dtype="float32"),))
    found = told(A_RUN, other, A_RUN)
    assert found["dtype of merged"].told == ("bfloat16", "float32", "bfloat16")
    assert found["dtype of merged"].differs
    assert found["new tokens"].told == ("4", "4", "4")
    assert not found["new tokens"].differs
    assert found["prompt length of merged"].decides


def test_what_is_not_known_is_no_difference() -> None:
    found = told(A_RUN, replace(A_RUN, models=()))
    assert found["dtype of merged"].told == ("bfloat16", None)
    assert not found["dtype of merged"].differs


def test_what_nobody_tells_is_left_out() -> None:
    assert "driver" not in told(A_RUN, A_RUN)
    assert "power limit" not in told(A_RUN, A_RUN)


def test_other_software_is_told_and_decides_nothing() -> None:
    installed = {"torch": "2.13.0", "peft": "0.21"}
    other = replace(A_RUN, environment=Environment("3.13", "Linux", installed))
    found = told(A_RUN, other)
    assert found["peft"].told == ("not installed", "0.21")
    assert found["peft"].differs
    assert not found["peft"].decides
    assert found["Python"].told == ("3.12", "3.13")
    assert found["torch"].decides, "a verdict minds it"


def test_how_long_an_answer_might_get_is_told_and_decides_nothing() -> None:
    other = replace(A_RUN, plan=replace(A_RUN.plan, answer_tokens=8))
    found = told(A_RUN, other, replace(A_RUN, plan=replace(A_RUN.plan, answer_tokens=0)))
    assert found["answer limit"].told == ("256 tokens", "8 tokens", None)
    assert not found["answer limit"].decides


def test_imported_results_tell_their_own_settings() -> None:
    found = told(A_RUN, RESULT, None)
    assert found["input length"].told == (None, "512", None)
    assert found["TPOT"].told == (None, "a mean", None)
    assert found["torch"].told == ("2.13.0", None, None)
