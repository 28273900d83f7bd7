"""What else decides how many tokens a picture becomes, in families that cut it into tiles."""

from collections.abc import Iterator, Mapping

from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.pictures.pixels import is_scaling
from slowlens.facts.pictures.processors import ProcessorPart, image_part
from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Json, same

TILING_KEYS = (
    "do_image_splitting",
    "do_pan_and_scan",
    "num_crops",
    "image_grid_pinpoints",
    "max_dynamic_patch",
    "min_dynamic_patch",
    "max_patches",
    "min_patches",
    "crop_to_patches",
    "max_image_tiles",
    "max_image_size",
    "image_seq_length",
    "size",
    "crop_size",
    "do_resize",
    "do_center_crop",
    "patch_size",
)


@dataclass(frozen=True, slots=True)
class PictureKey:
    """A key that both checkpoints write, each with another value."""

    here: ProcessorPart
    key: str
    merged: Json
    source: Json


def changed_keys(merged: Checkpoint, source: Checkpoint, runtime: Runtime) -> Iterator[PictureKey]:
    """Yield the keys of a tiling processor that differ; a key that one leaves out tells nothing."""
    here, there = image_part(merged, runtime), image_part(source, runtime)
    if here is None or there is None:
        return
    if is_scaling(merged, here) or here.family != there.family:
        return
    for key in TILING_KEYS:
        now, before = here.values.get(key), there.values.get(key)
        told = now is not None and before is not None
        if told and not same(_canonical(now), _canonical(before)):
            yield PictureKey(here, key, now, before)


def _canonical(value: Json) -> Json:
    """Write a size as the set of its numbers: 336 is 336 high and wide, in every spelling."""
    if not isinstance(value, Mapping):
        return value
    numbers = {k: v for k, v in value.items() if v is not None}
    alone = next(iter(numbers.values()), None)
    return alone if all(same(n, alone) for n in numbers.values()) else numbers
