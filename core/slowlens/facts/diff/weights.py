"""What the safetensors headers of two checkpoints say: names, dtypes, shapes, sizes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from slowlens.facts.checkpoint import CONFIG, TEXT_CONFIG_KEYS, Checkpoint, Tensor
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.changes import (
    EVERY,
    WEIGHTS,
    Told,
    counted,
    described,
    recast,
    reshaped,
    total,
)
from slowlens.facts.diff.effects import Meaning
from slowlens.facts.diff.tensors import Model
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.facts.weights.tensors import Change, Changes
from slowlens.jsonvalue import ABSENT

_LAYOUT = "another layout of the same model, which transformers knows"


def weights_diff(
    source: Checkpoint, merged: Checkpoint, changes: Changes | None, defaults: ClassDefaults
) -> Diff:
    """Tell ``changes``; layers that differ in the same way are one difference."""
    if changes is None:
        return _not_compared(bool(source.weights.tensors), bool(merged.weights.tensors))
    model = _model(merged, defaults)
    found = (
        *_lost(model, changes.lost),
        *_extra(model, changes.extra),
        *_renamed(changes.renamed),
        *recast(changes),
        *reshaped(changes.reshaped),
        *total(*changes.sizes),
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
    return Diff((Difference(WEIGHTS, EVERY, left, right, Effect.OUTPUT, note),))


def _lost(model: Model, tensors: Sequence[Tensor]) -> Told:
    for (key, means), told in _grouped(tensors, model.key, model.lost):
        yield Difference(WEIGHTS, key, told, ABSENT, means.effect, means.note), means.known


def _extra(model: Model, tensors: Sequence[Tensor]) -> Told:
    for (key, means), told in _grouped(tensors, model.key, model.extra):
        yield Difference(WEIGHTS, key, ABSENT, told, means.effect, means.note), means.known


def _grouped(
    tensors: Sequence[Tensor], key: Callable[[str], str], means: Callable[[str], Meaning]
) -> Iterator[tuple[tuple[str, Meaning], str]]:
    groups: defaultdict[tuple[str, Meaning], list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        groups[key(tensor.name), means(tensor.name)].append(tensor)
    for kind, members in groups.items():
        yield kind, described(members)


def _renamed(moved: Iterable[Change]) -> Told:
    groups: defaultdict[tuple[str, tuple[str, str]], list[Change]] = defaultdict(list)
    for change in moved:
        wrapper = change.wrapper
        groups[wrapper, ("", "") if wrapper else change.prefixes].append(change)
    for (wrapper, (left, right)), members in groups.items():
        count = counted(len(members))
        if wrapper:
            one = members[0]
            note = f"{count}: not found under this name, so filled with random numbers"
            key = f"…{wrapper}…"
            names = one.source.name, one.merged.name
            yield Difference(WEIGHTS, key, *names, Effect.OUTPUT, note), True
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
