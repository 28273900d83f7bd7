"""A checkpoint whose every name, key and value wants to be more than text."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from builders import CONFIG, GENERATION_CONFIG, TENSORS, write_header, write_json, write_safetensors
from builders import checkpoint as sound

TERMINAL = "\x1b[31mred\x1b]0;title\x07\r\nnew\u202eesrever\u2066\x9b31m\x7f\u2028"
"""Colours, a title, a bell, a line break, a direction, and the same by one character."""
MARKUP = (
    "<img src=x onerror=alert(1)><script>window.hurt=1</script>"
    "[a](javascript:alert(1))![i](http://evil.invalid/i.png)<!--"
)
SHORTCODES = ":material/bomb: :red[r] $x^2$ _i_ **b** ~~s~~ `c` | # h"
LONG = "long" * 5000
CODE = "'; import os; os.system('false') #\"\"\" ]]></x> %s {0} {{ 7*7 }} $(id) `id` =cmd|'/c x'!A1"

Text = Callable[[str], str]
"""Makes hostile text for a place that the argument names."""


def of(*texts: str) -> Text:
    """All of them, and the place, so that it can be found again."""
    return lambda place: f"{place} {' '.join(texts)}"


def hurt(values: Any, text: Text, at: str = "") -> Any:
    """Append hostile text to every string, and add a hostile key and a value of it to every object.

    What a checkpoint has to say to be looked at closely stays at the front.
    """
    if isinstance(values, Mapping):
        found = {key: hurt(value, text, f"{at}.{key}") for key, value in values.items()}
        return {**found, text(f"{at}.key"): text(f"{at}.value")}
    if isinstance(values, list):
        return [hurt(value, text, f"{at}[{n}]") for n, value in enumerate(values)]
    return f"{values}{text(at)}" if isinstance(values, str) else values


def leaves(values: Any) -> Iterator[str]:
    """Yield every string in a JSON document, keys included."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield key
            yield from leaves(value)
    elif isinstance(values, list):
        for value in values:
            yield from leaves(value)
    elif isinstance(values, str):
        yield values


CONFIGS: Mapping[str, Any] = {
    "config.json": {
        **CONFIG,
        "use_cache": False,
        "unsloth_version": "2025.1",
        "_name_or_path": "org/base",
        "rope_scaling": {"type": "linear", "factor": 2.0},
        "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True},
        "layer_types": ["full_attention"],
        "text_config": {"model_type": "llama", "dtype": "float32"},
        "auto_map": {"AutoModel": "evil.Model"},
    },
    "generation_config.json": {
        **GENERATION_CONFIG,
        "_from_model_config": True,
        "use_cache": False,
        "cache_implementation": "static",
        "stop_strings": ["stop"],
        "transformers_version": "4.40.0",
    },
    "tokenizer_config.json": {
        "added_tokens_decoder": {
            "0": {"content": "<|endoftext|>", "special": True},
            "2": {"content": "<|im_end|>", "special": True},
        },
        "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}",
        "eos_token": "<|im_end|>",
        "tokenizer_class": "GPT2Tokenizer",
        "extra_special_tokens": ["<|x|>"],
    },
    "special_tokens_map.json": {"eos_token": {"content": "</s>"}, "pad_token": "<pad>"},
    "added_tokens.json": {"<|im_end|>": 2},
    "chat_template.json": {"chat_template": "{{ messages }}"},
    "preprocessor_config.json": {"image_processor_type": "X", "processor_class": "Y"},
    "processor_config.json": {"processor_class": "Z"},
    "adapter_config.json": {
        "peft_type": "LORA",
        "r": 8,
        "lora_alpha": 0,
        "base_model_name_or_path": "org/base",
        "target_modules": ["q_proj"],
    },
    "quantize_config.json": {"bits": 4, "quant_method": "gptq"},
    "tokenizer.json": {
        "version": "1.0",
        "added_tokens": [{"id": 2, "content": "<|im_end|>", "special": True}],
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []},
    },
}
"""Files that say something, by their names."""


def checkpoint(folder: Path, text: Text, name: str) -> Path:
    """Write every file with hostile text in each of its places; ``name`` is in names of files."""
    sound(folder, tensors=None)
    for file, values in CONFIGS.items():
        write_json(folder / file, hurt(values, text, file))
    tensors = dict(TENSORS)
    write_safetensors(folder / "model-00001-of-00002.safetensors", tensors)
    entries = {text("tensor"): {"dtype": text("dtype"), "shape": [1], "data_offsets": [0, 2]}}
    write_header(folder / "model-00002-of-00002.safetensors", entries, 2)
    shards = dict.fromkeys(tensors, "model-00001-of-00002.safetensors")
    shards[text("tensor")] = text("file")
    write_json(folder / "model.safetensors.index.json", hurt({"weight_map": shards}, text, "index"))
    (folder / "chat_template.jinja").write_text(text("jinja") + "{{ messages }}")
    for suffix in (".safetensors", ".json", ".pt", ".py", ".gguf"):
        (folder / f"optimizer{name}{suffix}").write_bytes(b"x")
    (folder / "broken.json").write_text(json.dumps(text("broken"))[:-1])
    return folder
