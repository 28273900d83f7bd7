"""The truth table of ``use_cache``, row by row, and the other settings' own."""

from typing import Any

import pytest

from literals import CHAT, DEFAULTS, checkpoint
from slowlens.facts.checkpoint import Checkpoint, Tensor, Tokenizer, Weights
from slowlens.facts.effective import effective_settings
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Setting

V4, V5, FORWARD, VLLM, *_ = Runtime

FLAGGED = {"_from_model_config": True, "use_cache": True}


def values(setting: str, *args: Any, **kwargs: Any) -> dict[Runtime, Any]:
    settings = effective_settings(checkpoint(*args, **kwargs), DEFAULTS)[setting]
    return {runtime: s.value for runtime, s in settings.items()}


@pytest.mark.parametrize(
    ("config", "generation", "v4", "v5", "forward"),
    [
        ({}, {}, True, True, True),
        ({"use_cache": True}, {}, True, True, True),
        ({"use_cache": False}, {}, True, True, False),
        ({"use_cache": False}, None, False, False, False),
        ({}, None, True, True, True),
        ({}, {"use_cache": False}, False, False, True),
        ({"use_cache": False}, {"use_cache": True}, True, True, False),
        ({"use_cache": False}, FLAGGED, True, True, False),
        ({"use_cache": False, "repetition_penalty": 1.05}, FLAGGED, False, True, False),
        ({"use_cache": False, "repetition_penalty": 1.0}, FLAGGED, True, True, False),
        ({"text_config": {"use_cache": False}}, None, False, False, False),
        ({"use_cache": False, "text_config": {}}, None, False, False, True),
        ({"use_cache": True, "text_config": {"use_cache": False}}, None, False, True, False),
        ({"use_cache": False, "text_config": {"use_cache": True}}, None, False, False, True),
        ({"text_config": {"use_cache": False}}, {}, True, True, False),
        ({"text_config": {"use_cache": False}}, {"use_cache": False}, False, False, False),
    ],
)
def test_use_cache(config: Any, generation: Any, v4: Any, v5: Any, forward: Any) -> None:
    expected = {V4: v4, V5: v5, FORWARD: forward, VLLM: True}
    assert values("use_cache", config, generation) == expected


def test_null_breaks_transformers_4_only() -> None:
    settings = effective_settings(checkpoint({}, {"use_cache": None}), DEFAULTS)["use_cache"]
    assert settings[V4].fails
    assert settings[V5] == Setting(value=True, decided_by="default")


@pytest.mark.parametrize("value", ["false", None, 0])
def test_a_wrong_type_fails_to_load_in_transformers_5(value: Any) -> None:
    settings = effective_settings(checkpoint({"use_cache": value}, {}), DEFAULTS)["use_cache"]
    assert settings[V5].fails
    assert not settings[V4].fails


def test_the_file_that_decided_is_named() -> None:
    regenerated = checkpoint({"use_cache": False}, {"use_cache": False})
    settings = effective_settings(regenerated, DEFAULTS)["use_cache"]
    assert {r: s.decided_by for r, s in settings.items()} == {
        V4: "generation_config.json",
        V5: "generation_config.json",
        FORWARD: "config.json",
        VLLM: "default",
    }


@pytest.mark.parametrize(
    ("config", "v4", "v5", "vllm"),
    [
        ({"dtype": "bfloat16"}, "float32", "bfloat16", "bfloat16"),
        ({"torch_dtype": "bfloat16"}, "float32", "bfloat16", "bfloat16"),
        ({"torch_dtype": "half"}, "float32", "float16", "float16"),
        ({"dtype": {"": "bfloat16", "vision": "float32"}}, "float32", "bfloat16", "bfloat16"),
        ({"dtype": {"vision_config": "float16"}}, "float32", "float32", "bfloat16"),
        ({"dtype": None, "torch_dtype": "float16"}, "float32", "float16", "float16"),
        ({"dtype": "bfloat16", "torch_dtype": "float32"}, "float32", "bfloat16", "bfloat16"),
        ({"dtype": "float32"}, "float32", "float32", "bfloat16"),
        ({}, "float32", "float32", "bfloat16"),
    ],
)
def test_dtype(config: Any, v4: str, v5: str, vllm: str) -> None:
    assert values("dtype", config) == {V4: v4, V5: v5, VLLM: vllm}


