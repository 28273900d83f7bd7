"""config.json: what is a difference, and what only looks like one."""

from typing import Any

import pytest

from pairs import LLAMA, compared, configs, differing, made
from slowlens.facts.diff import Effect
from slowlens.jsonvalue import ABSENT

QWEN: dict[str, Any] = {"model_type": "qwen2_5_vl", "text_config": {"num_hidden_layers": 2}}
GEMMA: dict[str, Any] = {"model_type": "gemma3", "text_config": {"num_hidden_layers": 6}}


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
        ({}, {"_attn_implementation_autoset": True, "_name_or_path": "x"}),
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


@pytest.mark.parametrize(
    ("source", "merged", "key", "effect"),
    [
        ({"num_hidden_layers": 3}, {}, "num_hidden_layers", Effect.OUTPUT),
        ({"rope_theta": 5e5}, {}, "rope_theta", Effect.OUTPUT),
        (
            {"rope_theta": 500000.0},
            {"rope_parameters": {"rope_theta": 10000.0}},
            "rope_parameters.rope_theta",
            Effect.OUTPUT,
        ),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, {}, "rope_scaling", Effect.OUTPUT),
        ({}, {"use_cache": None}, "use_cache", Effect.SPEED),
        ({}, {"use_cache": "false"}, "use_cache", Effect.SPEED),
        ({"tie_word_embeddings": True}, {}, "tie_word_embeddings", Effect.OUTPUT),
        ({"vocab_size": 100}, {"vocab_size": 101}, "vocab_size", Effect.OUTPUT),
        ({}, {"attn_implementation": "eager"}, "attn_implementation", Effect.SPEED),
        ({}, {"output_attentions": True}, "output_attentions", Effect.MEMORY),
        (
            {},
            {"quantization_config": {"quant_method": "fp8", "bits": 8}},
            "quantization_config",
            Effect.SPEED,
        ),
        ({"dtype": "bfloat16"}, {"dtype": "float32"}, "dtype", Effect.SPEED),
        ({"dtype": "float32"}, {"dtype": "bfloat16"}, "dtype", Effect.MEMORY),
        ({"dtype": "bfloat16"}, {"dtype": "float16"}, "dtype", Effect.OUTPUT),
        (
            {"torch_dtype": "bfloat16"},
            {"dtype": "bfloat16", "torch_dtype": "float32"},
            "torch_dtype",
            Effect.SPEED,
        ),
        ({"architectures": ["A"]}, {"architectures": ["B"]}, "architectures", Effect.COSMETIC),
        ({}, {"unheard_of": 1}, "unheard_of", Effect.COSMETIC),
        ({"pad_token_id": 1}, {}, "pad_token_id", Effect.COSMETIC),
        (
            {"num_attention_heads": 32},
            {"num_attention_heads": 32, "num_key_value_heads": 8},
            "num_key_value_heads",
            Effect.OUTPUT,
        ),
    ],
)
def test_one_difference(
    source: dict[str, object], merged: dict[str, object], key: str, effect: Effect
) -> None:
    found = configs(source, merged)
    assert list(found) == [key]
    assert found[key].effect is effect
    assert found[key].note


def test_true_and_one_are_not_the_same() -> None:
    assert list(configs({"use_cache": True}, {"use_cache": 1})) == ["use_cache"]


def test_null_is_not_the_default_where_the_class_tells_them_apart() -> None:
    found = configs({}, {"sliding_window": None}, {"model_type": "mistral"})
    assert found["sliding_window"].merged is None
    assert "absent means 4096" in found["sliding_window"].note


def test_a_value_is_shown_as_the_file_says_it() -> None:
    found = configs({"eos_token_id": [3, 2]}, {"eos_token_id": [2]})["eos_token_id"]
    assert (found.source, found.merged) == ([3, 2], [2])


