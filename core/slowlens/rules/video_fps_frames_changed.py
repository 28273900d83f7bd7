"""A video becomes more, or fewer, tokens than in the source.

## What it does
Works out how many frames are taken from one minute of 1280x720 at 30 frames a second, and how
many tokens they become, for merged and source under each runtime: frames a second, the least and
the most frames, the pixels of a frame or of the whole video, and patches all have a say. It looks
at video_preprocessor_config.json and at what processor_config.json nests, and falls back to the
settings for pictures as the processors do.

Frames a second do not count where ``do_sample_frames`` is off: then the caller picks the frames,
and a difference in ``fps`` alone is not reported. Nor does it know the caller's own settings:
qwen-vl-utils scales and samples before the processor sees the video.

## Why it is slow
Tokens grow with frames times pixels: twice the frames a second is twice the prefill and twice the
cache, and a minute of video is thousands of tokens.

## Affects
Each runtime whose count changes. transformers 4.52 reads ``min_pixels`` and ``max_pixels`` alone
and never samples.

## Fix
Writes the source's value to each of these keys that differs.

## Fix safety
Not safe: the model sees other frames, or frames of another size, so its answers change, back to
those of the source's settings.

## References
- https://huggingface.co/docs/transformers/main_classes/video_processor
- https://github.com/QwenLM/Qwen3-VL/blob/main/qwen-vl-utils/README.md
"""

from collections.abc import Iterator

from slowlens.facts.pictures.processors import PROCESSING, ProcessorPart
from slowlens.facts.pictures.videos import SECONDS, VideoBudget, video_budget
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
from slowlens.jsonvalue import same

KEYS = (
    "do_sample_frames",
    "fps",
    "num_frames",
    "min_frames",
    "max_frames",
    "min_pixels",
    "max_pixels",
    "size",
    "cap_pixels_per_frame",
    "max_video_tokens",
    "patch_size",
    "merge_size",
    "temporal_patch_size",
)
REASON = "The model sees other frames, or frames of another size, so its answers change."


def check(merged: Merged, source: Source) -> Iterator[Finding]:
    """Yield a finding for each change of the count, with the runtimes that it concerns."""
    groups: dict[tuple[int, int, int, int], list[tuple[Runtime, VideoBudget, VideoBudget]]] = {}
    for runtime in PROCESSING:
        here = video_budget(merged.checkpoint, runtime)
        there = video_budget(source.checkpoint, runtime)
        if here is not None and there is not None and here.tokens != there.tokens:
            counts = (here.tokens, there.tokens, here.frames, there.frames)
            groups.setdefault(counts, []).append((runtime, here, there))
    for group in groups.values():
        _, here, there = group[0]
        yield _finding(here, there, tuple(runtime for runtime, _, _ in group))


def _finding(here: VideoBudget, there: VideoBudget, runtimes: tuple[Runtime, ...]) -> Finding:
    edits = tuple(_edits(here.part, there.part))
    fix = Fix("Restore the source's frames", Applicability.UNSAFE, edits, REASON)
    frames = f", from {here.frames} frames instead of {there.frames}"
    return Finding(
        message=(
            f"{SECONDS} seconds of video become {here.tokens} tokens instead of {there.tokens}"
            f"{'' if here.frames == there.frames else frames}{only(runtimes, PROCESSING)}: "
            f"{here.part.file} differs from the source in "
            f"{', '.join(edit.pointer[-1] for edit in edits) or 'what it reads'}"
        ),
        severity=Severity.WARNING,
        confidence=Confidence.READ,
        affects=runtimes,
        evidence=tuple(ValueEvidence(edit.file, edit.pointer, edit.before) for edit in edits),
        cost=f"{here.tokens / there.tokens:.1f} times the video tokens, in prefill and cache",
        fix=fix if edits else None,
    )


def _edits(here: ProcessorPart, there: ProcessorPart) -> Iterator[Edit]:
    for key in KEYS:
        before, after = here.get(key), there.get(key)
        if not same(before, after):
            yield Edit(here.file, (*here.pointer, key), before=before, after=after)


RULE = Rule(
    id="video-fps-frames-changed",
    title="Videos become another number of tokens",
    check=check,
    since="0.1.0",
)
