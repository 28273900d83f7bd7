"""Tensors that a loader looks for and does not find."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from slowlens.facts.checkpoint import CONFIG, Checkpoint, Tensor, Weights
from slowlens.facts.diff.tensors import KINDS, PACKED
from slowlens.facts.difference import Effect
from slowlens.facts.weights.experts import is_expert, layout
from slowlens.facts.weights.head import ends_of
from slowlens.facts.weights.mtp import is_mtp, layer_count
from slowlens.facts.weights.renames import TOWER, may_be_wrapped, wrapper
from slowlens.facts.weights.tensors import Changes
from slowlens.facts.weights.tied import text_pointer
from slowlens.jsonvalue import lookup

_OTHER_STACKS = re.compile(r"vis|vit|audio|speech|encoder|talker|decoder|mtp|adapter|resampler")
_SHARED_EMBEDDING = re.compile(r"(?:^|\.)(?:encoder|decoder)\.embed_tokens\.weight$")
_SHARED_KEYS = re.compile(r"layers\.(\d{1,6})\.self_attn\.(?:k_proj|v_proj|k_norm|v_norm)\.")
_ENOUGH = 4
"""Fewer layers say little about what each should hold."""
_DIGITS = 6
Stack: TypeAlias = Mapping[int, frozenset[str]]
"""Layer to the names of what it holds."""
_TOWERS = ("clip_vision_model", "siglip_vision_model")
_OF_A_TOWER = ("embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "head.")
_TYPES_THAT_STRIP = ("_text", "_text_model")
"""Endings of model types whose class finds its weights inside a vision model's."""


def wrappers(weights: Weights) -> Mapping[str, tuple[Tensor, ...]]:
    """Group the tensors that training left something in the names of."""
    found: defaultdict[str, list[Tensor]] = defaultdict(list)
    for tensor in filter(lambda one: may_be_wrapped(one.name), weights.tensors):
        if left := wrapper(tensor.name):
            found[left].append(tensor)
    return {left: tuple(tensors) for left, tensors in found.items()}


def doubled(weights: Weights) -> tuple[Tensor, ...]:
    """Return the tensors below ``model.model.``, where the embedding is among them."""
    found = tuple(t for t in weights.tensors if t.name.startswith("model.model."))
    ends = {"model.model.embed_tokens.weight"}
    return found if ends & {tensor.name for tensor in found} else ()