def test_an_absent_value_stays_absent_and_the_note_says_what_it_means() -> None:
    found = configs({"rope_theta": 5e5}, {})["rope_theta"]
    assert found.merged is ABSENT
    assert "absent means 10000.0" in found.note


def test_an_unknown_class_has_no_defaults() -> None:
    base = {"model_type": "remote-code"}
    assert list(configs({}, {"use_cache": True}, base)) == ["use_cache"]
    assert configs({}, {"window_trick": 1}, base)["window_trick"].effect is Effect.OUTPUT


class TestGenerationKeysInConfig:
    def test_an_ordinary_generation_config_leaves_use_cache_to_bare_loops(self) -> None:
        found = configs({"use_cache": True}, {"use_cache": False})["use_cache"]
        assert found.effect is Effect.SPEED
        assert found.note.startswith("only for loops of one's own")

    def test_without_one_generate_reads_it_here(self) -> None:
        source, merged = made(generation=None), made({**LLAMA, "use_cache": False}, None)
        found = differing(source, merged)["use_cache"]
        assert "generate() reads it here" in found.note

    def test_a_flagged_one_may_be_thrown_away(self) -> None:
        flagged = {"eos_token_id": 2, "_from_model_config": True}
        source, merged = made(), made({**LLAMA, "use_cache": False}, flagged)
        found = differing(source, merged)["use_cache"]
        assert "transformers 4 may throw generation_config.json away" in found.note

    def test_eos_of_config_is_cosmetic_beside_an_ordinary_generation_config(self) -> None:
        assert configs({}, {"eos_token_id": 0})["eos_token_id"].effect is Effect.COSMETIC

    def test_eos_of_config_is_length_without_one(self) -> None:
        found = differing(made(generation=None), made({**LLAMA, "eos_token_id": 0}, None))
        assert found["eos_token_id"].effect is Effect.LENGTH

    def test_beams_of_config_are_not_read(self) -> None:
        assert configs({}, {"num_beams": 4})["num_beams"].effect is Effect.COSMETIC


