"""config.json: what is a difference, and what it has an effect on."""

import pytest

from pairs import LLAMA, configs, differing, made
from slowlens.facts.difference import Effect
from slowlens.jsonvalue import ABSENT


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
