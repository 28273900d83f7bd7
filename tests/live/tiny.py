"""Tiny checkpoints with random weights and a real byte-level tokenizer, made without downloads."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    PreTrainedTokenizerFast,
)

END = "<|im_end|>"
SPECIAL = ["<|endoftext|>", "<|im_start|>", END]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer() -> Any:
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(BPE(vocab={s: i for i, s in enumerate(symbols)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=END,
        pad_token=SPECIAL[0],
        chat_template=TEMPLATE,
        model_input_names=["input_ids", "attention_mask"],
    )


def text_settings(tokens: Any, **changes: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokens),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "bos_token_id": None,
        "eos_token_id": tokens.convert_tokens_to_ids(END),
        "pad_token_id": 256,
        "tie_word_embeddings": False,
    } | changes


def save(model: Any, folder: Path, generation_config: dict[str, Any] | None) -> Path:
    """Write ``model`` and the tokenizer; ``generation_config`` None deletes that file."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.08)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    file = folder / "generation_config.json"
    file.unlink(missing_ok=True)
    if generation_config is not None:
        file.write_text(json.dumps(generation_config))
    return folder


def llama(folder: Path, generation_config: dict[str, Any] | None = None, **changes: Any) -> Path:
    settings = text_settings(tokenizer(), **changes)
    return save(LlamaForCausalLM(LlamaConfig(**settings)), folder, generation_config)


def llava(folder: Path, generation_config: dict[str, Any] | None = None) -> Path:
    """Write a composite checkpoint: its text settings are nested, its class is no causal LM."""
    text = LlamaConfig(**text_settings(tokenizer()))
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    config = LlavaConfig(text_config=text, vision_config=vision, image_token_id=257)
    return save(LlavaForConditionalGeneration(config), folder, generation_config)
