"""config.json of models with parts: what is said at the top and what in the parts."""

from typing import Any

import pytest

from pairs import GEMMA, QWEN, compared, configs, differing, made
from slowlens.facts.difference import Effect


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


def test_a_part_that_moved_is_not_folded_away_as_a_whole() -> None:
    flat = {"model_type": "qwen2_5_vl", "vocab_size": 9}
    text = {"vocab_size": 9, "attention_dropout": 0.0}
    found = compared(made(flat), made({"model_type": "qwen2_5_vl", "text_config": text}))
    assert {d.key for d in found.unchanged} == {
        "text_config.vocab_size",
        "text_config.attention_dropout",
    }
