"""Rotary positions, windows and attention kernels as each version reads them."""

from typing import Any

import pytest

from pairs import EVERY_DEFAULTS, made, merged_of
from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.layers.rope import ropes_read
from slowlens.facts.layers.windows import Layers
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import DEFAULT, Setting

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
LINEAR = {"rope_type": "linear", "factor": 8.0}
NEW = {"rope_theta": 5e5, "rope_type": "default"}


def settings(name: str, model_type: str = "llama", **config: Any) -> dict[Runtime, Setting]:
    return dict(merged_of(made({"model_type": model_type, **config})).settings.get(name, {}))


def said(name: str, model_type: str = "llama", **config: Any) -> list[tuple[Any, str]]:
    found = settings(name, model_type, **config)
    return [(found[runtime].value, found[runtime].decided_by) for runtime in (V4, V5)]


def test_the_new_key_is_for_transformers_5_alone() -> None:
    assert said("rope_theta", rope_parameters=NEW) == [(10000.0, DEFAULT), (5e5, CONFIG)]
    assert said("rope_scaling", rope_parameters=NEW) == [(None, DEFAULT), (None, CONFIG)]
    assert said("rope_theta", rope_theta=5e5) == [(5e5, CONFIG)] * 2
    assert said("rope_theta") == [(10000.0, DEFAULT)] * 2


def test_what_rope_scaling_holds_is_not_for_transformers_4() -> None:
    inside = {**LINEAR, "rope_theta": 5e5}
    assert said("rope_theta", rope_scaling=inside) == [(10000.0, DEFAULT), (5e5, CONFIG)]


def test_scaling_is_told_in_a_few_words() -> None:
    assert said("rope_scaling", rope_scaling=LINEAR) == [("linear, factor 8.0", CONFIG)] * 2
    unmeasured = {"rope_type": "longrope", "short_factor": [1.0]}
    assert said("rope_scaling", rope_scaling=unmeasured) == [("longrope", CONFIG)] * 2
    sections = {"type": "mrope", "mrope_section": [16, 24, 24]}
    told = said("rope_scaling", "qwen2_5_vl", rope_scaling=sections)
    assert told == [("mrope", CONFIG)] * 2


def test_kinds_of_layers_share_a_line() -> None:
    gemma = {"text_config": {"rope_scaling": LINEAR}}
    assert (
        said("rope_theta", "gemma3", **gemma) == [("full 1000000.0; sliding 10000.0", DEFAULT)] * 2
    )
    told = said("rope_scaling", "gemma3", **gemma)
    assert told == [("full linear, factor 8.0; sliding default", CONFIG)] * 2


def test_a_model_without_rotary_positions_has_no_such_setting() -> None:
    for name in ("rope_theta", "rope_scaling", "sliding_window"):
        assert not settings(name, "gpt2")


def test_rope_scaling_replaces_what_stands_beside_it() -> None:
    config = {"model_type": "llama", "rope_scaling": LINEAR, "rope_parameters": NEW}
    (rope,) = ropes_read(config, 5, EVERY_DEFAULTS[5])
    assert (rope.theta, rope.scaling) == (10000.0, LINEAR)
    kinds = {"full_attention": NEW, "sliding_attention": NEW}
    nested = {"model_type": "gemma3_text", "rope_scaling": LINEAR, "rope_parameters": kinds}
    full, sliding = ropes_read(nested, 5, EVERY_DEFAULTS[5])
    assert (full.theta, full.scaling) == (5e5, LINEAR)
    assert sliding.type == "default"


def layers(model_type: str, **config: Any) -> Layers:
    return merged_of(made({"model_type": model_type, **config})).layers


def test_the_window_and_who_decided_it() -> None:
    default = settings("sliding_window", "mistral")[V4]
    assert default == Setting(4096, DEFAULT, "in 32 of 32 layers")
    assert settings("sliding_window", "mistral", sliding_window=None)[V5] == Setting(None, CONFIG)
    assert not settings("sliding_window", "phi3")


@pytest.mark.parametrize(
    ("model_type", "config", "experts"),
    [
        ("qwen3_moe", {}, 128),
        ("mixtral", {"num_local_experts": 4}, 4),
        ("deepseek_v3", {}, 256),
        ("of_my_own", {"moe_num_experts": 16}, 16),
        ("llama", {}, 0),
        ("llama", {"num_experts": "8", "num_local_experts": True}, 0),
    ],
)
def test_how_many_experts(model_type: str, config: dict[str, Any], experts: int) -> None:
    assert layers(model_type, **config).experts == experts


def test_the_text_part_is_meant_nested_or_not() -> None:
    flat = layers("qwen2_5_vl", num_hidden_layers=3, max_position_embeddings=99)
    nested = layers("qwen2_5_vl", text_config={"num_hidden_layers": 3})
    assert (flat.at, flat.count, flat.longest) == ((), 3, 99)
    assert (nested.at, nested.count) == (("text_config",), 3)


def test_other_names_of_the_same_key_count() -> None:
    assert layers("gpt2", n_layer=5).count == 5


def test_kinds_of_other_names_keep_theirs() -> None:
    def by_kind(**config: Any) -> dict[str, Any]:
        values = {"model_type": "deepseek_v4", **config}
        return {rope.kind: rope.computes for rope in ropes_read(values, 5, EVERY_DEFAULTS[5])}

    main = {"rope_theta": 1e4, "partial_rotary_factor": 0.125}
    assert by_kind(rope_theta=1e4, rope_parameters={"main": main}) == by_kind()
