"""How many tokens a video becomes, for the Qwen-VL families.

Two frames make one slice in time. Qwen2-VL and 2.5-VL scale each frame into a budget of pixels,
Qwen3-VL all frames together. A processor picks the frames itself only where ``do_sample_frames``
says so; otherwise it takes those that the caller gives it, two a second where that is
qwen-vl-utils.
"""

from math import ceil

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.pixels import pixels, scaled, side_of
from slowlens.facts.pictures.processors import (
    Number,
    ProcessorPart,
    known_to_4_52,
    positive,
    video_part,
)
from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass

SECONDS, FRAME_RATE, WIDTH, HEIGHT = 60, 30, 1280, 720
"""The video that token counts are given for."""
CALLERS_RATE = 2
"""Frames a second of a caller that picks the frames itself."""

PER_FRAME, WHOLE = "Qwen2VLVideoProcessor", "Qwen3VLVideoProcessor"
FAMILIES = {
    "qwen2_vl": PER_FRAME,
    "qwen2_5_vl": PER_FRAME,
    "qwen2_5_omni": PER_FRAME,
    "qwen3_vl": WHOLE,
    "qwen3_vl_moe": WHOLE,
    "qwen3_5": WHOLE,
}
"""The class that a file without a name of one is read by."""
PIXELS = {PER_FRAME: (128 * 28 * 28, 768 * 28 * 28), WHOLE: (128 * 32 * 32, 768 * 32 * 32)}
PIXELS_4_52 = (56 * 56, 1280 * 28 * 28)
PATCH = {PER_FRAME: 14, WHOLE: 16}
CAPS = {PER_FRAME: 128000, WHOLE: 768}
FEWEST_FRAMES, MOST_FRAMES = 4, 768


@dataclass(frozen=True, slots=True)
class VideoBudget:
    """What becomes of the video above: frames, and tokens of a slice of two frames."""

    frames: int
    tokens: int
    part: ProcessorPart


def video_budget(checkpoint: Checkpoint, runtime: Runtime) -> VideoBudget | None:
    """Return what ``runtime`` makes of the video; None for other families and odd values."""
    part = video_part(checkpoint, runtime)
    family = None if part is None else _family(checkpoint, part)
    if part is None or family is None or part.values.get("do_resize") is False:
        return None
    old = runtime is Runtime.TRANSFORMERS_4 and known_to_4_52(checkpoint)
    least, most = PIXELS_4_52 if old else PIXELS[family]
    bounds = pixels(part, least, most, reads_size=not old)
    side, depth = side_of(part, PATCH[family]), part.number("temporal_patch_size", 2)
    frames = CALLERS_RATE * SECONDS if old else _frames(part, family)
    if bounds is None or side is None or not isinstance(depth, int) or not frames:
        return None
    if part.values.get("cap_pixels_per_frame") is True:
        bounds = _capped(part, family, bounds, frames, side)
    together = frames if family == WHOLE else 1
    high, wide = scaled(WIDTH, HEIGHT, side, bounds[0] / together, bounds[1] / together)
    return VideoBudget(frames, ceil(frames / depth) * high * wide, part)


def _frames(part: ProcessorPart, family: str) -> int | None:
    """Return how many frames are left, None where the settings contradict each other."""
    samples = part.values.get("do_sample_frames")
    if samples is False or (samples is None and family == PER_FRAME):
        return CALLERS_RATE * SECONDS
    fps = part.values.get("fps", 2 if family == WHOLE else None)
    number, rate = positive(part.get("num_frames")), positive(fps)
    if number is not None:
        return None if rate is not None else min(round(number), FRAME_RATE * SECONDS)
    if rate is None:
        return FRAME_RATE * SECONDS
    fewest = part.number("min_frames", FEWEST_FRAMES)
    most = part.number("max_frames", MOST_FRAMES)
    if fewest is None or most is None:
        return None
    return int(min(max(rate * SECONDS, fewest), most, FRAME_RATE * SECONDS))


def _capped(
    part: ProcessorPart, family: str, bounds: tuple[Number, Number], frames: int, side: int
) -> tuple[Number, Number]:
    """Apply ``cap_pixels_per_frame``, which bounds what a long or a short video may take."""
    least, most = bounds
    tokens = part.number("max_video_tokens", CAPS[family]) or CAPS[family]
    if family == WHOLE:
        frame = max(min(tokens * side**2, most // frames), int(least * 1.05))
        return least, frame * frames
    share = int(tokens * side**2 * 0.9) * 2 // frames
    return least, max(min(most, share), int(least * 1.05))


def _family(checkpoint: Checkpoint, part: ProcessorPart) -> str | None:
    if part.values.get("video_processor_type") is None:
        return FAMILIES.get(checkpoint.model_type)
    return part.family if part.family in PIXELS else None
