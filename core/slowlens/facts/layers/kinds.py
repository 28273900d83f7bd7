"""How much of the past each layer of a decoder keeps."""

from collections.abc import Sequence
from enum import StrEnum

from slowlens.facts.layers.decoder import Decoder
from slowlens.jsonvalue import ABSENT

COUNT = ("num_hidden_layers", "num_layers", "n_layer", "n_layers")
MOST_LAYERS = 10_000


class Kind(StrEnum):
    """What a layer keeps of the tokens before."""

    FULL = "full"
    """Keys and values of all of them."""
    SLIDING = "sliding"
    """Those of the last few."""
    STATE = "state"
    """A state of fixed size: linear attention, state-space models, convolutions."""
    BOTH = "both"
    """All keys and values, and a state."""
    NOTHING = "nothing"
    """It has no attention, or uses what another layer keeps."""


KINDS = {
    "full_attention": Kind.FULL,
    "attention": Kind.FULL,
    "sliding_attention": Kind.SLIDING,
    "chunked_attention": Kind.SLIDING,
    "linear_attention": Kind.STATE,
    "mamba": Kind.STATE,
    "conv": Kind.STATE,
    "hybrid": Kind.BOTH,
    "moe": Kind.NOTHING,
    "mlp": Kind.NOTHING,
}
"""``layer_types`` of config.json, older spellings included."""
_NEMOTRON = {"M": Kind.STATE, "*": Kind.FULL, "-": Kind.NOTHING, "E": Kind.NOTHING}
_STATE_ONLY = ("falcon_mamba", "mamba", "mamba2", "rwkv", "xlstm")
_UNKNOWN = (
    "diffusion_gemma_text",
    "dots3_note_text",
    "gemma4_text",
    "gemma4_unified_text",
    "mimo_v2_flash",
    "recurrent_gemma",
    "step3p5",
    "zamba",
    "zamba2",
)
"""Model types whose layers are arranged by rules of their own, or differ in their heads."""


def layer_kinds(decoder: Decoder) -> tuple[Kind, ...]:
    """Return the kind of every layer; empty where the files do not tell."""
    count = decoder.number(*COUNT)
    if count is None or count > MOST_LAYERS or decoder.model_type in _UNKNOWN:
        return ()
    if decoder.written("per_layer_config") is not ABSENT:
        return ()
    kinds = _named(decoder, count)
    if kinds is None:
        kinds = _by_class(decoder, count)
    shared = min(decoder.number("num_kv_shared_layers") or 0, len(kinds))
    return (*kinds[: len(kinds) - shared], *[Kind.NOTHING] * shared)


def window(decoder: Decoder) -> int | None:
    """Return how many tokens its sliding layers see."""
    return decoder.number("sliding_window", "attention_chunk_size")


def _named(decoder: Decoder, count: int) -> tuple[Kind, ...] | None:
    """Read the list or the pattern that the file or the class gives; empty for unknown words."""
    for key in ("layer_types", "layers_block_type"):
        if isinstance(types := decoder.get(key), list):
            return _all_known([KINDS.get(str(name)) for name in types[:count]])
    if isinstance(pattern := decoder.get("hybrid_override_pattern"), str):
        return _all_known([_NEMOTRON.get(letter) for letter in pattern[:count]])
    return None


def _all_known(kinds: Sequence[Kind | None]) -> tuple[Kind, ...]:
    known = tuple(kind for kind in kinds if kind)
    return known if len(known) == len(kinds) else ()


def _by_class(decoder: Decoder, count: int) -> tuple[Kind, ...]:
    """Derive the kinds as the config classes do where no list is written."""
    if decoder.model_type in _STATE_ONLY:
        return (Kind.STATE,) * count
    if decoder.model_type == "falcon_h1":
        return (Kind.BOTH,) * count
    period, offset = decoder.number("attn_layer_period"), decoder.get("attn_layer_offset")
    if period and isinstance(offset, int):
        return tuple(Kind.FULL if i % period == offset else Kind.STATE for i in range(count))
    if isinstance(indices := decoder.get("attn_layer_indices"), list):
        return tuple(Kind.FULL if i in indices else Kind.STATE for i in range(count))
    every = decoder.written("sliding_window_pattern")
    if type(every) is int and every > 0:
        return tuple(Kind.SLIDING if (i + 1) % every else Kind.FULL for i in range(count))
    return _repeated(decoder, count)


def _repeated(decoder: Decoder, count: int) -> tuple[Kind, ...]:
    """All layers alike, or as the class repeats them; Qwen slides on request alone."""
    slides = decoder.get("use_sliding_window")
    if slides is not ABSENT:
        first = decoder.get("max_window_layers")
        first = first if slides is True and window(decoder) and type(first) is int else count
        return tuple(Kind.SLIDING if i >= first else Kind.FULL for i in range(count))
    if names := decoder.row.layers:
        return _all_known([KINDS.get(names[i % len(names)]) for i in range(count)])
    return (Kind.SLIDING if window(decoder) else Kind.FULL,) * count
