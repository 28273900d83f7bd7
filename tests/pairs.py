"""Two checkpoints made by hand, and what differs between them."""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER_CONFIG,
    Checkpoint,
    ConfigFile,
    Tensor,
    Tokenizer,
    Weights,
)
from slowlens.facts.diff.checkpoints import diff
from slowlens.facts.difference import Diff, Difference
from slowlens.facts.reading import Merged, Source, reading
from slowlens.facts.weights.tensors import tensor_changes
from slowlens.gather.defaults import read_defaults

Values = Mapping[str, Any]
EVERY_DEFAULTS = {4: read_defaults(4), 5: read_defaults(5)}
DEFAULTS = EVERY_DEFAULTS[5]
BYTES = {"BF16": 2, "F16": 2, "F32": 4, "F8_E4M3": 1, "U8": 1}
LLAMA = {"model_type": "llama", "num_hidden_layers": 2}
QWEN: dict[str, Any] = {"model_type": "qwen2_5_vl", "text_config": {"num_hidden_layers": 2}}
GEMMA: dict[str, Any] = {"model_type": "gemma3", "text_config": {"num_hidden_layers": 6}}
ORDINARY = {"eos_token_id": 2}
"""A generation_config.json like most."""


def made(
    config: Values | None = LLAMA,
    generation: Values | None = ORDINARY,
    tokenizer: Values | None = None,
    tensors: Mapping[str, tuple[str, tuple[int, ...]]] | None = None,
    template: str | None = None,
    unreadable: tuple[str, ...] = (),
    **files: Values,
) -> Checkpoint:
    """A checkpoint; further JSON files by name, with ``_json`` for ``.json``."""
    named = {CONFIG: config, GENERATION_CONFIG: generation, TOKENIZER_CONFIG: tokenizer}
    named |= {name.replace("_json", ".json"): values for name, values in files.items()}
    configs = {n: ConfigFile(n, v, "") for n, v in named.items() if v is not None}
    found = tuple(
        Tensor(name, dtype, shape, prod(shape) * BYTES[dtype], "model.safetensors")
        for name, (dtype, shape) in (tensors or {}).items()
    )
    return Checkpoint(
        Path("x"),
        files=dict.fromkeys((*configs, *unreadable), 1),
        configs=configs,
        weights=Weights(("model.safetensors",), found) if found else Weights(),
        tokenizer=Tokenizer(chat_template=template),
    )


def compared(source: Checkpoint, merged: Checkpoint) -> Diff:
    changes = tensor_changes(source.weights, merged.weights)
    return diff(source, merged, changes, DEFAULTS)


def differing(source: Checkpoint, merged: Checkpoint) -> dict[str, Difference]:
    """The differences by key."""
    found = compared(source, merged).differences
    assert len({d.key for d in found}) == len(found), "two differences with one key"
    return {d.key: d for d in found}


def configs(source: Values, merged: Values, base: Values = LLAMA) -> dict[str, Difference]:
    """What differs between two config.json that share ``base``."""
    return differing(made({**base, **source}), made({**base, **merged}))


def saved(folder: Path) -> Checkpoint:
    """One of the checkpoints below tests/fixtures/v4v5."""
    texts = {f.name: f.read_text() for f in folder.iterdir() if f.suffix in {".json", ".jinja"}}
    values = {name: json.loads(text) for name, text in texts.items() if name.endswith(".json")}
    headers = values.pop("tensors.json")
    tensors = {name: (dtype, tuple(shape)) for name, (dtype, shape) in headers.items()}
    template = texts.get("chat_template.jinja") or values[TOKENIZER_CONFIG].get("chat_template")
    plain = {name.replace(".json", "_json"): v for name, v in values.items()}
    known = (CONFIG, GENERATION_CONFIG, TOKENIZER_CONFIG)
    config, generation, tokenizer = (plain.pop(name.replace(".json", "_json")) for name in known)
    return made(config, generation, tokenizer, tensors, template, tuple(texts), **plain)


def merged_of(checkpoint: Checkpoint) -> Merged:
    """Everything that follows from a checkpoint in question."""
    return reading(Merged, checkpoint, EVERY_DEFAULTS)


def source_of(checkpoint: Checkpoint) -> Source:
    """Everything that follows from the checkpoint that it came from."""
    return reading(Source, checkpoint, EVERY_DEFAULTS)
