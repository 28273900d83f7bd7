"""Tensors that have another name in the merged checkpoint, but the same place in the model."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

WRAPPERS = re.compile(
    r"(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|base_layer)\."
    r"|^(?:module\.)+|^base_model\.model\."
)
"""What training leaves in a name; transformers does not find such a tensor."""
_HEADS = ("model", "language_model")
_ITEM = re.compile(r"(?<=\.)\d+(?=\.)")


@dataclass(frozen=True, slots=True)
class Rename:
    """One tensor in both checkpoints; ``wrapper`` is what training left in a name."""

    source: str
    merged: str
    wrapper: str = ""

    @property
    def prefixes(self) -> tuple[str, str]:
        """The parts of the names before what they have in common, as ``prefix.*``."""
        left, right = self.source.split("."), self.merged.split(".")
        while left and right and left[-1] == right[-1]:
            left.pop()
            right.pop()
        return ".".join((*left, "*")), ".".join((*right, "*"))


def renames(source: Iterable[str], merged: Iterable[str]) -> tuple[Rename, ...]:
    """Pair names that only one side has, where they mean the same place, without doubt."""
    ours, theirs = _by_place(source), _by_place(merged)
    return tuple(_renames(ours, theirs))


def grouped(name: str) -> str:
    """Return a name with ``*`` for the numbers of layers and experts."""
    return _ITEM.sub("*", name)


def _renames(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[Rename]:
    for place, name in ours.items():
        if other := theirs.get(place, ""):
            yield Rename(name, other, _wrapper(other) or _wrapper(name))


def _wrapper(name: str) -> str:
    found = WRAPPERS.search(name) if _may_be_wrapped(name) else None
    return found[0] if found else ""


def _may_be_wrapped(name: str) -> bool:
    """Look for the words first: there may be 90,000 names."""
    return "_mod." in name or "module." in name or "base_" in name


def _by_place(names: Iterable[str]) -> dict[str, str]:
    """Map the place in the model to the name; places that two names claim are left out."""
    places: dict[str, str] = {}
    for name in names:
        place = _place(name)
        places[place] = "" if place in places else name
    return {place: name for place, name in places.items() if name}


def _place(name: str) -> str:
    parts = (WRAPPERS.sub("", name) if _may_be_wrapped(name) else name).split(".")
    start = next((i for i, part in enumerate(parts) if part not in _HEADS), 0)
    return ".".join(parts[start:])
