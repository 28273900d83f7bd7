"""preprocessor_config.json and processor_config.json say different things.

## What it does
Compares the settings for pictures in preprocessor_config.json, and those for videos in
video_preprocessor_config.json, with what processor_config.json nests for the same processor, and
names the keys on which they disagree and who reads which.

Another spelling of the same budget of pixels, the class's variant (``Fast``, ``Pil``) and a key
that only one of them has are not reported.

## Why it is worse
transformers 5 saves processor_config.json and leaves an older file beside it as it is, so that an
edit of one of them, or a second save, splits them: transformers 4 sees other pictures than
transformers 5 and vLLM do, and the model answers and costs differently by version.

## Affects
transformers 4 reads the files of their own, transformers 5, vLLM and SGLang the nested objects.

## Fix
Writes what processor_config.json says to the file beside it.

## Fix safety
Not safe: pictures change for transformers 4. Where the other file is the right one, edit
processor_config.json instead.

## References
- https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
- https://huggingface.co/docs/transformers/main_classes/processors
"""

from collections.abc import Iterator

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.pixels import LEAST, MOST, is_scaling, pixels
from slowlens.facts.pictures.processors import (
    PREPROCESSOR_CONFIG,
    PROCESSING,
    VIDEO_PREPROCESSOR_CONFIG,
    ProcessorPart,
    nested_part,
    own_part,
)
from slowlens.facts.pictures.videos import PIXELS
from slowlens.facts.reading import Merged
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Fix,
    Rule,
    Severity,
    ValueEvidence,
)
from slowlens.jsonvalue import Json, same

PAIRS = (
    (PREPROCESSOR_CONFIG, "image_processor"),
    (VIDEO_PREPROCESSOR_CONFIG, "video_processor"),
)
TYPES = ("image_processor_type", "video_processor_type")
BUDGET = ("min_pixels", "max_pixels", "size")
MEANINGLESS = {
    "auto_map",
    "data_format",
    "default_to_square",
    "device",
    "disable_grouping",
    "image_processor_type",
    "input_data_format",
    "processor_class",
    "return_metadata",
    "return_tensors",
    "video_metadata",
    "video_processor_type",
}
REASON = (
    "transformers 4 then prepares pictures as transformers 5 does, so its answers change; if the "
    "other file is the right one, edit processor_config.json instead."
)


def check(merged: Merged) -> Iterator[Finding]:
    """Yield a finding for each pair of files that disagree."""
    for file, key in PAIRS:
        own, nested = own_part(merged.checkpoint, file), nested_part(merged.checkpoint, key)
        if own is None or nested is None:
            continue
        edits = tuple(_edits(own, nested, scales=_scales(merged.checkpoint, own, nested)))
        if edits:
            yield _finding(own, nested, edits)


def _scales(checkpoint: Checkpoint, own: ProcessorPart, nested: ProcessorPart) -> bool:
    """Whether ``size`` is a budget of pixels, which has three spellings."""
    named = nested.family or own.family
    return named in PIXELS or is_scaling(checkpoint, nested)


def _edits(own: ProcessorPart, nested: ProcessorPart, *, scales: bool) -> Iterator[Edit]:
    """Yield what would make ``own`` say what ``nested`` says."""
    if own.family and nested.family and own.family != nested.family:
        name = next(key for key in TYPES if isinstance(own.values.get(key), str))
        yield Edit(own.file, (name,), before=own.get(name), after=nested.family)
    for key in sorted((own.values.keys() & nested.values.keys()) - MEANINGLESS):
        before, after = own.values[key], nested.values[key]
        told = before is not None and after is not None
        if told and not (scales and key in BUDGET) and not same(before, after):
            yield Edit(own.file, (key,), before=before, after=after)
    if scales:
        yield from _budget(own, nested)


def _budget(own: ProcessorPart, nested: ProcessorPart) -> Iterator[Edit]:
    here = pixels(own, LEAST, MOST, reads_size=True)
    there = pixels(nested, LEAST, MOST, reads_size=True)
    if here == there or there is None:
        return
    least, most = there
    wanted: dict[str, Json] = {
        "size": {"shortest_edge": least, "longest_edge": most},
        "min_pixels": least,
        "max_pixels": most,
    }
    for key, after in wanted.items():
        before = own.get(key)
        if not same(before, after):
            yield Edit(own.file, (key,), before=before, after=after)


def _finding(own: ProcessorPart, nested: ProcessorPart, edits: tuple[Edit, ...]) -> Finding:
    keys = tuple(edit.pointer[0] for edit in edits)
    return Finding(
        message=(
            f"{own.file} and {nested.file} disagree on {', '.join(keys)}: transformers 4 reads the "
            "first, transformers 5, vLLM and SGLang read the second"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=PROCESSING,
        evidence=(
            *(ValueEvidence(own.file, (key,), own.get(key)) for key in keys),
            *(ValueEvidence(nested.file, (*nested.pointer, key), nested.get(key)) for key in keys),
        ),
        cost="other pictures, and another cost, by version of transformers",
        fix=Fix("Let both files say the same", Applicability.UNSAFE, edits, REASON),
    )


RULE = Rule(
    id="processor-config-split",
    title="Two processor files disagree",
    check=check,
    since="0.1.0",
)
