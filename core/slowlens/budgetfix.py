"""The edits that give a picture the same budget of pixels in every version of transformers."""

from collections.abc import Iterable, Iterator, Mapping

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.pixels import PixelBudget, is_scaling
from slowlens.facts.pictures.processors import (
    PREPROCESSOR_CONFIG,
    ProcessorPart,
    image_part,
    nested_part,
    own_part,
)
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Edit, Fix, ValueEvidence
from slowlens.jsonvalue import Json, Pointer, same

EDGES: Mapping[str, Pointer] = {
    "min_pixels": ("size", "shortest_edge"),
    "max_pixels": ("size", "longest_edge"),
}
SIDES = ("patch_size", "merge_size")


def budget_evidence(
    checkpoint: Checkpoint, runtimes: Iterable[Runtime]
) -> tuple[ValueEvidence, ...]:
    """Return what the files that these runtimes read say about the budget."""
    parts = {part.file: part for r in runtimes if (part := image_part(checkpoint, r))}
    return tuple(evidence for part in parts.values() for evidence in _told(part))


def _told(part: ProcessorPart) -> Iterator[ValueEvidence]:
    told = tuple(key for key in (*EDGES, "size") if part.values.get(key) is not None)
    for key in told or ("max_pixels",):
        yield ValueEvidence(part.file, (*part.pointer, key), part.get(key))


def set_budget(merged: Checkpoint, origin: Checkpoint, meant: PixelBudget, reason: str) -> Fix:
    """Write ``meant`` to all four keys of every file that a version reads.

    ``origin`` has the sizes of patches, should they differ as well.
    """
    parts = (own_part(merged, PREPROCESSOR_CONFIG), nested_part(merged, "image_processor"))
    example = image_part(origin, Runtime.TRANSFORMERS_5)
    edits = [
        edit
        for part in parts
        if part is not None and is_scaling(merged, part)
        for edit in (*_budget(part, meant), *_sides(part, example))
    ]
    return Fix(
        "Write the pixel budget to all four keys", Applicability.UNSAFE, tuple(edits), reason
    )


def _budget(part: ProcessorPart, meant: PixelBudget) -> Iterator[Edit]:
    bounds: dict[str, Json] = {"min_pixels": meant.least, "max_pixels": meant.most}
    yield from (edit for key, v in bounds.items() for edit in _edit(part, (key,), v))
    if isinstance(part.get("size"), Mapping):
        yield from (edit for key, v in bounds.items() for edit in _edit(part, EDGES[key], v))
    else:
        yield from _edit(part, ("size",), {EDGES[key][1]: v for key, v in bounds.items()})


def _sides(part: ProcessorPart, example: ProcessorPart | None) -> Iterator[Edit]:
    if example is None:
        return
    for key in SIDES:
        value = example.values.get(key)
        if isinstance(value, int):
            yield from _edit(part, (key,), value)


def _edit(part: ProcessorPart, pointer: Pointer, after: Json) -> Iterator[Edit]:
    before = part.at(pointer)
    if not same(before, after):
        yield Edit(part.file, (*part.pointer, *pointer), before=before, after=after)
