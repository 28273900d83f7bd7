"""What a missing key means."""

import pytest

from slowlens.facts.defaults import ClassDefaults, TypeDefaults
from slowlens.gather.defaults import read_defaults
from slowlens.jsonvalue import ABSENT

SOME = ClassDefaults(
    version="5.0.0",
    shared={"dtype": None},
    types={
        "seer": TypeDefaults(
            {"tie_word_embeddings": True}, parts={"text_config": "seer_text", "eye": "lens"}
        ),
        "seer_text": TypeDefaults({"use_cache": True, "n_layer": 6}, aliases={"layers": "n_layer"}),
        "reader": TypeDefaults({"use_cache": False}),
    },
)


def test_a_key_of_the_class() -> None:
    assert SOME.value("seer_text", "use_cache") is True


def test_a_key_that_all_classes_share_is_null_not_absent() -> None:
    assert SOME.value("seer_text", "dtype") is None


def test_a_key_that_the_class_does_not_have_is_absent() -> None:
    assert SOME.value("seer", "use_cache") is ABSENT


def test_an_unknown_type_says_nothing_not_even_what_all_share() -> None:
    assert SOME.value("remote-code", "dtype") is ABSENT
    assert SOME.of("remote-code") is None


def test_another_name_of_the_same_key() -> None:
    assert SOME.value("seer_text", "layers") == 6


def test_a_nested_config_has_the_type_that_its_parent_expects() -> None:
    config = {"model_type": "seer", "text_config": {}}
    assert SOME.type_at(config, ("text_config",)) == "seer_text"
    assert SOME.value_at(config, ("text_config", "use_cache")) is True


def test_a_nested_config_may_name_another_type() -> None:
    config = {"model_type": "seer", "text_config": {"model_type": "reader"}}
    assert SOME.value_at(config, ("text_config", "use_cache")) is False


@pytest.mark.parametrize("written", ["seer", "nobody-knows-it", 7])
def test_a_nested_type_that_cannot_be_is_not_believed(written: object) -> None:
    config = {"model_type": "seer", "text_config": {"model_type": written}}
    assert SOME.type_at(config, ("text_config",)) == "seer_text"


def test_the_nested_type_of_an_unknown_model_is_its_own_word() -> None:
    config = {"model_type": "x", "text_config": {"model_type": "reader"}, "other": {}}
    assert SOME.value_at(config, ("text_config", "use_cache")) is False
    assert SOME.type_at(config, ("other",)) == ""


@pytest.mark.parametrize("major", [4, 5])
def test_what_the_resolver_asks_of_every_version(major: int) -> None:
    defaults = read_defaults(major)
    assert defaults.version.startswith(f"{major}.")
    assert defaults.value("llama", "use_cache") is True
    assert defaults.value("llama", "eos_token_id") == 2
    assert defaults.value("bart", "forced_eos_token_id") == 2
    assert defaults.generation["num_beams"] == 1
    assert defaults.generation["max_length"] == 20
    gemma = {"model_type": "gemma3", "text_config": {}}
    assert defaults.value_at(gemma, ("text_config", "use_cache")) is True
    assert defaults.value_at(gemma, ("text_config", "eos_token_id")) == 1
    assert defaults.value_at(gemma, ("use_cache",)) is ABSENT


def test_versions_differ_in_what_a_missing_key_means() -> None:
    four, five = read_defaults(4), read_defaults(5)
    assert four.value("llava", "tie_word_embeddings") is True
    assert five.value("llava", "tie_word_embeddings") is False
    assert four.value("llama", "num_beams") == 1
    assert five.value("llama", "num_beams") is ABSENT


def test_a_default_that_follows_from_other_keys_is_null() -> None:
    defaults = read_defaults(5)
    for key in ("head_dim", "num_key_value_heads"):
        assert defaults.value("llama", key) is None
    assert defaults.value("mistral", "num_key_value_heads") == 8
    assert defaults.value("qwen2", "layer_types") is None


def test_a_derivation_that_is_no_simple_formula_is_marked() -> None:
    row = read_defaults(5).of("deepseek_v3")
    assert row is not None
    assert "head_dim" in row.derived
    assert row.values["head_dim"] is None


def test_what_a_parent_gives_a_part_that_is_left_out() -> None:
    row = read_defaults(5).of("llava")
    assert row is not None
    assert row.given["vision_config"]["image_size"] == 336


def test_the_layers_of_a_class_repeat() -> None:
    row = read_defaults(5).of("gemma3_text")
    assert row is not None
    assert row.layers == ("sliding_attention",) * 5 + ("full_attention",)


def test_a_model_that_takes_its_text_keys_flat() -> None:
    qwen, gemma = (read_defaults(5).of(name) for name in ("qwen2_5_vl", "gemma3"))
    assert qwen is not None
    assert qwen.flat == "text_config"
    assert gemma is not None
    assert gemma.flat == ""


@pytest.mark.parametrize(("asked", "given"), [(3, "4"), (6, "5")])
def test_an_unknown_version_gets_the_nearest(asked: int, given: str) -> None:
    assert read_defaults(asked).version.startswith(given)


@pytest.mark.parametrize("major", [4, 5])
def test_every_line_of_the_data_can_be_read(major: int) -> None:
    types = read_defaults(major).types
    assert len(types) > 400
    assert all(types[name].values is not None for name in types)


@pytest.mark.parametrize("name", ["types", "shared", "generation", 'llama": {', "", "lla"])
def test_only_a_whole_name_of_a_type_is_found(name: str) -> None:
    assert read_defaults(5).of(name) is None
