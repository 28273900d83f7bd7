"""Small checkpoints on disk: ``checkpoint(folder)`` is sound, arguments say what is odd."""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]
"""Tensor name to dtype and shape."""

CONFIG: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "eos_token_id": 2,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "tie_word_embeddings": True,
    "vocab_size": 16,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.51.3",
}
GENERATION_CONFIG: Mapping[str, Any] = {"eos_token_id": [2, 0], "transformers_version": "4.51.3"}
TOKENIZER_CONFIG: Mapping[str, Any] = {
    "added_tokens_decoder": {
        "0": {"content": "<|endoftext|>", "special": True},
        "2": {"content": "<|im_end|>", "special": True},
    },
    "chat_template": "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}",
    "eos_token": "<|im_end|>",
    "tokenizer_class": "GPT2Tokenizer",
}
TENSORS: Tensors = {
    "model.embed_tokens.weight": ("BF16", (16, 8)),
    "model.layers.0.self_attn.q_proj.weight": ("BF16", (8, 8)),
    "model.norm.weight": ("F32", (8,)),
}
_BITS = {"F4": 4, "F6_E2M3": 6, "BOOL": 8, "U8": 8, "F8_E4M3": 8, "BF16": 16, "F16": 16, "F32": 32}


def checkpoint(
    folder: Path,
    config: Mapping[str, Any] | None = CONFIG,
    generation: Mapping[str, Any] | None = GENERATION_CONFIG,
    tokenizer: Mapping[str, Any] | None = TOKENIZER_CONFIG,
    tensors: Tensors | None = TENSORS,
) -> Path:
    """Write a checkpoint into ``folder`` and return it; None leaves that file out."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "config.json": config,
        "generation_config.json": generation,
        "tokenizer_config.json": tokenizer,
    }
    for name, values in files.items():
        if values is not None:
            write_json(folder / name, values)
    if tensors is not None:
        write_safetensors(folder / "model.safetensors", tensors)
    return folder


def write_json(path: Path, values: object) -> Path:
    """Write JSON as transformers does: two spaces, sorted keys, a final newline."""
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")
    return path


def write_safetensors(path: Path, tensors: Tensors) -> Path:
    """Write a header for ``tensors`` and a hole for their data: terabytes take no room."""
    return write_header(path, header(tensors), data_size(tensors))


def write_header(path: Path, entries: object, size: int = 0) -> Path:
    """Write ``entries``, however wrong, as a header with ``size`` bytes of data behind it."""
    text = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + size)
    return path


def write_sharded(folder: Path, *shards: Tensors) -> Path:
    """Write each of ``shards`` to a file and the index that names them; return the folder."""
    weight_map: dict[str, str] = {}
    for number, tensors in enumerate(shards, 1):
        name = shard_name(number, len(shards))
        write_safetensors(folder / name, tensors)
        weight_map |= dict.fromkeys(tensors, name)
    size = sum(map(data_size, shards))
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    write_json(folder / "model.safetensors.index.json", index)
    return folder


def shard_name(number: int, total: int) -> str:
    """Name a shard as save_pretrained does."""
    return f"model-{number:05d}-of-{total:05d}.safetensors"


def header(tensors: Tensors) -> dict[str, Any]:
    """Lay ``tensors`` out one after the other."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in tensors.items():
        begin, end = end, end + data_size({name: (dtype, shape)})
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return entries


def data_size(tensors: Tensors) -> int:
    """Bytes of all ``tensors``."""
    return sum(_BITS[dtype] * prod(shape) // 8 for dtype, shape in tensors.values())
