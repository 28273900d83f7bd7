"""Effective ``tie_word_embeddings``, level by level and version by version."""

from typing import Any

import pytest

from pairs import EVERY_DEFAULTS, made
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.facts.weights.tied import TIE, places, text_pointer, tie_settings

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
ON, OFF = {TIE: True}, {TIE: False}


def tied(config: dict[str, Any] | None) -> dict[Runtime, Any]:
    return {r: s.value for r, s in tie_settings(made(config), EVERY_DEFAULTS).items()}


@pytest.mark.parametrize(
    ("config", "v4", "v5"),
    [
        ({"model_type": "llama"}, False, False),
        ({"model_type": "llama", **ON}, True, True),
        ({"model_type": "gemma2"}, True, True),
        ({"model_type": "gemma2", **OFF}, False, False),
        ({"model_type": "llama", TIE: None}, False, False),
        ({"model_type": "gpt2"}, True, True),
        ({"model_type": "t5", **OFF}, False, True),
        # the text config alone counts in 4, the outer one alone in 5
        ({"model_type": "qwen3_vl", **ON, "text_config": OFF}, None, True),
        ({"model_type": "mistral3", **OFF, "text_config": ON}, True, False),
        ({"model_type": "mistral3", **ON, "text_config": OFF}, False, True),
        ({"model_type": "mistral3", "text_config": {}}, False, True),
        ({"model_type": "gemma3", "text_config": {}}, True, True),
        # classes of 5 that listen to both
        ({"model_type": "llava", "text_config": ON}, True, True),
        ({"model_type": "llava", "text_config": {}}, False, False),
        ({"model_type": "qwen2_5_vl", **OFF, "text_config": ON}, True, True),
        ({"model_type": "qwen2_5_vl", **ON, "text_config": OFF}, False, True),
        # a whole text model inside, which ties by itself
        ({"model_type": "blip-2", "text_config": {"model_type": "opt"}}, True, True),
        ({"model_type": "blip-2", **ON, "text_config": {"model_type": "opt", **OFF}}, False, False),
        # the flat spelling of Qwen's vision models
        ({"model_type": "qwen2_5_vl", **ON}, True, True),
        ({"model_type": "qwen2_5_vl", **OFF}, False, False),
        ({"model_type": "mistral3", **ON}, False, True),
        # the part that has the head of an omni model
        ({"model_type": "qwen2_5_omni", "thinker_config": {"text_config": ON}}, True, False),
        ({"model_type": "qwen2_5_omni", "thinker_config": {**ON, "text_config": {}}}, False, True),
    ],
)
def test_transformers(config: dict[str, Any], v4: bool | None, v5: bool) -> None:
    found = tied(config)
    assert found[V5] is v5
    if v4 is not None:
        assert found[V4] is v4


def test_the_deciding_file_is_named() -> None:
    settings = tie_settings(made({"model_type": "llama", **ON}), EVERY_DEFAULTS)
    assert {(s.decided_by, s.note) for s in settings.values()} == {("config.json", "")}
    settings = tie_settings(made({"model_type": "llama"}), EVERY_DEFAULTS)
    assert {s.decided_by for s in settings.values()} == {"default"}
    assert all("class" in s.note for s in settings.values())


def test_an_unknown_model_without_the_key_is_not_guessed_at() -> None:
    assert tied({"model_type": "unheard_of"}) == {}
    assert tied({"model_type": "unheard_of", **ON})[V4] is True
    assert tied(None) == {}


def test_engines_are_only_told_where_one_config_says_it() -> None:
    assert set(tied({"model_type": "llama"})) == {V4, V5, *ENGINES}
    assert set(tied({"model_type": "llava", "text_config": ON})) == {V4, V5}
    assert set(tied({"model_type": "qwen2_5_omni", "thinker_config": ON})) == {V4, V5}


@pytest.mark.parametrize("odd", ["true", 1, [], {}, 1e999])
def test_odd_values(odd: Any) -> None:
    assert tied({"model_type": "llama", TIE: odd})[V4] is bool(odd)
    assert tied({"model_type": "llava", "text_config": odd})


def test_where_the_key_is_read() -> None:
    assert places({"model_type": "llama"}) == ((TIE,),)
    assert places({"text_config": {}}) == ((TIE,), ("text_config", TIE))
    thinker = {"thinker_config": {"text_config": {}}}
    assert text_pointer(thinker) == ("thinker_config", "text_config")
    assert places(thinker) == (("thinker_config", TIE), ("thinker_config", "text_config", TIE))
    assert text_pointer({"text_config": 5}) == ()