def of_a_vision_model(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    """Return the text tensors of a vision model, where config.json is of a text model alone."""
    config = checkpoint.values(CONFIG) or {}
    names = config.get("architectures")
    if not isinstance(names, list) or not names or text_pointer(config):
        return ()
    text_alone = all(isinstance(name, str) and name.endswith("ForCausalLM") for name in names)
    if not text_alone or checkpoint.model_type.endswith(_TYPES_THAT_STRIP):
        return ()
    starts = ("language_model.", "model.language_model.")
    found = tuple(t for t in checkpoint.weights.tensors if t.name.startswith(starts))
    return found if any("layers." in tensor.name for tensor in found) else ()


def of_a_new_tower(checkpoint: Checkpoint) -> tuple[Tensor, ...]:
    """Return the tensors of a CLIP or SigLIP by the names that it has in transformers 5 alone."""
    if checkpoint.get(CONFIG, "vision_config", "model_type") not in _TOWERS:
        return ()
    found = (tensor for tensor in checkpoint.weights.tensors if TOWER in tensor.name)
    return tuple(t for t in found if t.name.partition(TOWER)[2].startswith(_OF_A_TOWER))


def unfilled(changes: Changes, merged: Checkpoint, source: Checkpoint) -> tuple[Tensor, ...]:
    """Return the source's tensors that the merged model has a place for, but no file.

    Not what other rules speak of: the head, experts in another layout, heads for speculation.
    """
    if merged.model_type != source.model_type:
        return ()
    head = ends_of(source.weights).head
    unbuilt = {tensor.name for tensor in of_shared_layers(changes, merged)}
    layers = layer_count(merged)
    moved = layout(merged.weights) != layout(source.weights)
    packed = {t.name.rpartition(".")[0] for t in changes.extra if PACKED.search(t.name)}
    parts = _parts(merged) if _other_class(merged, source) else None
    shared = any(t.name == "shared.weight" for t in merged.weights.tensors)
    return tuple(
        tensor
        for tensor in changes.lost
        if tensor != head
        and tensor.name not in unbuilt
        and not is_mtp(tensor.name, layers)
        and not (moved and is_expert(tensor.name))
        and tensor.name.rpartition(".")[0] not in packed
        and not (shared and _SHARED_EMBEDDING.search(tensor.name))
        and (parts is None or tensor.name.partition(".")[0] in parts)
        and _is_needed(tensor.name)
    )


def of_shared_layers(changes: Changes, merged: Checkpoint) -> tuple[Tensor, ...]:
    """Return lost keys and values of layers that take them from an earlier layer (Gemma 4)."""
    nested = text_pointer(merged.values(CONFIG) or {})
    found = (merged.get(CONFIG, *p, "num_kv_shared_layers") for p in dict.fromkeys((nested, ())))
    shared = next((n for n in found if isinstance(n, int) and n is not True and n > 0), 0)
    first = layer_count(merged) - shared
    matches = ((tensor, _SHARED_KEYS.search(tensor.name)) for tensor in changes.lost if shared)
    return tuple(tensor for tensor, match in matches if match and int(match[1]) >= first)


def _is_needed(name: str) -> bool:
    return all(k.lost.effect is Effect.OUTPUT for k in KINDS if k.name.search(name))


def _other_class(merged: Checkpoint, source: Checkpoint) -> bool:
    """Whether parts may be missing on purpose, such as the head of a reward model."""
    ours, theirs = (c.get(CONFIG, "architectures") for c in (source, merged))
    return ours != theirs


def _parts(checkpoint: Checkpoint) -> set[str]:
    return {tensor.name.partition(".")[0] for tensor in checkpoint.weights.tensors}


def missing_layers(checkpoint: Checkpoint, found: Stack) -> tuple[int, ...]:
    """Return the layers that config.json announces and no tensor belongs to."""
    if not found or checkpoint.get(CONFIG, "is_encoder_decoder") is True:
        return ()
    depth = min(layer_count(checkpoint), 10**_DIGITS)
    return tuple(layer for layer in range(depth) if layer not in found)


def lone_gaps(checkpoint: Checkpoint, layers: Stack) -> tuple[str, ...]:
    """Return the names that one layer lacks and all others have.

    Not in the first or last layer, which often are built otherwise, nor where layers share.
    """
    config = checkpoint.values(CONFIG) or {}
    nested = lookup(config, text_pointer(config))
    keys = (*config, *(nested if isinstance(nested, Mapping) else ()))
    if len(layers) < _ENOUGH or any("share" in key for key in keys):
        return ()
    whole = frozenset[str]().union(*layers.values())
    odd = [layer for layer, names in layers.items() if names != whole]
    if len(odd) != 1 or odd[0] in (min(layers), max(layers)):
        return ()
    return tuple(f"layers.{odd[0]}.{name}" for name in sorted(whole - layers[odd[0]]))


def main_stack(checkpoint: Checkpoint) -> Stack:
    """Return what each layer of the part that writes text holds."""
    stacks: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for tensor in checkpoint.weights.tensors:
        prefix, found, rest = tensor.name.partition("layers.")
        number, _, name = rest.partition(".")
        if found and number.isdecimal() and len(number) < _DIGITS:
            stacks[prefix][int(number)].append(name)
    own = [stack for prefix, stack in stacks.items() if not _OTHER_STACKS.search(prefix)]
    largest: Mapping[int, Sequence[str]] = max(own, key=len, default={})
    depth = layer_count(checkpoint) or 10**_DIGITS
    return {layer: frozenset(names) for layer, names in largest.items() if layer < depth}
