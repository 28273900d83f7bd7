"""config.json: what only looks like a difference."""

import pytest

from pairs import LLAMA, compared, configs, differing, made
from slowlens.facts.difference import Effect
from slowlens.jsonvalue import ABSENT


@pytest.mark.parametrize(
    ("source", "merged"),
    [
        ({"torch_dtype": "float32"}, {"dtype": "float32"}),
        ({"torch_dtype": "float32"}, {"torch_dtype": "float32", "dtype": "float32"}),
        ({"dtype": "torch.float32"}, {"dtype": "float32"}),
        ({"rope_theta": 5e5}, {"rope_parameters": {"rope_theta": 5e5, "rope_type": "default"}}),
        ({"rope_theta": 10000.0}, {}),
        ({"rope_theta": 10000}, {"rope_parameters": {"rope_theta": 10000.0}}),
        ({"rope_scaling": None}, {}),
        (
            {"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4.0}},
            {"rope_parameters": {"rope_theta": 1e6, "rope_type": "yarn", "factor": 4.0}},
        ),
        (
            {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}, "max_position_embeddings": 64},
            {
                "max_position_embeddings": 64,
                "rope_parameters": {
                    "rope_type": "llama3",
                    "factor": 8.0,
                    "original_max_position_embeddings": 64,
                },
            },
        ),
        (
            {"rope_scaling": {"type": "mrope", "mrope_section": [1, 2]}},
            {"rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [1, 2]}},
        ),
        (
            {"rope_scaling": {"type": "su", "long_factor": [1]}},
            {"rope_scaling": {"type": "longrope", "long_factor": [1]}},
        ),
        ({"eos_token_id": 2}, {"eos_token_id": [2]}),
        ({"eos_token_id": [2, 0]}, {"eos_token_id": [0, 2]}),
        ({"use_cache": True}, {}),
        ({"num_attention_heads": 32}, {"num_attention_heads": 32, "num_key_value_heads": 32}),
        ({"num_key_value_heads": None}, {"num_key_value_heads": 32}),
        (
            {"hidden_size": 64, "num_attention_heads": 4},
            {"hidden_size": 64, "num_attention_heads": 4, "head_dim": 16},
        ),
        ({"pretraining_tp": 1}, {"pretraining_tp": 4}),
        ({"attention_dropout": 0.0}, {"attention_dropout": 0.1}),
        ({}, {"gradient_checkpointing": True}),
        ({}, {"_commit_hash": "0", "_name_or_path": "x"}),
        ({"transformers_version": "4.51.3"}, {"transformers_version": "5.0.0"}),
        ({"torchscript": False}, {}),
        ({"pad_token_id": None}, {}),
        ({"made_up": None}, {}),
    ],
)
def test_nothing_differs(source: dict[str, object], merged: dict[str, object]) -> None:
    assert configs(source, merged) == {}
    assert configs(merged, source) == {}


@pytest.mark.parametrize(
    ("base", "source", "merged"),
    [
        (
            {"model_type": "qwen2", "num_hidden_layers": 2},
            {"use_sliding_window": False, "sliding_window": 32768, "max_window_layers": 28},
            {"use_sliding_window": False, "sliding_window": None},
        ),
        (
            {"model_type": "qwen2", "num_hidden_layers": 2},
            {},
            {"layer_types": ["full_attention", "full_attention"]},
        ),
        (
            {"model_type": "qwen2", "num_hidden_layers": 2},
            {"use_sliding_window": True, "max_window_layers": 1},
            {
                "use_sliding_window": True,
                "max_window_layers": 1,
                "layer_types": ["full_attention", "sliding_attention"],
            },
        ),
        (
            {"model_type": "gemma3_text", "num_hidden_layers": 3},
            {"sliding_window_pattern": 3},
            {"layer_types": ["sliding_attention", "sliding_attention", "full_attention"]},
        ),
        (
            {"model_type": "gemma3_text", "num_hidden_layers": 2},
            {"rope_theta": 1e6, "rope_local_base_freq": 1e4},
            {
                "rope_parameters": {
                    "full_attention": {"rope_type": "default", "rope_theta": 1e6},
                    "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
                }
            },
        ),
        ({"model_type": "mistral"}, {}, {"sliding_window": 4096}),
        ({"model_type": "gpt2"}, {"n_embd": 32}, {"hidden_size": 32}),
        (
            {"model_type": "gpt_neox"},
            {"rotary_emb_base": 5000},
            {"rope_parameters": {"rope_theta": 5000, "rope_type": "default"}},
        ),
        ({"model_type": "remote-code"}, {"layer_types": None}, {}),
        (
            {"model_type": "gpt_oss", "max_position_embeddings": 64},
            {"rope_scaling": {"type": "yarn", "factor": 2.0}},
            {
                "rope_parameters": {
                    "rope_type": "yarn",
                    "factor": 2.0,
                    "rope_theta": 150000.0,
                    "original_max_position_embeddings": 64,
                }
            },
        ),
        (
            {"model_type": "gemma3_text", "max_position_embeddings": 64},
            {"rope_scaling": {"type": "yarn", "factor": 2.0}},
            {
                "rope_parameters": {
                    "sliding_attention": {"rope_theta": 10000.0},
                    "full_attention": {
                        "rope_type": "yarn",
                        "factor": 2.0,
                        "rope_theta": 1000000.0,
                        "original_max_position_embeddings": 64,
                    },
                }
            },
        ),
        (
            {"model_type": "pixtral"},
            {"rope_theta": 1e4},
            {"rope_parameters": {"rope_type": "axial"}},
        ),
        (
            {"model_type": "zamba2"},
            {"layers_block_type": ["mamba", "hybrid"]},
            {"layers_block_type": ["linear_attention", "hybrid"]},
        ),
        ({"model_type": "deepseek_v3"}, {}, {"head_dim": 64, "qk_head_dim": 192}),
        (
            {"model_type": "pixtral"},
            {"rope_parameters": {"mrope_section": [1]}},
            {"rope_parameters": {"mrope_section": [1], "rope_type": "axial"}},
        ),
        (
            {"model_type": "gemma3n_text", "num_hidden_layers": 2},
            {},
            {"intermediate_size": [16384, 16384]},
        ),
        ({"model_type": "falcon_h1"}, {"mamba_d_head": "auto"}, {"mamba_d_head": 8}),
        ({"model_type": "llava"}, {}, {"vision_config": {"image_size": 336}}),
        ({"model_type": "gemma3"}, {"use_cache": True}, {}),
        (
            {"model_type": "remote-code", "num_hidden_layers": 2},
            {},
            {"layer_types": ["a", "b"]},
        ),
    ],
)
def test_nothing_differs_in_other_classes(
    base: dict[str, object], source: dict[str, object], merged: dict[str, object]
) -> None:
    assert configs(source, merged, base) == {}
    assert configs(merged, source, base) == {}


def test_the_type_of_the_weights_is_meant_where_none_is_said() -> None:
    tensors = {"a.weight": ("BF16", (4, 4)), "b.weight": ("F32", (1,))}
    said, silent = made({**LLAMA, "dtype": "bfloat16"}, tensors=tensors), made(tensors=tensors)
    assert differing(said, silent) == {}


def test_what_has_no_effect_is_folded_away_with_a_reason() -> None:
    found = compared(made({**LLAMA, "rope_theta": 5e5}), made({**LLAMA, "pretraining_tp": 4}))
    notes = {d.key: d.note for d in found.unchanged}
    assert notes == {"pretraining_tp": "no longer read by transformers"}
    assert all(d.effect is Effect.COSMETIC for d in found.unchanged)


def test_a_respelled_key_is_told_once_with_both_values() -> None:
    source = made({**LLAMA, "rope_theta": 5e5, "torch_dtype": "float16"})
    merged = made({**LLAMA, "rope_parameters": {"rope_theta": 5e5}, "dtype": "float16"})
    found = {d.key: d for d in compared(source, merged).unchanged}
    assert set(found) == {"dtype", "rope_parameters.rope_theta"}
    assert found["dtype"].note.endswith("(in source: torch_dtype)")
    assert (found["dtype"].source, found["dtype"].merged) == ("float16", "float16")


def test_a_default_written_out_is_folded_away() -> None:
    (found,) = compared(made(), made({**LLAMA, "use_cache": True})).unchanged
    assert (found.key, found.source, found.merged) == ("use_cache", ABSENT, True)
    assert found.note == "what a missing key means anyway"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [1.0, float("-inf")]])
def test_infinity_has_two_spellings(value: object) -> None:
    assert configs({"some_limit": value}, {"some_limit": value}) == {}


def test_infinity_as_transformers_5_writes_it() -> None:
    base = {"model_type": "mamba2"}
    tagged = {"time_step_limit": [0.0, {"__float__": "Infinity"}]}
    assert configs({"time_step_limit": [0.0, float("inf")]}, tagged, base) == {}
    assert configs({}, tagged, base) == {}


def test_a_leftover_that_chose_the_slow_kernel_once_is_told() -> None:
    (difference,) = configs({}, {"_attn_implementation_autoset": True}).values()
    assert difference.effect is Effect.SPEED
    assert "4.52" in difference.note
