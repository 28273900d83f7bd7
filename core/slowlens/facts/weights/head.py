"""The output head and the input embedding, found by their names."""

from collections.abc import Iterable

from slowlens.facts.checkpoint import Tensor, Weights
from slowlens.facts.weights.renames import unwrapped
from slowlens.frozen import dataclass

_HEADS = frozenset(
    ("lm_head", "embed_out", "output_layer", "output", "output_projection", "proj_out", "ff_out")
)
_EMBEDDINGS = frozenset(("embed_tokens", "wte", "embed_in", "word_embeddings", "tok_embeddings"))
_WEIGHTS = frozenset(("weight", "qweight", "weight_packed"))
_ELSEWHERE = frozenset(
    ("layers", "visual", "vision_model", "vision_tower", "audio_tower", "talker", "mtp", "encoder")
)
"""Parts that have an embedding or a head of their own, which is not the one that counts."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Where tokens enter and leave the model; None where the headers show no such tensor."""

    embedding: Tensor | None = None
    head: Tensor | None = None

    @property
    def comparable(self) -> bool:
        """Whether their bytes tell if they are the same."""
        head, embedding = self.head, self.embedding
        if head is None or embedding is None:
            return False
        return (head.dtype, head.shape) == (embedding.dtype, embedding.shape)


def ends_of(weights: Weights) -> Ends:
    """Find both; of several the one with the shortest name."""
    outside = [t for t in weights.tensors if ".layers." not in t.name]
    return Ends(_outermost(outside, _EMBEDDINGS), _outermost(outside, _HEADS))


def _outermost(tensors: Iterable[Tensor], names: frozenset[str]) -> Tensor | None:
    found = [tensor for tensor in tensors if _is_one(tensor.name, names)]
    return min(found, key=lambda tensor: len(tensor.name), default=None)


def _is_one(name: str, names: frozenset[str]) -> bool:
    *path, last, kind = ("", *unwrapped(name).split("."))
    if kind not in _WEIGHTS or last not in names:
        return False
    return _ELSEWHERE.isdisjoint(path) and not any(part.isdecimal() for part in path)
