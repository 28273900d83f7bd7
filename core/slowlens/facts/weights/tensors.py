"""What became of the source's tensors, by the safetensors headers of both checkpoints."""

from slowlens.facts.checkpoint import Tensor, Weights
from slowlens.facts.weights.renames import renames, wrapper
from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One tensor on both sides."""

    source: Tensor
    merged: Tensor

    @property
    def wrapper(self) -> str:
        """What training left in the merged name: transformers does not find the tensor then."""
        return wrapper(self.merged.name)

    @property
    def prefixes(self) -> tuple[str, str]:
        """The parts of the names before what they have in common, as ``prefix.*``."""
        left, right = self.source.name.split("."), self.merged.name.split(".")
        while left and right and left[-1] == right[-1]:
            left.pop()
            right.pop()
        return ".".join((*left, "*")), ".".join((*right, "*"))


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs; a tensor under another name is ``renamed``, neither lost nor extra."""

    lost: tuple[Tensor, ...] = ()
    """Only the source has them."""
    extra: tuple[Tensor, ...] = ()
    """Only the merged checkpoint has them."""
    renamed: tuple[Change, ...] = ()
    """The same place in the model: a wrapper of training, or another layout of the model."""
    recast: tuple[Change, ...] = ()
    """Of another dtype, renamed ones among them."""
    reshaped: tuple[Change, ...] = ()
    """Of another shape, renamed ones among them."""
    compared: int = 0
    """Number of tensors that both have."""
    compared_size: int = 0
    """Bytes of them in the merged checkpoint."""
    sizes: tuple[int, int] = (0, 0)
    """Bytes of all tensors in source and merged."""


def tensor_changes(source: Weights, merged: Weights) -> Changes | None:
    """Compare the headers; None when one side has none that could be read."""
    if not (source.tensors and merged.tensors):
        return None
    ours = {tensor.name: tensor for tensor in source.tensors}
    theirs = {tensor.name: tensor for tensor in merged.tensors}
    lost = {name: tensor for name, tensor in ours.items() if name not in theirs}
    extra = {name: tensor for name, tensor in theirs.items() if name not in ours}
    moved = tuple(
        Change(lost.pop(name), extra.pop(other)) for name, other in tuple(renames(lost, extra))
    )
    changed = [
        Change(tensor, other)
        for name, tensor in ours.items()
        if (other := theirs.get(name)) and not _alike(tensor, other)
    ]
    changed += moved
    return Changes(
        lost=tuple(lost.values()),
        extra=tuple(extra.values()),
        renamed=moved,
        recast=tuple(c for c in changed if c.source.dtype != c.merged.dtype),
        reshaped=tuple(c for c in changed if c.source.shape != c.merged.shape),
        compared=len(ours) - len(lost),
        compared_size=merged.size - sum(tensor.size for tensor in extra.values()),
        sizes=(source.size, merged.size),
    )


def _alike(left: Tensor, right: Tensor) -> bool:
    return left.dtype == right.dtype and left.shape == right.shape
