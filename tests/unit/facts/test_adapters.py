from dataclasses import replace
from typing import Any

import pytest

from literals import LORA, adapter
from pairs import made
from slowlens.facts.checkpoint import Adapter, Checkpoint
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.facts.weights.adapters import (
    Loading,
    adapter_loading,
    base_model,
    built_in,
    can_merge,
    config_file,
    has_weights,
    injected,
    kind,
    own_adapter,
    without_peft,
)

PLAIN = {"model.embed_tokens.weight": ("BF16", (16, 8))}
CONFIG_ALONE = ("adapter_config.json",)
PICKLE = ("adapter_config.json", "adapter_model.bin")
V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5


def whole(*adapters: Adapter) -> Checkpoint:
    return replace(made(tensors=PLAIN), adapters=adapters)


def alone(*adapters: Adapter, config: Any = None) -> Checkpoint:
    return replace(made(config, None), adapters=adapters)


PROMPT = adapter({**LORA, "peft_type": "PROMPT_TUNING"})
NO_BASE = adapter({**LORA, "base_model_name_or_path": None})


@pytest.mark.parametrize(
    ("checkpoint", "v4", "v5"),
    [
        (whole(), Loading(), Loading()),
        (whole(adapter()), Loading("org/base", adapter=True), Loading(adapter=True)),
        (alone(adapter()), Loading("org/base", adapter=True), Loading("org/base", adapter=True)),
        (whole(NO_BASE), "names no base_model_name_or_path", Loading(adapter=True)),
        (alone(NO_BASE), "names no base_model_name_or_path", "names no base_model_name_or_path"),
        (whole(adapter(None)), "cannot be read", "cannot be read"),
        (whole(adapter(files=CONFIG_ALONE)), "finds no adapter_model", "finds no adapter_model"),
        (
            whole(adapter(files=PICKLE)),
            Loading("org/base", adapter=True),
            "finds no adapter_model.safetensors",
        ),
        (
            alone(adapter(files=PICKLE)),
            Loading("org/base", adapter=True),
            "finds no adapter_model.safetensors",
        ),
        (
            alone(adapter(), config={}),
            Loading("org/base", adapter=True),
            "looks for whole weights",
        ),
        (whole(adapter(None, files=("adapter_model.safetensors",))), Loading(), Loading()),
        (
            alone(adapter(None, files=("adapter_model.safetensors",))),
            "there are no weights",
            "there are no weights",
        ),
        (whole(adapter(folder="lora_adapter")), Loading(), Loading()),
        (whole(PROMPT), "tokens to the prompt", "tokens to the prompt"),
        (alone(PROMPT), "tokens to the prompt", "tokens to the prompt"),
    ],
)
def test_what_each_version_loads(checkpoint: Checkpoint, v4: Any, v5: Any) -> None:
    found = adapter_loading(checkpoint)
    for runtime, expected in ((V4, v4), (V5, v5)):
        if isinstance(expected, str):
            assert expected in found[runtime].fails
        else:
            assert found[runtime] == expected


def test_the_own_adapter_is_not_one_below() -> None:
    below, own = adapter(folder="lora_adapter"), adapter()
    assert own_adapter(whole(below, own)) is own
    assert own_adapter(whole(below)) is None
    assert config_file(below) == "lora_adapter/adapter_config.json"
    assert config_file(own) == "adapter_config.json"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("pytorch_model.bin", True),
        ("pytorch_model.bin.index.json", True),
        ("model.safetensors.index.json", True),
        ("adapter_model.bin", False),
    ],
)
def test_pickles_and_an_index_are_weights_too(file: str, expected: bool) -> None:
    assert has_weights(made(unreadable=(file,))) is expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"model_type": "granite_speech"}, True),
        ({"model_type": "phi4mm"}, True),
        ({"has_lora_adapter": True}, True),
        ({"has_lora_adapter": False}, False),
        ({"speech_lora": None}, False),
        ({"vision_lora": {"r": 256}}, True),
        ({"model_type": "deepseek_v3", "q_lora_rank": 1536}, False),
    ],
)
def test_adapters_on_purpose(config: Any, expected: bool) -> None:
    assert built_in(made(config)) is expected


def test_tensors_of_an_adapter_among_the_weights() -> None:
    names = (
        "model.q.base_layer.weight",
        "model.q.lora_A.default.weight",
        "model.q.lora_B.default.weight",
        "model.q.lora_magnitude_vector.default.weight",
        "model.e.lora_embedding_A.default",
    )
    plain = ("model.q.weight", "model.kv_a_proj_with_mqa.weight")
    found = injected(made(tensors=dict.fromkeys((*names, *plain), ("BF16", (8, 8)))))
    assert tuple(tensor.name for tensor in found) == names


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LORA, "LoRA"),
        ({**LORA, "use_dora": True}, "DoRA"),
        ({**LORA, "use_dora": "yes"}, "LoRA"),
        ({"peft_type": "IA3"}, "IA3"),
        ({"peft_type": ["LORA"]}, "PEFT"),
        ({"peft_type": "a b"}, "PEFT"),
        ({"peft_type": "A" * 41}, "PEFT"),
        (None, "PEFT"),
    ],
)
def test_kinds(config: Any, expected: str) -> None:
    assert kind(adapter(config)) == expected


def test_adapters_that_add_tokens_cannot_be_merged() -> None:
    assert can_merge(adapter())
    assert not can_merge(adapter({"peft_type": "PREFIX_TUNING"}))
    assert can_merge(adapter({"peft_type": {}}))


def test_a_base_is_text() -> None:
    assert base_model(adapter()) == "org/base"
    assert base_model(adapter({"base_model_name_or_path": 5})) == ""


def test_what_happens_without_peft() -> None:
    assert without_peft(None, "x") == ""
    assert without_peft(Environment("3", "Linux", {"peft": "0.1"}), "x") == ""
    assert "not installed here, so x" in without_peft(Environment("3", "Linux"), "x")
