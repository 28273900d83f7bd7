"""What the safetensors headers of two checkpoints say: names, dtypes, shapes, sizes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint, Tensor
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff_effects import Meaning, dtype_effect
from slowlens.facts.diff_renames import Rename, grouped, renames
from slowlens.facts.diff_tensors import Model, reshaped
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.jsonvalue import ABSENT

WEIGHTS = "weights"
TOTAL = "size in bytes"
EVERY = "*"
MAX_ROWS = 8
"""More groups of tensors with one change of dtype become one row."""
_SMALL_PART = 0.05
_SAME_SIZE = 0.01
_LAYOUT = "another layout of the same model, which transformers knows"


@dataclass(frozen=True, slots=True)
class Change:
    """One tensor on both sides."""

    source: Tensor
    merged: Tensor


def weights_diff(source: Checkpoint, merged: Checkpoint, defaults: ClassDefaults) -> Diff:
    """Compare the headers; layers that differ in the same way are one difference."""
    ours = {tensor.name: tensor for tensor in source.weights.tensors}
    theirs = {tensor.name: tensor for tensor in merged.weights.tensors}
    if not (ours and theirs):
        return _not_compared(bool(ours), bool(theirs))
    lost = [name for name in ours if name not in theirs]
    extra = [name for name in theirs if name not in ours]
    moved = renames(lost, extra)
    paired = {rename.source for rename in moved} | {rename.merged for rename in moved}
    common = [Change(tensor, theirs[name]) for name, tensor in ours.items() if name in theirs]
    common += [Change(ours[rename.source], theirs[rename.merged]) for rename in moved]
    model = _model(merged, defaults)
    found = (
        *_lost(model, [ours[name] for name in lost if name not in paired]),
        *_extra(model, [theirs[name] for name in extra if name not in paired]),
        *_renamed(moved),
        *_recast([c for c in common if c.source.dtype != c.merged.dtype], len(common)),
        *_reshaped([c for c in common if c.source.shape != c.merged.shape]),
        *_total(source.weights.size, merged.weights.size),
    )
    return Diff(
        tuple(difference for difference, matters in found if matters),
        tuple(difference for difference, matters in found if not matters),
    )


def _not_compared(ours: bool, theirs: bool) -> Diff:
    if ours == theirs:
        return Diff()
    left, right = ("safetensors" if there else ABSENT for there in (ours, theirs))
    note = "no safetensors headers to read, so that the weights were not compared"
    return Diff((Difference(WEIGHTS, EVERY, left, right, Effect.COSMETIC, note),))


Told = Iterator[tuple[Difference, bool]]
"""A difference, and whether it matters."""


def _lost(model: Model, tensors: list[Tensor]) -> Told:
    for (key, means), told in _grouped(tensors, model.key, model.lost):
        yield Difference(WEIGHTS, key, told, ABSENT, means.effect, means.note), means.known


def _extra(model: Model, tensors: list[Tensor]) -> Told:
    for (key, means), told in _grouped(tensors, model.key, model.extra):
        yield Difference(WEIGHTS, key, ABSENT, told, means.effect, means.note), means.known


def _grouped(
    tensors: list[Tensor], key: Callable[[str], str], means: Callable[[str], Meaning]
) -> Iterator[tuple[tuple[str, Meaning], str]]:
    groups: defaultdict[tuple[str, Meaning], list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        groups[key(tensor.name), means(tensor.name)].append(tensor)
    for kind, members in groups.items():
        yield kind, _described(members)


def _renamed(moved: Iterable[Rename]) -> Told:
    groups: defaultdict[tuple[str, tuple[str, str]], list[Rename]] = defaultdict(list)
    for rename in moved:
        groups[rename.wrapper, ("", "") if rename.wrapper else rename.prefixes].append(rename)
    for (wrapper, (left, right)), members in groups.items():
        count = _count(len(members))
        if wrapper:
            one = members[0]
            note = f"{count}: not found under this name, so filled with random numbers"
            key = f"…{wrapper}…"
            yield Difference(WEIGHTS, key, one.source, one.merged, Effect.OUTPUT, note), True
        else:
            note = f"{count}: {_LAYOUT}"
            yield Difference(WEIGHTS, right, left, right, Effect.COSMETIC, note), False


def _recast(changes: list[Change], compared: int) -> Told:
    kinds: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        kinds[change.source.dtype, change.merged.dtype].append(change)
    for (before, after), members in kinds.items():
        patterns: defaultdict[str, list[Change]] = defaultdict(list)
        for change in members:
            patterns[grouped(change.merged.name)].append(change)
        effect, note = _dtype_meaning(before, after, members)
        if len(members) == compared or len(patterns) > MAX_ROWS:
            patterns = defaultdict(list, {EVERY: members})
            note = f"{len(members)} of {_count(compared)}; {note}"
        for key, rows in patterns.items():
            told = f"{before} x{len(rows)}", f"{after} x{len(rows)}"
            yield Difference(WEIGHTS, key, *told, effect, note), True


def _dtype_meaning(before: str, after: str, members: list[Change]) -> tuple[Effect, str]:
    effect = dtype_effect(before, after)
    sizes = sum(c.source.size for c in members), sum(c.merged.size for c in members)
    if effect is Effect.OUTPUT:
        return effect, "other numbers: rounding, or a range that overflows"
    ratio = f"{sizes[1] / sizes[0]:.2g} times the bytes" if sizes[0] else "other bytes"
    slower = "; loaded so, every token takes as much longer" if effect is Effect.SPEED else ""
    return effect, ratio + slower


def _reshaped(changes: list[Change]) -> Told:
    groups: defaultdict[tuple[str, Meaning], list[Change]] = defaultdict(list)
    for change in changes:
        key = grouped(change.merged.name), reshaped(change.source, change.merged)
        groups[key].append(change)
    for (name, meaning), members in groups.items():
        told = _described([c.source for c in members]), _described([c.merged for c in members])
        yield Difference(WEIGHTS, name, *told, meaning.effect, meaning.note), True


def _total(before: int, after: int) -> Told:
    if before != after:
        ratio = after / before if before else 0.0
        effect = Effect.MEMORY if abs(ratio - 1) > _SAME_SIZE else Effect.COSMETIC
        yield Difference(WEIGHTS, TOTAL, before, after, effect, f"{ratio:.3g} times"), True


def _described(tensors: list[Tensor]) -> str:
    kinds = {f"{tensor.dtype} {list(tensor.shape)}" for tensor in tensors}
    kind = kinds.pop() if len(kinds) == 1 else "several kinds"
    return f"{kind} x{len(tensors)}"


def _count(number: int) -> str:
    return "1 tensor" if number == 1 else f"{number} tensors"


def _model(checkpoint: Checkpoint, defaults: ClassDefaults) -> Model:
    values = checkpoint.values(CONFIG) or {}
    levels = ((), *((part,) for part in TEXT_CONFIG_KEYS if part in values))
    layers = [checkpoint.get(CONFIG, *level, "num_hidden_layers") for level in levels]
    ties = [checkpoint.get(CONFIG, *level, "tie_word_embeddings") for level in levels]
    ties += [defaults.value_at(values, (*level, "tie_word_embeddings")) for level in levels]
    return Model(
        layers=next((n for n in layers if isinstance(n, int)), 0),
        tied=next((tie for tie in ties if isinstance(tie, bool)), False),
    )
