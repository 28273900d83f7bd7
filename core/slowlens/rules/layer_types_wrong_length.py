"""``layer_types`` does not have one entry for each layer.

## What it does
Compares the length of ``layer_types`` with ``num_hidden_layers``, in the config of the part that
writes text, with the default of the model's class where the number is not written. That the list
is missing is no problem: versions before 4.53 do not write it, later ones derive it. Nor is it one
that the list appears when transformers 5 saves what 4 wrote.

## Why it is worse
transformers 5 checks the lengths when it reads config.json, for every model type, and refuses to
load the checkpoint: ``num_hidden_layers (4) must be equal to the number of layer_types (3)``.
Versions 4.53 to 4.57 check it for the types that have such a list. It happens when layers are
taken out or stacked (pruning, passthrough merges) and only the number is adapted, or when a list
counts layers for speculative decoding that the number does not.

## Affects
transformers 5 and 4.53 to 4.57 (4.52 and older do not read the list), and vLLM and SGLang, which
read config.json with them.

## Fix
Copies the list of the source where it fits. Otherwise cuts what is too long, or takes the list
out where the class derives it. Where none of these can be done, the entries have to be written by
hand, one for each layer.

## Fix safety
Not safe: the checkpoint loads again, but which kind each layer is was a choice. After layers were
taken out of the middle the list has to follow them.

## References
- https://github.com/NVIDIA-NeMo/Automodel/pull/1916
- https://huggingface.co/docs/transformers/main_classes/configuration
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.layers.windows import COUNT, LAYER_TYPES
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT, Absent, Json

CHOICE = "The checkpoint loads again; check that the entries are those of the layers it has."
BY_HAND = "Write one entry for each layer into layer_types, as the model was built."


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield one finding when the list has another length than there are layers."""
    if not merged.checkpoint.has(CONFIG):
        raise Undecided(f"{CONFIG} could not be read")
    layers = merged.layers
    if layers.listed is None or layers.count is None or layers.listed == layers.count:
        return
    pointer = (*layers.at, LAYER_TYPES)
    types = layers.written[LAYER_TYPES]
    yield Finding(
        message=(
            f"{CONFIG}: {'.'.join(pointer)} has {layers.listed} entries for {layers.count} layers "
            f"({COUNT}): transformers refuses to load it"
        ),
        severity=Severity.ERROR,
        confidence=Confidence.READ,
        affects=(*TRANSFORMERS, *ENGINES),
        evidence=(ValueEvidence(CONFIG, pointer, types),),
        cost="does not load in transformers 5, nor in 4.53 to 4.57 for types that have such a list",
        fix=_fix(merged, source),
    )


def _fix(merged: Merged, source: Source | None) -> Fix:
    pointer = (*merged.layers.at, LAYER_TYPES)
    after = _right(merged, source)
    if after is None:
        return Fix("Write the list by hand", Applicability.MANUAL, reason=BY_HAND)
    edit = Edit(CONFIG, pointer, before=merged.layers.written[LAYER_TYPES], after=after)
    return Fix("Give every layer one entry", Applicability.UNSAFE, (edit,), CHOICE)


def _right(merged: Merged, source: Source | None) -> Json | Absent:
    """Return a list that fits, ``ABSENT`` to have it derived, None where none is known."""
    layers, types = merged.layers, merged.layers.written[LAYER_TYPES]
    if source is not None and source.layers.listed == layers.count:
        return source.layers.written[LAYER_TYPES]
    if isinstance(types, list) and layers.count is not None and len(types) > layers.count:
        return types[: layers.count]
    return ABSENT if layers.derives else None


RULE = Rule(
    id="layer-types-wrong-length",
    title="layer_types of another length than the model",
    check=check,
    since="0.1.0",
)
