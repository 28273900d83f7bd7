"""Tiny checkpoints of many families, by the settings in which they differ from Llama."""

from pathlib import Path
from typing import Any

import transformers

from live import tiny

EXPERTS = {"moe_intermediate_size": 32, "num_experts": 8, "num_experts_per_tok": 2}
GEMMA = {"head_dim": 16, "sliding_window": 64, "tie_word_embeddings": True}
STATES = {"mamba_d_state": 8, "mamba_d_conv": 4, "mamba_expand": 2}

FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", {}),
    "gemma2": ("Gemma2Config", "Gemma2ForCausalLM", GEMMA),
    "gemma3": ("Gemma3TextConfig", "Gemma3ForCausalLM", GEMMA),
    "phi3": ("Phi3Config", "Phi3ForCausalLM", {}),
    "mistral": ("MistralConfig", "MistralForCausalLM", {"sliding_window": 64}),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", {}),
    "qwen3": ("Qwen3Config", "Qwen3ForCausalLM", {"head_dim": 16}),
    "qwen3_moe": ("Qwen3MoeConfig", "Qwen3MoeForCausalLM", {"head_dim": 16} | EXPERTS),
    "mixtral": ("MixtralConfig", "MixtralForCausalLM", {"num_local_experts": 4}),
}
STATEFUL: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mamba": ("MambaConfig", "MambaForCausalLM", {"state_size": 8}),
    "mamba2": (
        "Mamba2Config",
        "Mamba2ForCausalLM",
        {"num_heads": 8, "head_dim": 16, "state_size": 8, "n_groups": 1, "expand": 2},
    ),
    "falcon_h1": (
        "FalconH1Config",
        "FalconH1ForCausalLM",
        {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1}
        | {"mamba_d_state": 8, "head_dim": 16},
    ),
    "jamba": (
        "JambaConfig",
        "JambaForCausalLM",
        STATES
        | {"mamba_dt_rank": 8, "use_mamba_kernels": False, "attn_layer_period": 2}
        | {"attn_layer_offset": 1, "expert_layer_period": 2, "expert_layer_offset": 1}
        | {"num_experts": 2, "num_experts_per_tok": 1},
    ),
}
"""Those whose cache holds states as well as, or instead of, keys and values."""


def text_model(family: str, **changes: Any) -> Any:
    """Return a random model of a family, in memory."""
    config, model, settings = (FAMILIES | STATEFUL)[family]
    settings = tiny.text_settings(tiny.tokenizer(), **settings | changes)
    return getattr(transformers, model)(getattr(transformers, config)(**settings))


def text(family: str, folder: Path, generation_config: dict[str, Any] | None = None) -> Path:
    """Write a checkpoint of a family."""
    return tiny.save(text_model(family), folder, generation_config)


def t5(folder: Path, generation_config: dict[str, Any] | None = None) -> Path:
    """Write an encoder-decoder checkpoint."""
    config = transformers.T5Config(
        vocab_size=len(tiny.tokenizer()),
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=258,
    )
    return tiny.save(transformers.T5ForConditionalGeneration(config), folder, generation_config)
