"""Predicted memory; tests/live/test_truth_memory.py asks the library."""

from typing import Any

import pytest

from pairs import EVERY_DEFAULTS, made
from slowlens.facts.layers.memory import KvCache, kv_cache, memory, weights_size

LLAMA = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
}


def cache(config: dict[str, Any]) -> KvCache | None:
    return kv_cache(made(config), EVERY_DEFAULTS[5])


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LLAMA, KvCache(32 * 2 * 8 * 128)),
        ({**LLAMA, "head_dim": 64}, KvCache(32 * 2 * 8 * 64)),
        ({"model_type": "bloom", "n_embed": 64, "n_layer": 3}, KvCache(3 * 2 * 64)),
        ({"model_type": "gpt2"}, KvCache(12 * 2 * 12 * 64)),
        ({"model_type": "falcon", "multi_query": True}, KvCache(32 * 2 * 64)),
        ({"model_type": "mistral", "sliding_window": 9}, KvCache(0, 32 * 2 * 8 * 128, 8)),
        ({"model_type": "mistral", "sliding_window": None}, KvCache(0, 32 * 2 * 8 * 128, 4095)),
        (
            {"model_type": "gemma3_text", "num_hidden_layers": 6, "sliding_window": 9},
            KvCache(2 * 4 * 256, 5 * 2 * 4 * 256, 8),
        ),
        (
            {"model_type": "gemma3_text", "num_hidden_layers": 4, "sliding_window_pattern": 2,
             "sliding_window": 9},
            KvCache(2 * 2 * 4 * 256, 2 * 2 * 4 * 256, 8),
        ),
        ({"model_type": "deepseek_v3"}, KvCache(61 * (512 + 64))),
        ({"model_type": "deepseek_v3", "kv_lora_rank": None}, KvCache(61 * (512 + 64))),
        ({"model_type": "mamba", "num_hidden_layers": 2}, KvCache(0, 0, 0, 2 * 768 * 2 * 20)),
        (
            {"model_type": "jamba", "num_hidden_layers": 8},
            KvCache(2 * 8 * 128, 0, 0, 7 * 4096 * 2 * 20),
        ),
        (
            {"model_type": "nemotron_h", "hybrid_override_pattern": "M-*E", "num_hidden_layers": 4,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8},
            KvCache(2 * 2 * 8),
        ),
        ({"model_type": "falcon_h1", "num_hidden_layers": 2, "head_dim": 8,
          "num_key_value_heads": 2}, KvCache(2 * 2 * 2 * 8)),
        (
            {"model_type": "gemma3n_text", "num_hidden_layers": 5, "num_kv_shared_layers": 2,
             "layer_types": ["full_attention"] * 5},
            KvCache(3 * 2 * 2 * 256),
        ),
        ({"model_type": "qwen2", "num_hidden_layers": 4, "use_sliding_window": True,
          "max_window_layers": 3, "sliding_window": 9, "num_key_value_heads": 32},
         KvCache(3 * 2 * 4096, 2 * 4096, 8)),
        ({"model_type": "qwen2", "num_hidden_layers": 4, "sliding_window": 9,
          "max_window_layers": 0, "num_key_value_heads": 32}, KvCache(4 * 2 * 4096)),
        ({"model_type": "qwen2_5_vl", "num_hidden_layers": 2, "hidden_size": 64,
          "num_attention_heads": 4, "num_key_value_heads": 2}, KvCache(2 * 2 * 2 * 16)),
        ({"model_type": "llava", "text_config": {**LLAMA, "head_dim": 2}}, KvCache(32 * 2 * 8 * 2)),
        ({"model_type": "llava"}, KvCache(32 * 2 * 32 * 128)),
        ({"model_type": "own", "llm_config": LLAMA}, KvCache(32 * 2 * 8 * 128)),
        ({"model_type": "own", **{k: v for k, v in LLAMA.items() if k != "model_type"}},
         KvCache(32 * 2 * 8 * 128)),
    ],
)  # fmt: skip
def test_what_a_cache_keeps(config: dict[str, Any], expected: KvCache) -> None:
    assert cache(config) == expected


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "own"},
        {"model_type": "gemma4_text"},
        {"model_type": "t5"},
        {"model_type": "whisper"},
        {"model_type": "vision-encoder-decoder", "is_encoder_decoder": True, "decoder": LLAMA},
        {**LLAMA, "hidden_size": 8},
        {**LLAMA, "per_layer_config": {}},
        {**LLAMA, "layer_types": ["full_attention", "something new"]},
        {**LLAMA, "num_hidden_layers": 10**6},
        {"model_type": "own", "num_hidden_layers": 2, "hidden_size": 8},
        {"model_type": "own", "num_hidden_layers": 2, "num_attention_heads": 8},
        {"model_type": "own", "num_hidden_layers": 2, "kv_lora_rank": 8},
    ],
)
def test_what_is_not_known_is_not_guessed(config: dict[str, Any]) -> None:
    assert cache(config) is None


@pytest.mark.parametrize("value", ["8", None, [], {}, -1, True, 1.5, 10**30])
@pytest.mark.parametrize("key", [*LLAMA, "head_dim", "layer_types", "sliding_window_pattern"])
def test_any_type_of_value(key: str, value: Any) -> None:
    cache({**LLAMA, key: value})
    cache({"model_type": "llava", "text_config": {**LLAMA, key: value}})
    cache({"model_type": "jamba", key: value})


def test_a_window_bounds_what_is_kept() -> None:
    kept = KvCache(per_token=10, sliding=3, window=4, state=7)
    assert [kept.numbers(n) for n in (0, 2, 4, 100)] == [7, 33, 59, 1019]


def test_weights_in_the_dtype_that_they_are_loaded_in() -> None:
    tensors = {"a": ("F32", (8,)), "b": ("BF16", (4,)), "c": ("U8", (5,))}
    found = memory(made({**LLAMA, "dtype": "bfloat16"}, tensors=tensors), EVERY_DEFAULTS)
    assert (found.dtype, found.weights) == ("bfloat16", 16 + 8 + 5)
    assert found.kv_bytes(1) == 32 * 2 * 8 * 128 * 2
    assert weights_size(made(LLAMA, tensors=tensors), "float32") == 32 + 16 + 5


def test_what_does_not_load_or_does_not_write_text() -> None:
    assert memory(made({**LLAMA, "dtype": "bf16"}), EVERY_DEFAULTS).dtype == "float32"
    encoder = memory(made({"model_type": "bert", "dtype": "float16"}), EVERY_DEFAULTS)
    assert (encoder.kv_cache, encoder.kv_bytes(1000)) == (None, 0)
    assert memory(made(None), EVERY_DEFAULTS).kv_cache is None
