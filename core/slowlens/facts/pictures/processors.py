"""Which file each runtime reads the settings of an image or video processor from.

transformers 5 saves them all in processor_config.json, one object for each processor, and reads
that object first; transformers 4.52 knows only the files of its own, and later versions of
transformers 4 read a nested object when there is no such file.
"""

from collections.abc import Mapping
from typing import TypeAlias

from slowlens.facts.checkpoint import CONFIG, Checkpoint
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, Pointer, lookup

PREPROCESSOR_CONFIG = "preprocessor_config.json"
VIDEO_PREPROCESSOR_CONFIG = "video_preprocessor_config.json"
PROCESSOR_CONFIG = "processor_config.json"

PROCESSING = (*GENERATE, *ENGINES)
"""The runtimes that turn a picture into tokens with transformers' processors."""

KNOWN_TO_4_52 = ("qwen2_vl", "qwen2_5_vl", "qwen2_5_omni", "")
"""Model types with Qwen's pictures that transformers 4.52 can load."""

LARGEST = 10**12
"""No count of pixels, frames or patches goes beyond."""

Number: TypeAlias = int | float


@dataclass(frozen=True, slots=True)
class ProcessorPart:
    """The settings of one processor: an object at ``pointer`` in ``file``."""

    file: str
    pointer: Pointer
    values: JsonObject

    def get(self, key: str) -> Json | Absent:
        """Return what it says about ``key``."""
        return self.values.get(key, ABSENT)

    def at(self, pointer: Pointer) -> Json | Absent:
        """Return what it says at ``pointer``, counted from itself."""
        return lookup(self.values, pointer)

    def number(self, key: str, default: Number) -> Number | None:
        """Return a positive number, ``default`` where unset, None where it is no such number."""
        value = self.values.get(key)
        return default if value is None else positive(value)

    @property
    def family(self) -> str:
        """The name of its class, without the suffix of a variant."""
        names = (self.values.get(f"{kind}_processor_type") for kind in ("image", "video"))
        name = next((name for name in names if isinstance(name, str)), "")
        return name.removesuffix("Fast").removesuffix("Pil")


def image_part(checkpoint: Checkpoint, runtime: Runtime) -> ProcessorPart | None:
    """Return the settings for pictures that ``runtime`` reads; None when it finds none."""
    nested = nested_part(checkpoint, "image_processor")
    if runtime is Runtime.TRANSFORMERS_4:
        old = known_to_4_52(checkpoint)
        return own_part(checkpoint, PREPROCESSOR_CONFIG) or (None if old else nested)
    return nested or own_part(checkpoint, PREPROCESSOR_CONFIG)


def video_part(checkpoint: Checkpoint, runtime: Runtime) -> ProcessorPart | None:
    """Return the settings for videos that ``runtime`` reads; those for pictures where none are."""
    nested = nested_part(checkpoint, "video_processor")
    own = own_part(checkpoint, VIDEO_PREPROCESSOR_CONFIG)
    fallback = own_part(checkpoint, PREPROCESSOR_CONFIG)
    if runtime is Runtime.TRANSFORMERS_4:
        return own or fallback or (None if known_to_4_52(checkpoint) else nested)
    return nested or own or fallback


def own_part(checkpoint: Checkpoint, file: str) -> ProcessorPart | None:
    """Return the settings that fill a file of their own."""
    values = checkpoint.values(file)
    return None if values is None else ProcessorPart(file, (), values)


def nested_part(checkpoint: Checkpoint, key: str) -> ProcessorPart | None:
    """Return the settings that transformers 5 nests under ``key``."""
    values = checkpoint.get(PROCESSOR_CONFIG, key)
    return ProcessorPart(PROCESSOR_CONFIG, (key,), values) if isinstance(values, Mapping) else None


def known_to_4_52(checkpoint: Checkpoint) -> bool:
    """Whether transformers 4.52 can load the model: its reading then stands for transformers 4."""
    return checkpoint.model_type in KNOWN_TO_4_52 or not checkpoint.has(CONFIG)


def positive(value: Json | Absent) -> Number | None:
    """Return a number above zero that a picture could have, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value <= LARGEST:
        return None
    return int(value) if value == int(value) else value
