"""How many tokens a picture becomes, for the Qwen-VL families whose processors scale it to fit.

Such a processor keeps the picture's shape, rounds its sides to whole patches and scales it into a
budget of pixels; every square of ``patch_size`` times ``merge_size`` pixels is one token. Up to
transformers 4.52 (and in the slow class of every 4.x) only ``min_pixels`` and ``max_pixels`` set
the budget; later ``size`` does, unless they are there too. transformers 5 saves only ``size``.
"""

from collections.abc import Mapping
from math import ceil, floor, sqrt

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.processors import (
    PREPROCESSOR_CONFIG,
    PROCESSING,
    Number,
    ProcessorPart,
    image_part,
    known_to_4_52,
    positive,
)
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Setting
from slowlens.frozen import dataclass

IMAGE_TOKENS = "image_tokens"
WIDTH, HEIGHT = 1920, 1080
"""The picture that token counts are given for."""

FAMILY = "Qwen2VLImageProcessor"
MODEL_TYPES = ("qwen2_vl", "qwen2_5_vl", "qwen2_5_omni", "qwen3_vl", "qwen3_vl_moe", "qwen3_5")
"""Model types whose processor is of that family when the file names no class."""
LEAST, MOST = 56 * 56, 28 * 28 * 1280
"""The budget of the class, where no file sets one."""
PATCH, MERGE = 14, 2

SIZE_IGNORED = (
    "transformers 4.52 ignores size, so the class default counts; the fast class of later "
    "versions reads it"
)
NO_FILE = f"transformers 4.52 finds no {PREPROCESSOR_CONFIG} and cannot load the processor"
OWN_LIMIT = "before March 2026 with a limit of its own, 12845056 pixels"


@dataclass(frozen=True, slots=True)
class PixelBudget:
    """How few and how many pixels a picture is scaled to, and the side of a token's square."""

    least: Number
    most: Number
    side: int
    file: str
    ignores_size: bool = False
    """The file says something else in ``size``, which this runtime does not read."""

    def tokens(self, width: int = WIDTH, height: int = HEIGHT) -> int:
        """Return how many tokens a picture becomes."""
        high, wide = scaled(width, height, self.side, self.least, self.most)
        return high * wide

    @property
    def counts(self) -> tuple[int, ...]:
        """All that tells one budget from another, wherever it is written."""
        return self.tokens(), self.ceiling, self.floor, self.side

    @property
    def ceiling(self) -> int:
        """The most tokens that a picture can become."""
        return max(floor(self.most / self.side**2), 1)

    @property
    def floor(self) -> int:
        """The fewest tokens that a picture can become."""
        return ceil(self.least / self.side**2)


def scaled(width: int, height: int, side: int, least: Number, most: Number) -> tuple[int, int]:
    """Return how many squares fill a picture's height and width once it fits the budget."""
    high, wide = round(height / side), round(width / side)
    if high * wide * side**2 > most:
        ratio = sqrt(height * width / most)
        return max(1, floor(height / ratio / side)), max(1, floor(width / ratio / side))
    if high * wide * side**2 < least:
        ratio = sqrt(least / (height * width))
        return ceil(height * ratio / side), ceil(width * ratio / side)
    return high, wide


def image_budget(checkpoint: Checkpoint, runtime: Runtime) -> PixelBudget | None:
    """Return the budget of ``runtime``; None for another family, or values that make no sense."""
    part = image_part(checkpoint, runtime)
    if part is None or not is_scaling(checkpoint, part):
        return None
    side, said = side_of(part), pixels(part, LEAST, MOST, reads_size=True)
    if runtime is not Runtime.TRANSFORMERS_4 or not known_to_4_52(checkpoint):
        read = said
    else:
        read = pixels(part, LEAST, MOST, reads_size=False)
    if side is None or said is None or read is None:
        return None
    return PixelBudget(*read, side, part.file, ignores_size=read != said)


def is_scaling(checkpoint: Checkpoint, part: ProcessorPart) -> bool:
    """Whether the processor is one of those that scale a picture into a budget of pixels."""
    if part.values.get("do_resize") is False:
        return False
    if not part.family:
        return checkpoint.model_type in MODEL_TYPES
    return part.family == FAMILY


def side_of(part: ProcessorPart, patch: int = PATCH) -> int | None:
    """Return the side in pixels of the square that becomes one token."""
    patch_size, merge_size = part.number("patch_size", patch), part.number("merge_size", MERGE)
    if isinstance(patch_size, int) and isinstance(merge_size, int):
        return patch_size * merge_size
    return None


def pixels(
    part: ProcessorPart, least: Number, most: Number, *, reads_size: bool
) -> tuple[Number, Number] | None:
    """Return the fewest and the most pixels, given the defaults of the class.

    A ``size`` without both edges stops every version, whether it reads it or not.
    """
    size = part.get("size")
    if isinstance(size, Mapping):
        edges = positive(size.get("shortest_edge")), positive(size.get("longest_edge"))
        if edges[0] is None or edges[1] is None:
            return None
        if reads_size:
            least, most = edges[0], edges[1]
    bounds = part.number("min_pixels", least), part.number("max_pixels", most)
    return None if bounds[0] is None or bounds[1] is None else (bounds[0], bounds[1])


def image_token_settings(checkpoint: Checkpoint) -> dict[Runtime, Setting]:
    """Resolve the tokens of a 1920x1080 picture; empty without such a processor."""
    budgets = {runtime: image_budget(checkpoint, runtime) for runtime in PROCESSING}
    settings = {r: _setting(r, budget) for r, budget in budgets.items() if budget is not None}
    if settings and image_part(checkpoint, Runtime.TRANSFORMERS_4) is None:
        settings[Runtime.TRANSFORMERS_4] = Setting(None, PREPROCESSOR_CONFIG, NO_FILE, fails=True)
    return settings


def _setting(runtime: Runtime, budget: PixelBudget) -> Setting:
    note = SIZE_IGNORED if budget.ignores_size else ""
    if runtime is Runtime.SGLANG:
        note = OWN_LIMIT
    return Setting(budget.tokens(), budget.file, note)
