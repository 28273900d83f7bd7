"""A picture becomes more, or fewer, tokens than in the source.

## What it does
Works out how many tokens one 1920x1080 picture becomes for each runtime, in merged and in source,
and how many the largest and the smallest picture become. Qwen's processors scale a picture into a
budget of pixels, and the versions read that budget from different keys: transformers 4.52 only
from ``min_pixels`` and ``max_pixels``, transformers 5 from ``size`` as well, unless those two are
there. ``save_pretrained`` of transformers 5 writes ``size`` alone, into processor_config.json.
For families that cut a picture into tiles it compares the keys that set the number of tiles.

It does not report ``max_pixels`` that is "lost" where ``size`` says the same to the runtime, nor
another spelling of the same budget, nor a processor that the source does not have, nor, without a
source, two files that disagree (`processor-config-split`). It cannot see
a budget that a training script or an environment variable set only in memory: such a model was
trained on other pictures than it will be shown.

## Why it is slow
Every token of a picture goes through the whole model once, and stays in the key-value cache: with
the Hub's 12845056 pixels a 1920x1080 picture is 2691 tokens, with the class default of 1003520 it
is 1222, and the largest picture is 16384 against 1280. So the first token comes later, the cache
is bigger, and each further token is a little slower. Fewer tokens are faster, but small print and
coordinates suffer.

## Affects
Each runtime whose count changes: ``generate()`` of transformers 4 or 5 behind their processors,
vLLM and SGLang, which use the processor of the transformers version beside them. A file that
transformers 5 saved and 4.52 reads changes for transformers 4 alone.

## Fix
Writes the source's budget to ``min_pixels``, ``max_pixels`` and both edges of ``size``, in every
file that a version reads, so that all versions agree.

## Fix safety
Not safe: the model sees larger or smaller pictures, so its answers change, back to those that the
source's budget gives. If it was trained on another budget, keep that one instead.

## References
- https://github.com/huggingface/transformers/issues/41955
- https://github.com/Blaizzy/mlx-vlm/issues/1175
- https://github.com/modelscope/ms-swift/issues/3721
- https://github.com/sgl-project/sglang/pull/20099
- https://github.com/QwenLM/Qwen3-VL/issues/491
"""

from collections.abc import Iterator

from slowlens.budgetfix import budget_evidence, set_budget
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.otherkeys import PictureKey, changed_keys
from slowlens.facts.pictures.pixelchange import BudgetChange, budget_changes
from slowlens.facts.pictures.pixels import HEIGHT, WIDTH, PixelBudget
from slowlens.facts.pictures.processors import PROCESSING
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import Runtime, only
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
from slowlens.jsonvalue import written

PICTURE = f"{WIDTH}x{HEIGHT} picture"
REASON = (
    "The model sees pictures of another size, so its answers change: back to the source's budget. "
    "Keep the present one if the model was trained with it."
)


def check(merged: Merged, source: Source | None) -> Iterator[Finding]:
    """Yield a finding for each change of the budget, with the runtimes that it concerns."""
    there = None if source is None else source.checkpoint
    for change in budget_changes(merged.checkpoint, there):
        if there is not None or not _files_disagree(change):
            yield _finding(merged.checkpoint, there, change)
    if there is not None:
        yield from _tiles(merged.checkpoint, there)


def _files_disagree(change: BudgetChange) -> bool:
    """Whether versions differ because they read two files: `processor-config-split` says so."""
    return change.here.file != change.there.file and not change.here.ignores_size


def _finding(merged: Checkpoint, source: Checkpoint | None, change: BudgetChange) -> Finding:
    here, there = change.here, change.there
    seen = here.tokens() != there.tokens() or here.ceiling != there.ceiling
    return Finding(
        message=f"{_change(here, there)}{only(change.runtimes, PROCESSING)}: "
        f"{_why(here, there, known=source is not None)}",
        severity=Severity.WARNING if seen and source is not None else Severity.NOTE,
        confidence=Confidence.READ,
        affects=change.runtimes,
        evidence=budget_evidence(merged, change.runtimes),
        cost=_cost(here, there),
        fix=set_budget(merged, source or merged, change.meant, REASON),
    )


def _change(here: PixelBudget, there: PixelBudget) -> str:
    if here.tokens() != there.tokens():
        return f"a {PICTURE} becomes {here.tokens()} tokens instead of {there.tokens()}"
    if here.ceiling != there.ceiling:
        return f"a picture becomes up to {here.ceiling} tokens instead of {there.ceiling}"
    return f"a picture becomes at least {here.floor} tokens instead of {there.floor}"


def _why(here: PixelBudget, there: PixelBudget, *, known: bool) -> str:
    other = "the source" if known else "transformers 5"
    if here.ignores_size:
        return f"{here.file} sets the budget in size, which transformers 4.52 does not read"
    if here.side != there.side:
        return f"{here.file} makes one token of {here.side} pixels square, {other} of {there.side}"
    if here.most != there.most:
        return f"{here.file} allows {here.most} pixels, {other} {there.most}"
    return f"{here.file} asks for at least {here.least} pixels, {other} for {there.least}"


def _cost(here: PixelBudget, there: PixelBudget) -> str:
    one, largest = here.tokens() / there.tokens(), here.ceiling / there.ceiling
    return (
        f"{one:.1f} times the image tokens for a {PICTURE}, {largest:.1f} times for the largest: "
        "in the prefill and in the key-value cache"
    )


def _tiles(merged: Checkpoint, source: Checkpoint) -> Iterator[Finding]:
    changes: dict[tuple[str, str], tuple[PictureKey, list[Runtime]]] = {}
    for runtime in PROCESSING:
        for change in changed_keys(merged, source, runtime):
            place = (change.here.file, change.key)
            changes.setdefault(place, (change, []))[1].append(runtime)
    for change, runtimes in changes.values():
        yield _tile(change, tuple(runtimes))


def _tile(change: PictureKey, runtimes: tuple[Runtime, ...]) -> Finding:
    pointer = (*change.here.pointer, change.key)
    edit = Edit(change.here.file, pointer, before=change.merged, after=change.source)
    return Finding(
        message=(
            f"{change.here.file} sets {'.'.join(pointer)} to {written(change.merged)}, the source "
            f"to {written(change.source)}: a picture becomes another number of tokens"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=(ValueEvidence(change.here.file, pointer, change.merged),),
        cost="more or fewer image tokens in the prefill and in the cache, by family and picture",
        fix=Fix("Restore the source's pictures", Applicability.UNSAFE, (edit,), REASON),
    )


RULE = Rule(
    id="vlm-pixel-budget-changed",
    title="Pictures become another number of tokens",
    check=check,
    since="0.1.0",
)
