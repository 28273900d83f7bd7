"""What it means when tensors are missing, added, of another dtype or another shape."""

import re

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.diff.effects import Meaning
from slowlens.facts.difference import Effect
from slowlens.facts.weights.renames import grouped
from slowlens.frozen import dataclass

SPEED, MEMORY, OUTPUT, COSMETIC = Effect.SPEED, Effect.MEMORY, Effect.OUTPUT, Effect.COSMETIC
_HEAD = re.compile(r"(?:^|\.)(?:lm_head|embed_out)\.weight$")
_VOCABULARY = re.compile(r"(?:embed_tokens|lm_head|wte|embed_in|embed_out)\.weight$")
_LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
_RANDOM = "missing: transformers fills it with random numbers"
_IGNORED = "ignored when the model is loaded"
_TIED = "a copy of the embedding; if it was trained, transformers 4 drops it and 5 uses it"
_NO_MTP = "heads for speculative decoding are gone: serving with them gets slower"
_EMPTY = "empty: several processes shared it (ZeRO-3) and it was saved without gathering"


PACKED = re.compile(
    r"\.(?:qweight|qzeros|scales|g_idx|absmax|quant_map|SCB|(?:input|output|q|k|v)_scale)$"
    r"|\.weight_(?:packed|shape|zero_point|g_idx|format|scale\w*)$|_(?:blocks|scales)$"
    r"|\.quant_state\."
)
"""What stands in the files for a packed weight, or beside it."""


@dataclass(frozen=True, slots=True)
class TensorKind:
    """Tensors of one purpose, what their absence means and what their presence."""

    name: re.Pattern[str]
    lost: Meaning
    extra: Meaning


KINDS = (
    TensorKind(
        re.compile(
            r"inv_freq$|masked_bias$|\.(?:attn|attention)\.bias$|position_ids$"
            r"|\.(?:cos|sin)_cached$|num_batches_tracked$"
        ),
        Meaning(COSMETIC, "transformers computes it itself", known=False),
        Meaning(COSMETIC, "transformers computes it itself", known=False),
    ),
    TensorKind(
        re.compile(r"\.lora_(?:A|B|embedding_A|embedding_B|magnitude_vector)\b"),
        Meaning(COSMETIC, "the adapter was merged, or left behind"),
        Meaning(SPEED, "an adapter that was not merged: it costs time, or is not loaded at all"),
    ),
    TensorKind(
        re.compile(r"(?:^|\.)mtp\.|\.(?:eh_proj|enorm|hnorm|shared_head)\."),
        Meaning(SPEED, _NO_MTP),
        Meaning(COSMETIC, "heads for speculative decoding"),
    ),
    TensorKind(
        PACKED,
        Meaning(SPEED, "the weights are no longer packed: more bytes to read for each token"),
        Meaning(MEMORY, "the weights are packed"),
    ),
)


@dataclass(frozen=True, slots=True)
class Model:
    """What the config says that decides about tensors."""

    layers: int
    tied: bool

    def key(self, name: str) -> str:
        """Return the group of a tensor; a layer beyond the last is one of its own."""
        if found := self._beyond(name):
            return f"{name[: found.end()]}*"
        return grouped(name)

    def lost(self, name: str) -> Meaning:
        """Return what it means that merged has no such tensor; unknown where it means nothing."""
        if _HEAD.search(name):
            if self.tied:
                return Meaning(COSMETIC, "tied: the head is the embedding", known=False)
            return Meaning(OUTPUT, "the head is missing and not tied: random answers")
        if self._beyond(name):
            return Meaning(SPEED, _NO_MTP)
        return next((k.lost for k in KINDS if k.name.search(name)), Meaning(OUTPUT, _RANDOM))

    def extra(self, name: str) -> Meaning:
        """Return what it means that only merged has the tensor."""
        if _HEAD.search(name):
            return Meaning(MEMORY, _TIED) if self.tied else Meaning(OUTPUT, "a head of its own")
        return next((k.extra for k in KINDS if k.name.search(name)), Meaning(COSMETIC, _IGNORED))

    def _beyond(self, name: str) -> re.Match[str] | None:
        found = _LAYER.search(name) if self.layers else None
        return found if found and int(found[1]) >= self.layers else None


def shape_meaning(source: Tensor, merged: Tensor) -> Meaning:
    """Return what another shape means."""
    if 0 in merged.shape and 0 not in source.shape:
        return Meaning(OUTPUT, _EMPTY)
    if _VOCABULARY.search(source.name):
        return Meaning(OUTPUT, "the vocabulary was resized: new rows are untrained")
    return Meaning(OUTPUT, "it does not fit the source's place")