def test_without_a_key_the_first_floating_tensor_gives_the_dtype() -> None:
    tensors = (Tensor("a", "I64", (1,), 8, "m"), Tensor("b", "BF16", (1,), 2, "m"))
    weighted = Checkpoint(checkpoint({}).root, weights=Weights(("m",), tensors))
    settings = effective_settings(weighted, DEFAULTS)["dtype"]
    assert (settings[V5].value, settings[V5].decided_by) == ("bfloat16", "m")


def test_the_first_tensor_is_the_first_by_name_of_the_first_file() -> None:
    """A header has the wide types first; the library reads the names in order."""
    tensors = (
        Tensor("z", "F32", (1,), 4, "1"),
        Tensor("a", "BF16", (1,), 2, "1"),
        Tensor("A", "F16", (1,), 2, "2"),
    )
    weighted = Checkpoint(checkpoint({}).root, weights=Weights(("2", "1"), tensors))
    setting = effective_settings(weighted, DEFAULTS)["dtype"][V5]
    assert (setting.value, setting.decided_by) == ("bfloat16", "1")


@pytest.mark.parametrize("word", ["torch.bfloat16", "bf16", "auto", ""])
def test_a_word_that_torch_does_not_know_fails_to_load(word: str) -> None:
    settings = effective_settings(checkpoint({"torch_dtype": word}), DEFAULTS)["dtype"]
    assert [settings[r].fails for r in (V4, V5, VLLM)] == [True, True, True]


@pytest.mark.parametrize("value", [5, False, {"": 5}, "int8"])
def test_a_dtype_that_no_model_has_fails_in_transformers_5(value: Any) -> None:
    settings = effective_settings(checkpoint({"torch_dtype": value}), DEFAULTS)["dtype"]
    assert [settings[r].fails for r in (V4, V5)] == [False, True]


def test_versions_before_4_56_read_one_key() -> None:
    config = {"dtype": "bfloat16", "torch_dtype": "float32"}
    note = effective_settings(checkpoint(config), DEFAULTS)["dtype"][V4].note
    assert note == "dtype='auto' would give bfloat16, and float32 before 4.56"


@pytest.mark.parametrize(
    ("key", "v4", "v5"),
    [
        ("attn_implementation", "auto", "eager"),
        ("_attn_implementation", "eager", "eager"),
        ("_attn_implementation_internal", "eager", "auto"),
    ],
)
def test_attention(key: str, v4: str, v5: str) -> None:
    assert values("attn_implementation", {key: "eager"}) == {V4: v4, V5: v5}


@pytest.mark.parametrize(
    ("config", "generation", "v4", "v5"),
    [
        ({"eos_token_id": 2}, {"eos_token_id": [2, 0]}, [2, 0], [2, 0]),
        ({"eos_token_id": 2}, {}, [], []),
        ({"eos_token_id": 5}, None, [5], [5]),
        ({}, None, [2], []),
        ({"eos_token_id": 5, "repetition_penalty": 2.0}, FLAGGED, [5], []),
        ({"model_type": "llava", "text_config": {"eos_token_id": 7}}, None, [7], [7]),
    ],
)
def test_eos(config: Any, generation: Any, v4: list[int], v5: list[int]) -> None:
    found = values("eos_token_id", config, generation)
    assert (found[V4], found[V5]) == (v4, v5)


def test_vllm_adds_the_end_token_of_the_tokenizer() -> None:
    settings = effective_settings(checkpoint({}, {"eos_token_id": 0}, CHAT), DEFAULTS)
    vllm = settings["eos_token_id"][VLLM]
    assert vllm.value == [2, 0]
    assert vllm.decided_by == "tokenizer_config.json + generation_config.json"


def test_vllm_has_no_setting_that_it_does_not_read() -> None:
    settings = effective_settings(checkpoint({}, {"num_beams": 4}), DEFAULTS)
    assert set(settings["num_beams"]) == {V4, V5}
    assert settings["num_beams"][V5] == Setting(4, "generation_config.json")
    assert VLLM in settings["temperature"]


def test_an_odd_eos_is_no_id() -> None:
    assert values("eos_token_id", {}, {"eos_token_id": [True, "2", 3]})[V5] == [3]
    assert values("eos_token_id", {}, {"eos_token_id": "2"}, tokenizer=Tokenizer())[VLLM] == []
