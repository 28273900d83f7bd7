"""Tensors that both checkpoints have, in another dtype or shape; and the size of all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.diff.effects import Meaning, dtype_effect
from slowlens.facts.diff.tensors import shape_meaning
from slowlens.facts.difference import Difference, Effect
from slowlens.facts.weights.renames import grouped
from slowlens.facts.weights.tensors import Change, Changes

WEIGHTS = "weights"
TOTAL = "size in bytes"
EVERY = "*"
MAX_ROWS = 8
"""More groups of tensors with one change of dtype become one row."""
_SMALL_PART = 0.05
_SAME_SIZE = 0.01
Told = Iterator[tuple[Difference, bool]]
"""A difference, and whether it matters."""


def recast(found: Changes) -> Told:
    """Tell changes of dtype, each for the layers that share it, or at once for many."""
    kinds: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in found.recast:
        kinds[change.source.dtype, change.merged.dtype].append(change)
    for (before, after), members in kinds.items():
        patterns: defaultdict[str, list[Change]] = defaultdict(list)
        for change in members:
            patterns[grouped(change.merged.name)].append(change)
        effect, note = _dtype_meaning(before, after, members, found.compared_size)
        if len(members) == found.compared or len(patterns) > MAX_ROWS:
            patterns = defaultdict(list, {EVERY: members})
            note = f"{len(members)} of {counted(found.compared)}: {note}"
        for key, rows in patterns.items():
            told = f"{before} x{len(rows)}", f"{after} x{len(rows)}"
            yield Difference(WEIGHTS, key, *told, effect, note), True


def _dtype_meaning(
    before: str, after: str, members: list[Change], whole: int
) -> tuple[Effect, str]:
    effect, sizes = dtype_effect(before, after), _bytes(members)
    if effect is Effect.OUTPUT:
        return effect, "other numbers: rounding, or a range that overflows"
    if max(sizes) < _SMALL_PART * whole:
        return Effect.COSMETIC, "a small part of the weights, and cast when they are loaded"
    ratio = f"{sizes[1] / sizes[0]:.2g} times the bytes" if sizes[0] else "other bytes"
    slower = "; loaded so, every token takes as much longer" if effect is Effect.SPEED else ""
    return effect, ratio + slower


def _bytes(changes: list[Change]) -> tuple[int, int]:
    return sum(c.source.size for c in changes), sum(c.merged.size for c in changes)


def reshaped(changes: Sequence[Change]) -> Told:
    """Tell changes of shape."""
    groups: defaultdict[tuple[str, Meaning], list[Change]] = defaultdict(list)
    for change in changes:
        key = grouped(change.merged.name), shape_meaning(change.source, change.merged)
        groups[key].append(change)
    for (name, meaning), members in groups.items():
        told = described([c.source for c in members]), described([c.merged for c in members])
        yield Difference(WEIGHTS, name, *told, meaning.effect, meaning.note), True


def total(before: int, after: int) -> Told:
    """Tell the bytes of all tensors."""
    if before != after:
        ratio = after / before if before else 0.0
        effect = Effect.MEMORY if abs(ratio - 1) > _SAME_SIZE else Effect.COSMETIC
        yield Difference(WEIGHTS, TOTAL, before, after, effect, f"{ratio:.3g} times"), True


def described(tensors: list[Tensor]) -> str:
    """Write dtype, shape and number of some tensors."""
    kinds = {f"{tensor.dtype} {list(tensor.shape)}" for tensor in tensors}
    kind = kinds.pop() if len(kinds) == 1 else "several kinds"
    return f"{kind} x{len(tensors)}"


def counted(number: int) -> str:
    """Write a number of tensors."""
    return "1 tensor" if number == 1 else f"{number} tensors"
