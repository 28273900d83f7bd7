"""Tensors that have another name in the merged checkpoint, but the same place in the model."""

import re
from collections.abc import Iterable, Iterator

WRAPPERS = re.compile(
    r"(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|base_layer"
    r"|modules_to_save\.\w+)\."
    r"|^(?:module\.)+|^base_model\.model\."
    r"|language_model\.(?=(?:language_model|visual|vision_tower)\.)"
)
"""What training leaves in a name; transformers does not find such a tensor."""
_HEADS = ("model", "language_model", "transformer", "gpt_neox", "backbone")
"""What comes first in a name, and differs between layouts of one model."""
TOWER = "vision_tower."
"""transformers 4 puts ``vision_model.`` behind it for CLIP and SigLIP; version 5 reads both."""
_ITEM = re.compile(r"(?<=\.)\d+(?=\.)")


def renames(source: Iterable[str], merged: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pair names that only one side has, where they mean the same place, without doubt."""
    ours, theirs = _by_place(source), _by_place(merged)
    for place, name in ours.items():
        if other := theirs.get(place, ""):
            yield name, other


def grouped(name: str) -> str:
    """Return a name with ``*`` for the numbers of layers and experts."""
    return _ITEM.sub("*", name)


def wrapper(name: str) -> str:
    """Return what training left in a name, its last dot included, or nothing."""
    found = WRAPPERS.search(name) if may_be_wrapped(name) else None
    return found[0] if found else ""


def unwrapped(name: str) -> str:
    """Return a name without what training left in it."""
    return WRAPPERS.sub("", name) if may_be_wrapped(name) else name


def may_be_wrapped(name: str) -> bool:
    """Look for the words first: there may be 90,000 names."""
    marked = "_mod" in name or "module" in name or "base_" in name
    return marked or name.count("language_model.") > 1 or "language_model.vis" in name


def _by_place(names: Iterable[str]) -> dict[str, str]:
    """Map the place in the model to the name; places that two names claim are left out."""
    places: dict[str, str] = {}
    for name in names:
        place = _place(name)
        places[place] = "" if place in places else name
    return {place: name for place, name in places.items() if name}


def _place(name: str) -> str:
    parts = unwrapped(name).replace(f"{TOWER}vision_model.", TOWER).split(".")
    start = next((i for i, part in enumerate(parts) if part not in _HEADS), 0)
    return ".".join(parts[start:])
