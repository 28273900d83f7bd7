"""The JSON files of two checkpoints, pair by pair."""

from collections.abc import Iterator
from functools import partial

from slowlens.facts.checkpoint import CONFIG, GENERATION_CONFIG, TOKENIZER_CONFIG, Checkpoint
from slowlens.facts.defaults import ClassDefaults
from slowlens.facts.diff.compare import Pair
from slowlens.facts.diff.config import config_leaves
from slowlens.facts.diff.effects import ADAPTER, GENERATION, PROCESSOR, TOKENIZER, meaning
from slowlens.facts.diff.generation import forget_sampling, generation_leaves
from slowlens.facts.diff.leaves import Leaves
from slowlens.facts.diff.meaning import ConfigMeaning
from slowlens.facts.diff.processor import NESTED, own_leaves, processor_leaves, processor_values
from slowlens.facts.diff.shape import trust_derived
from slowlens.facts.diff.tokenizer import template_diff, tokenizer_leaves
from slowlens.facts.diff.whole import (
    ADAPTER_CONFIG,
    PRESENT,
    PROCESSOR_CONFIG,
    SIDE_FILES,
    UNREADABLE,
    WHOLE,
    folded,
    one_sided,
    side_diff,
    whole_diff,
)
from slowlens.facts.difference import Diff, Effect
from slowlens.frozen import replace
from slowlens.jsonvalue import ABSENT

COSMETIC = Effect.COSMETIC
_CONFIG_SAYS = "config.json says the same, and is read when this file is missing"


def file_diffs(source: Checkpoint, merged: Checkpoint, defaults: ClassDefaults) -> Iterator[Diff]:
    """Yield what differs, file by file."""
    yield _config(source, merged, defaults)
    yield _generation(source, merged, defaults)
    yield _tokenizer(source, merged)
    yield template_diff(source, merged)
    for file in NESTED:
        yield _processor(file, source, merged)
    own = Pair(PROCESSOR_CONFIG, own_leaves(source), own_leaves(merged), _processor_meaning)
    yield own.diff()
    yield _adapter(source, merged)
    for file in WHOLE:
        if file.endswith(("quantize_config.json", "quant_config.json")):
            yield whole_diff(file, source, merged)
    for file in SIDE_FILES:
        yield side_diff(file, source, merged)


def _config(source: Checkpoint, merged: Checkpoint, defaults: ClassDefaults) -> Diff:
    if missing := whole_diff(CONFIG, source, merged).differences:
        return Diff(missing)
    means = ConfigMeaning(source, merged, defaults)
    left, right = config_leaves(source, defaults), config_leaves(merged, defaults)
    trust_derived(left, right)
    found = Pair(CONFIG, left, right, means).diff()
    return replace(found, differences=tuple(map(means.by_value, found.differences)))


def _generation(source: Checkpoint, merged: Checkpoint, defaults: ClassDefaults) -> Diff:
    missing = whole_diff(GENERATION_CONFIG, source, merged)
    if GENERATION_CONFIG not in {*source.configs, *merged.configs}:
        return missing
    left, right = generation_leaves(source, defaults), generation_leaves(merged, defaults)
    forget_sampling(left, right)
    means = partial(meaning, table=GENERATION, other=COSMETIC)
    found = Pair(GENERATION_CONFIG, left, right, means).diff()
    unread = any(UNREADABLE in (d.source, d.merged) for d in missing.differences)
    if not found.differences and not unread:
        missing = folded(missing, _CONFIG_SAYS)
    return _together(missing, found)


def _tokenizer(source: Checkpoint, merged: Checkpoint) -> Diff:
    if missing := whole_diff(TOKENIZER_CONFIG, source, merged).differences:
        return Diff(missing)
    key = "added_tokens_decoder"
    both = all(key in (side.values(TOKENIZER_CONFIG) or {}) for side in (source, merged))
    left, right = (tokenizer_leaves(side, added=both) for side in (source, merged))
    means = partial(meaning, table=TOKENIZER, other=COSMETIC)
    return Pair(TOKENIZER_CONFIG, left, right, means).diff()


def _processor(file: str, source: Checkpoint, merged: Checkpoint) -> Diff:
    left, right = processor_values(source, file), processor_values(merged, file)
    if left is None or right is None:
        here = (ABSENT if values is None else PRESENT for values in (left, right))
        return one_sided(file, *here)
    return Pair(file, processor_leaves(left), processor_leaves(right), _processor_meaning).diff()


def _adapter(source: Checkpoint, merged: Checkpoint) -> Diff:
    missing = whole_diff(ADAPTER_CONFIG, source, merged)
    if missing.differences:
        return missing
    left, right = (Leaves(side.values(ADAPTER_CONFIG) or {}) for side in (source, merged))
    return Pair(ADAPTER_CONFIG, left, right, partial(meaning, table=ADAPTER, other=COSMETIC)).diff()


_processor_meaning = partial(meaning, table=PROCESSOR, other=COSMETIC)


def _together(*found: Diff) -> Diff:
    return Diff(
        tuple(difference for diff in found for difference in diff.differences),
        tuple(difference for diff in found for difference in diff.unchanged),
    )
