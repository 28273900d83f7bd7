"""Image, video and sound settings in one spelling, from whichever file has them."""

from collections.abc import Mapping

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.diff.inert import INERT
from slowlens.facts.diff.leaves import Leaves
from slowlens.jsonvalue import Json, JsonObject

PROCESSOR_CONFIG = "processor_config.json"
NESTED = {
    "preprocessor_config.json": ("image_processor", "feature_extractor"),
    "video_preprocessor_config.json": ("video_processor",),
    "audio_preprocessor_config.json": ("audio_processor",),
}
"""File of transformers 4 to the keys of processor_config.json that transformers 5 writes."""
_EDGES = {"min_pixels": "shortest_edge", "max_pixels": "longest_edge"}
_PIXELS = "transformers 5 writes size; transformers 4.52 and older read only min and max_pixels"
_DEFAULT = "the default of its class, or unused"
_CLASS = "the class of the same name; Fast and Pil are its variants"
_UNUSED = (
    "data_format",
    "input_data_format",
    "return_tensors",
    "device",
    "disable_grouping",
    "default_to_square",
    "video_metadata",
    "return_metadata",
    "do_pad",
    "max_video_tokens",
)


def processor_values(checkpoint: Checkpoint, file: str) -> JsonObject | None:
    """Return what ``file`` says, or what processor_config.json says: transformers 5 prefers it."""
    own = checkpoint.values(file)
    nested = checkpoint.values(PROCESSOR_CONFIG) or {}
    parts = [part for key in NESTED[file] if isinstance(part := nested.get(key), Mapping)]
    if not parts:
        return own
    return {key: value for part in parts for key, value in part.items()}


def processor_leaves(values: JsonObject) -> Leaves:
    """Return the settings of one processor."""
    leaves = Leaves(values)
    for key in INERT.keys() & leaves.keys():
        leaves.drop((key,), INERT[key])
    for key in _UNUSED:
        leaves.drop((key,), _DEFAULT)
    for old, new in _EDGES.items():
        if leaves.value((old,)) is None:
            leaves.drop((old,), _PIXELS)
        elif leaves.leaf((old,)):
            leaves.drop(("size", new), f"{old} counts where both are there")
            leaves.move((old,), ("size", new), _PIXELS)
    for key in ("image_processor_type", "video_processor_type"):
        leaves.rewrite((key,), _family, _CLASS)
    return leaves


def own_leaves(checkpoint: Checkpoint) -> Leaves:
    """Return what processor_config.json says of the processor itself."""
    values = checkpoint.values(PROCESSOR_CONFIG) or {}
    parts = {key for keys in NESTED.values() for key in keys}
    leaves = Leaves({key: value for key, value in values.items() if key not in parts})
    for key in INERT.keys() & leaves.keys():
        leaves.drop((key,), INERT[key])
    return leaves


def _family(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    return value.removesuffix("Fast").removesuffix("Pil")
