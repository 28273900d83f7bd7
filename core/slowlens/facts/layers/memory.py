"""Predicted memory: the weights in the dtype that they are loaded in, and the key-value cache.

What an activation, a CUDA context and the allocator need on top is not in it: a GPU has to have
some room to spare.
"""

from collections.abc import Mapping

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.layers.decoder import Decoder, decoder_of
from slowlens.facts.layers.kinds import Kind, layer_kinds, window
from slowlens.facts.layers.states import state_numbers
from slowlens.facts.weights.dtypes import FLOATING, WIDTHS, automatic_dtype
from slowlens.frozen import dataclass

NEWEST = 5
ENCODER = "is_encoder_decoder"


@dataclass(frozen=True, slots=True)
class KvCache:
    """How many numbers generation keeps of one sequence, as transformers 5 keeps them."""

    per_token: int
    """For each token, in the layers that keep all of them."""
    sliding: int = 0
    """For each token within the window, in the layers that slide."""
    window: int = 0
    """How many tokens those layers keep."""
    state: int = 0
    """However long the sequence is: linear attention and state-space layers."""

    def numbers(self, tokens: int) -> int:
        """Return how many numbers are kept of ``tokens`` tokens."""
        return self.per_token * tokens + self.sliding * min(tokens, self.window) + self.state


@dataclass(frozen=True, slots=True)
class Memory:
    """What a load without arguments of transformers 5 takes; sizes in bytes."""

    dtype: str
    weights: int
    kv_cache: KvCache | None = None
    """None where config.json does not tell."""

    def kv_bytes(self, tokens: int) -> int:
        """Return the bytes of the cache of one sequence, 0 where that is not known."""
        if self.kv_cache is None:
            return 0
        return self.kv_cache.numbers(tokens) * WIDTHS.get(self.dtype, 2)


def memory(checkpoint: Checkpoint, defaults: Mapping[int, ClassDefaults]) -> Memory:
    """Predict the memory of a load without arguments."""
    setting = automatic_dtype(checkpoint)
    dtype = "float32" if setting.fails else str(setting.value)
    kv = kv_cache(checkpoint, defaults[NEWEST]) if checkpoint.generates else None
    return Memory(dtype, weights_size(checkpoint, dtype), kv)


def weights_size(checkpoint: Checkpoint, dtype: str) -> int:
    """Return the bytes of all weights once their floating tensors are ``dtype``.

    What is packed stays as it is. A module that is kept in float32 (a norm, a router) is counted
    in ``dtype``: it weighs next to nothing.
    """
    width = WIDTHS[dtype]
    return sum(
        tensor.parameters * width if tensor.dtype in FLOATING else tensor.size
        for tensor in checkpoint.weights.tensors
    )


def kv_cache(checkpoint: Checkpoint, defaults: ClassDefaults) -> KvCache | None:
    """Count what generation keeps, None where config.json does not tell."""
    decoder = decoder_of(checkpoint, defaults)
    if _has_encoder(checkpoint, decoder):
        return None
    kinds = layer_kinds(decoder)
    numbers = {kind: numbers_per_token(decoder, kind) for kind in set(kinds)}
    if not kinds or None in numbers.values():
        return None
    total = {kind: kinds.count(kind) * (per_token or 0) for kind, per_token in numbers.items()}
    seen = window(decoder) or 0
    return KvCache(
        per_token=total.get(Kind.FULL, 0) + total.get(Kind.BOTH, 0),
        sliding=total.get(Kind.SLIDING, 0),
        window=max(seen - 1, 0) if Kind.SLIDING in kinds else 0,
        state=state_numbers(decoder) * (kinds.count(Kind.STATE) + kinds.count(Kind.BOTH)),
    )


def _has_encoder(checkpoint: Checkpoint, decoder: Decoder) -> bool:
    """Whether it keeps a second cache, of what its encoder read."""
    said = (checkpoint.get(CONFIG, ENCODER), decoder.get(ENCODER))
    return True in said


def numbers_per_token(decoder: Decoder, kind: Kind) -> int | None:
    """Return how many numbers one layer keeps of a token; None where config.json does not tell."""
    if kind in {Kind.STATE, Kind.NOTHING}:
        return 0
    if rank := decoder.number("kv_lora_rank"):
        rotated = decoder.number("qk_rope_head_dim")
        return None if rotated is None else rank + rotated
    heads = decoder.number("num_attention_heads", "n_head", "n_heads")
    width = _head_width(decoder, heads)
    if heads is None or width is None:
        return None
    kept = _kept_heads(decoder) or heads
    values = decoder.number("v_head_dim") or width
    return kept * (width + values)


def _head_width(decoder: Decoder, heads: int | None) -> int | None:
    if width := decoder.number("head_dim", "kv_channels", "attention_head_dim", "d_kv"):
        return width
    legacy = decoder.written("n_embed")  # of Bloom, which wins over hidden_size
    hidden = legacy if type(legacy) is int else decoder.number("hidden_size", "n_embd", "d_model")
    return None if hidden is None or heads is None else hidden // heads or None


def _kept_heads(decoder: Decoder) -> int | None:
    """Return the heads that have keys of their own: fewer where queries share them."""
    if decoder.get("multi_query") is True and decoder.get("new_decoder_architecture") is not True:
        return 1
    names = ("num_key_value_heads", "num_kv_heads", "n_head_kv")
    return decoder.number(*(name for name in names if decoder.knows(name)))
