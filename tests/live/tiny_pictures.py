"""Tiny checkpoints that look at pictures, with random weights, made without downloads."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

SPECIAL = (
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>"),
)
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
FAMILIES = {
    "qwen2_vl": "Qwen2VLForConditionalGeneration",
    "qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration",
    "qwen3_vl": "Qwen3VLForConditionalGeneration",
}
HERE = [name for name, kind in FAMILIES.items() if hasattr(transformers, kind)]
"""Families that the installed version knows."""
PATCH = {"qwen3_vl": 16}


def tokenizer(template: str | None = TEMPLATE) -> Any:
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(BPE(vocab={s: i for i, s in enumerate(symbols)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[0],
        chat_template=template,
        model_input_names=["input_ids", "attention_mask"],
    )


def settings(family: str) -> dict[str, Any]:
    """Return a config.json; the families differ in where text settings are and in the tower."""
    ids = {name: 256 + number for number, name in enumerate(SPECIAL)}
    text = {
        "vocab_size": 256 + len(SPECIAL),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 4096,
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "rope_theta": 10_000.0,
        "rope_scaling": {"rope_type": "default", "type": "mrope", "mrope_section": [2, 3, 3]},
        "tie_word_embeddings": False,
    }
    vision = {
        "depth": 2,
        "hidden_size": 64,
        "embed_dim": 64,
        "intermediate_size": 96,
        "num_heads": 4,
        "in_channels": 3,
        "patch_size": PATCH.get(family, 14),
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "window_size": 112,
        "out_hidden_size": 64,
        "fullatt_block_indexes": [1],
        "deepstack_visual_indexes": [0],
        "num_position_embeddings": 256,
    }
    common = {
        "architectures": [FAMILIES[family]],
        "model_type": family,
        "torch_dtype": "float32",
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "tie_word_embeddings": False,
        "vision_config": vision,
    }
    return {**common, "text_config": text} if family == "qwen3_vl" else {**text, **common}


def qwen(
    folder: Path, family: str, pixels: int = 28 * 28 * 64, template: str | None = TEMPLATE
) -> Path:
    """Write weights, tokenizer and the image processor's file; ``pixels``: the most per picture."""
    (folder / "config.json").write_text(json.dumps(settings(family)))
    config = transformers.AutoConfig.from_pretrained(folder)
    torch.manual_seed(0)
    model = getattr(transformers, FAMILIES[family])(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.08)
    model.save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    reader = {
        "image_processor_type": "Qwen2VLImageProcessor",
        "processor_class": FAMILIES[family].replace("ForConditionalGeneration", "Processor"),
        "patch_size": PATCH.get(family, 14),
        "merge_size": 2,
        "temporal_patch_size": 2,
        "min_pixels": 56 * 56,
        "max_pixels": pixels,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(reader))
    return folder


def llava(folder: Path, template: str | None = None) -> Path:
    """Write a family whose processor loads without torchvision: a picture is four tokens."""
    words = tokenizer(template)
    words.add_special_tokens({"additional_special_tokens": ["<image>"]})
    text = transformers.LlamaConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
    )
    vision = transformers.CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
    )
    config = transformers.LlavaConfig(
        text_config=text, vision_config=vision, image_token_index=len(words) - 1
    )
    torch.manual_seed(0)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    reader = {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": 28},
        "crop_size": {"height": 28, "width": 28},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(reader))
    whole = {
        "processor_class": "LlavaProcessor",
        "patch_size": 14,
        "vision_feature_select_strategy": "default",
        "num_additional_image_tokens": 1,
    }
    (folder / "processor_config.json").write_text(json.dumps(whole))
    return folder