class TestNested:
    def test_flat_text_keys_are_the_nested_ones(self) -> None:
        flat = {"model_type": "qwen2_5_vl", "num_hidden_layers": 2, "rope_theta": 1e6}
        nested = {
            "model_type": "qwen2_5_vl",
            "text_config": {
                "model_type": "qwen2_5_vl_text",
                "num_hidden_layers": 2,
                "rope_parameters": {"rope_theta": 1e6, "rope_type": "default"},
            },
        }
        assert differing(made(flat), made(nested)) == {}

    def test_both_at_once_are_not_a_difference_either(self) -> None:
        twice = {**QWEN, "num_hidden_layers": 2, "vocab_size": 9, "hidden_size": 8}
        twice["text_config"] = {"num_hidden_layers": 2, "vocab_size": 9, "hidden_size": 8}
        once = {**QWEN, "text_config": twice["text_config"]}
        assert differing(made(twice), made(once)) == {}

    def test_use_cache_at_the_top_may_contradict_the_text_part(self) -> None:
        text = {**QWEN["text_config"], "use_cache": True}
        found = configs({}, {"use_cache": False, "text_config": text}, QWEN)
        assert list(found) == ["use_cache"]

    @pytest.mark.parametrize("base", [QWEN, GEMMA])
    def test_use_cache_of_the_text_part(self, base: dict[str, Any]) -> None:
        off = {**base, "text_config": {**base["text_config"], "use_cache": False}}
        found = differing(made(base), made(off))
        assert list(found) == ["text_config.use_cache"]
        assert found["text_config.use_cache"].effect is Effect.SPEED

    def test_use_cache_at_the_top_wins_over_the_text_part(self) -> None:
        text = {**GEMMA["text_config"], "use_cache": False}
        found = configs({}, {"use_cache": True}, {**GEMMA, "text_config": text})
        assert found["use_cache"].note.endswith("absent means false")

    def test_the_tie_of_the_text_part_is_that_of_the_whole(self) -> None:
        tied = {**QWEN, "text_config": {"num_hidden_layers": 2, "tie_word_embeddings": True}}
        assert differing(made(tied), made({**QWEN, "tie_word_embeddings": True})) == {}
        assert list(differing(made(tied), made(QWEN))) == ["text_config.tie_word_embeddings"]

    def test_the_type_of_the_parts_is_that_of_the_whole(self) -> None:
        deep = {"num_hidden_layers": 6, "dtype": "bfloat16"}
        merged = {"dtype": "bfloat16", "text_config": deep}
        assert configs({"torch_dtype": "bfloat16"}, merged, GEMMA) == {}

    def test_a_part_of_another_type_is_told(self) -> None:
        merged = {"text_config": {"num_hidden_layers": 6, "dtype": "float32"}}
        found = configs({}, merged, {**GEMMA, "dtype": "bfloat16"})
        assert list(found) == ["text_config.dtype"]

    def test_a_part_that_is_gone_is_one_difference(self) -> None:
        vision = {"vision_config": {"hidden_size": 5, "num_hidden_layers": 3}}
        found = configs(vision, {}, GEMMA)
        assert list(found) == ["vision_config"]
        assert found["vision_config"].source == vision["vision_config"]

    def test_a_part_with_nothing_but_defaults_may_be_left_out(self) -> None:
        assert configs({"vision_config": {"model_type": "siglip_vision_model"}}, {}, GEMMA) == {}

    def test_a_part_that_is_there_is_not_given_what_a_missing_one_is(self) -> None:
        base = {"model_type": "llava"}
        some = {"vision_config": {"hidden_size": 5}}
        more = {"vision_config": {"hidden_size": 5, "image_size": 336}}
        assert list(configs(some, more, base)) == ["vision_config.image_size"]

    def test_a_part_of_the_parent_s_name_is_still_the_part(self) -> None:
        old = {"vision_config": {"model_type": "qwen2_5_vl", "depth": 32}}
        new = {"vision_config": {"model_type": "qwen2_5_vl_vision"}}
        assert configs(old, new, QWEN) == {}

    def test_layers_of_the_wrong_number_are_told(self) -> None:
        merged = {"text_config": {"num_hidden_layers": 6, "layer_types": ["full_attention"]}}
        assert list(configs({}, merged, GEMMA)) == ["text_config.layer_types"]


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


def test_a_mapping_of_the_file_is_not_mixed_with_that_of_the_class() -> None:
    found = configs({"offsets": {"score": 2}}, {"offsets": {"choice": 8}}, {"model_type": "jev"})
    assert set(found) == {"offsets.score", "offsets.choice"}


def test_two_thetas_in_one_file_that_disagree() -> None:
    base = {"model_type": "llama", "rope_parameters": {"rope_theta": 5, "rope_type": "default"}}
    assert list(configs({}, {"rope_theta": 77}, base)) == ["rope_theta"]
    assert configs({}, {"rope_theta": 5}, base) == {}


def test_rope_of_an_unknown_class() -> None:
    told = {"rope_parameters": {"rope_theta": 5, "rope_type": "default"}}
    assert configs({"rope_theta": 5}, told, {"model_type": "remote-code"}) == {}


def test_layers_of_an_unknown_class_must_be_as_many_as_there_are() -> None:
    base = {"model_type": "remote-code", "num_hidden_layers": 2}
    assert list(configs({}, {"layer_types": ["a"]}, base)) == ["layer_types"]


def test_a_part_that_moved_is_not_folded_away_as_a_whole() -> None:
    flat = {"model_type": "qwen2_5_vl", "vocab_size": 9}
    text = {"vocab_size": 9, "attention_dropout": 0.0}
    found = compared(made(flat), made({"model_type": "qwen2_5_vl", "text_config": text}))
    assert {d.key for d in found.unchanged} == {
        "text_config.vocab_size",
        "text_config.attention_dropout",
    }
