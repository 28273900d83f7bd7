"""The predicted key-value cache and weights against the cache of tiny random models."""

import json
from pathlib import Path
from typing import Any

import pytest

from slowlens.facts.layers.memory import kv_cache, memory
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
DEFAULTS = {major: read_defaults(major) for major in (4, 5)}
LENGTHS = (3, 9)
TEXT = {
    "vocab_size": 64, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 4,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 16}
MLA = {
    "kv_lora_rank": 8, "q_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 8,
    "v_head_dim": 8, "n_routed_experts": 4, "n_group": 1, "topk_group": 1, **EXPERTS,
    "num_key_value_heads": 4,
}  # fmt: skip
LINEAR = {
    "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 8,
    "linear_value_head_dim": 8, "num_experts": 4, "head_dim": 8, **EXPERTS,
    "shared_expert_intermediate_size": 16,
}  # fmt: skip
EVERYWHERE: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", {}),
    "llama with heads of its own": ("LlamaConfig", {"head_dim": 16}),
    "qwen2": ("Qwen2Config", {"sliding_window": 4, "use_sliding_window": False}),
    "gpt2": ("GPT2Config", {"n_embd": 32, "n_layer": 3, "n_head": 4}),
    "falcon": ("FalconConfig", {"multi_query": True}),
    "gpt_neox, which does not know shared heads": ("GPTNeoXConfig", {}),
    "phi3": ("Phi3Config", {"sliding_window": None}),
}
ONLY_5: dict[str, tuple[str, dict[str, Any]]] = {
    "mistral": ("MistralConfig", {"sliding_window": 5}),
    "qwen2 that slides": (
        "Qwen2Config",
        {"sliding_window": 5, "use_sliding_window": True, "max_window_layers": 1},
    ),
    "gemma2": ("Gemma2Config", {"sliding_window": 5, "head_dim": 8}),
    "gemma3": ("Gemma3TextConfig", {"sliding_window": 5, "num_hidden_layers": 7, "head_dim": 8}),
    "gpt_oss": ("GptOssConfig", {"sliding_window": 5, "num_local_experts": 4, "head_dim": 8}),
    "deepseek_v3": ("DeepseekV3Config", MLA),
    "qwen3_next": ("Qwen3NextConfig", LINEAR),
    "lfm2": ("Lfm2Config", {"full_attn_idxs": [1, 3]}),
}
"""Kept in another way by transformers 4: all tokens, or decompressed."""


def built(name: str, changes: dict[str, Any]) -> Any:
    torch.set_num_threads(1)
    kind = getattr(transformers, name, None)
    if kind is None:
        pytest.skip(f"{name} is not in transformers {transformers.__version__}")
    old = {"n_embd", "n_layer"} & changes.keys()
    settings = {k: v for k, v in TEXT.items() if not (old and k.startswith("num_"))}
    config = kind(**(settings | changes))
    return transformers.AutoModelForCausalLM.from_config(config).eval()


def kept(model: Any, tokens: int) -> tuple[int, int]:
    """Numbers of keys and values, and of states, after reading ``tokens`` tokens."""
    ids = torch.randint(3, 60, (1, tokens))
    with torch.no_grad():
        cache = model(input_ids=ids, use_cache=True).past_key_values
    layers = getattr(cache, "layers", None)
    if layers is None:
        return sum(keys.numel() + values.numel() for keys, values, *_ in cache), 0
    found = [getattr(layer, "keys", None) for layer in layers]
    pairs = [(k, layer.values) for k, layer in zip(found, layers, strict=True) if k is not None]
    states = [
        state
        for layer in layers
        for name in ("conv_states", "recurrent_states")
        for state in (getattr(layer, name, None) or {}).values()
        if state is not None
    ]
    return sum(k.numel() + v.numel() for k, v in pairs), sum(state.numel() for state in states)


@pytest.mark.parametrize("case", [*EVERYWHERE, *ONLY_5])
def test_the_cache_is_as_large_as_predicted(case: str, tmp_path: Path) -> None:
    if case in ONLY_5 and MAJOR < 5:
        pytest.skip("what transformers 5 keeps is predicted")
    model = built(*(EVERYWHERE | ONLY_5)[case])
    model.save_pretrained(tmp_path)
    predicted = kv_cache(read_checkpoint(tmp_path), DEFAULTS[5])
    assert predicted is not None
    for tokens in LENGTHS:
        keys, states = kept(model, tokens)
        assert predicted.numbers(tokens) - predicted.state == keys
        if predicted.state:  # where it is known
            assert predicted.state == states


def test_a_part_of_a_composite_model_is_found(tmp_path: Path) -> None:
    text = transformers.LlamaConfig(**TEXT)
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        image_size=16, patch_size=8,
    )  # fmt: skip
    config = transformers.LlavaConfig(text_config=text, vision_config=vision)
    config.save_pretrained(tmp_path)
    predicted = kv_cache(read_checkpoint(tmp_path), DEFAULTS[5])
    assert predicted is not None
    keys, _ = kept(built("LlamaConfig", {}), 9)
    assert predicted.numbers(9) == keys


def test_what_the_class_adds_to_an_empty_config_is_known(tmp_path: Path) -> None:
    """A checkpoint that names its type alone has the heads and layers of its class."""
    for model_type in ("llama", "qwen2", "mistral", "gpt2", "gemma3_text", "deepseek_v3"):
        config = transformers.AutoConfig.for_model(model_type)
        (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
        bare = kv_cache(read_checkpoint(tmp_path), DEFAULTS[MAJOR])
        (tmp_path / "config.json").write_text(config.to_json_string(use_diff=False))
        full = kv_cache(read_checkpoint(tmp_path), DEFAULTS[MAJOR])
        assert bare == full
        assert bare is not None


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_the_weights_are_as_large_as_predicted(dtype: str, tmp_path: Path) -> None:
    model = built("LlamaConfig", {}).to(getattr(torch, dtype))
    model.save_pretrained(tmp_path)
    predicted = memory(read_checkpoint(tmp_path), DEFAULTS)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, torch_dtype="auto")
    assert predicted.dtype == dtype
    assert predicted.weights == sum(p.numel() * p.element_size() for p in loaded.parameters())
    keys, _ = kept(loaded, 9)
    assert predicted.kv_bytes(9) == keys * loaded.dtype.itemsize
