"""Generation parameters as each runtime ends up with them."""

from typing import Any

import pytest

from pairs import EVERY_DEFAULTS, made
from slowlens.facts.decoding.limits import answer_limit
from slowlens.facts.decoding.lost import lost_parameters
from slowlens.facts.decoding.parameters import effective
from slowlens.facts.effective import effective_settings
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.facts.settings import Setting

V4, V5, VLLM, SGLANG = (
    Runtime.TRANSFORMERS_4,
    Runtime.TRANSFORMERS_5,
    Runtime.VLLM,
    Runtime.SGLANG,
)
FILE = "generation_config.json"


def settings(generation: Any, config: Any = None) -> Any:
    values = {"model_type": "llama", **(config or {})}
    return effective_settings(made(values, generation), EVERY_DEFAULTS)


def test_engines_take_the_sampling_parameters_and_vllm_the_limit() -> None:
    found = settings({"temperature": 0.6, "max_new_tokens": 9, "num_beams": 4})
    assert set(found["temperature"]) == {*GENERATE, *ENGINES}
    assert set(found["max_new_tokens"]) == {*GENERATE, VLLM}
    assert set(found["num_beams"]) == set(GENERATE)
    assert found["top_k"][VLLM] == Setting(0, "default")


def test_rare_parameters_are_told_where_they_are_out_of_the_ordinary() -> None:
    assert "min_p" not in settings({})
    assert "output_attentions" not in settings({"output_attentions": False})
    assert settings({"min_p": 0.1})["min_p"][SGLANG] == Setting(0.1, FILE)
    assert effective(settings({}), "num_return_sequences", V4) == Setting(1, "default")
    assert effective(settings({}), "penalty_alpha", V5) == Setting(None, "default")


def test_a_null_is_a_value_for_transformers_4_alone() -> None:
    found = settings({"top_k": None, "penalty_alpha": None})
    assert found["top_k"][V4] == Setting(None, FILE)
    assert found["top_k"][V5] == Setting(50, "default")
    assert "penalty_alpha" not in found


def test_the_kind_of_cache_tells_who_fails() -> None:
    found = settings({"cache_implementation": "hybrid"})["cache_implementation"]
    assert found[V4].fails
    assert (found[V5].value, found[V5].decided_by) == (None, FILE)
    assert "unsets hybrid" in found[V5].note


@pytest.mark.parametrize(
    ("generation", "runtime", "text"),
    [
        ({}, V4, "up to 20 new tokens"),
        ({"max_length": 9}, V5, "up to 9 tokens with its prompt"),
        ({"max_length": 9, "max_new_tokens": 7}, V5, "up to 7 new tokens"),
        ({"max_length": 9}, VLLM, "to the end of the context"),
        ({"max_new_tokens": "x"}, V4, "None"),
    ],
)
def test_limits(generation: Any, runtime: Runtime, text: str) -> None:
    assert str(answer_limit(settings(generation), runtime)) == text


def test_what_is_lost() -> None:
    source = made(generation={"do_sample": True, "top_k": 50, "use_cache": True, "eos_token_id": 2})
    assert lost_parameters(made(generation={}), source) == {"do_sample": True}
    assert lost_parameters(made(generation=None), source) == {"do_sample": True}
    assert lost_parameters(made(generation=None, unreadable=(FILE,)), source) == {}
    assert lost_parameters(made(generation={"do_sample": None}), source) == {}
    assert lost_parameters(made(), made(generation=None)) == {}
