"""A model that is quick to make, for benchmarks of what goes on around a step."""

from pathlib import Path


def tiny_llama(folder: Path) -> Path:
    """Save a random Llama whose step takes about a millisecond; return its folder."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=512,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder
