"""What the safetensors headers of two checkpoints say: names, dtypes, shapes, sizes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint, Tensor
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.changes import (
    EVERY,
    WEIGHTS,
    Change,
    Told,
    counted,
    described,
    recast,
    reshaped,
    total,
)
from slowlens.facts.diff.effects import Meaning
from slowlens.facts.diff.renames import Rename, renames
from slowlens.facts.diff.tensors import Model
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.jsonvalue import ABSENT

_LAYOUT = "another layout of the same model, which transformers knows"


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
        *recast([c for c in common if c.source.dtype != c.merged.dtype], common),
        *reshaped([c for c in common if c.source.shape != c.merged.shape]),
        *total(source.weights.size, merged.weights.size),
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
        yield kind, described(members)


def _renamed(moved: Iterable[Rename]) -> Told:
    groups: defaultdict[tuple[str, tuple[str, str]], list[Rename]] = defaultdict(list)
    for rename in moved:
        groups[rename.wrapper, ("", "") if rename.wrapper else rename.prefixes].append(rename)
    for (wrapper, (left, right)), members in groups.items():
        count = counted(len(members))
        if wrapper:
            one = members[0]
            note = f"{count}: not found under this name, so filled with random numbers"
            key = f"…{wrapper}…"
            yield Difference(WEIGHTS, key, one.source, one.merged, Effect.OUTPUT, note), True
        else:
            note = f"{count}: {_LAYOUT}"
            yield Difference(WEIGHTS, right, left, right, Effect.COSMETIC, note), False


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
