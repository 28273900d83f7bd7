"""Which bytes of which files are read together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from slowlens.errors import CheckpointError, SlowlensError
from slowlens.facts.checkpoint import Tensor
from slowlens.frozen import dataclass
from slowlens.gather.safetensors import data_spans

BLOCK = 4 * 2**20
"""Bytes that are in memory at once, and a multiple of every dtype's width."""
SHARE = 64 * BLOCK
"""Bytes that one thread takes on at a time."""


class Place(NamedTuple):
    """The byte of a file at which something begins."""

    path: Path
    begin: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of one tensor, and where its counterpart lies, if it has one."""

    tensor: Tensor
    place: Place
    length: int
    other: Place | None = None


def places(root: Path, tensors: Iterable[Tensor]) -> dict[str, Place]:
    """Find where tensors lie; CheckpointError when a file cannot be read any more."""
    by_file: defaultdict[str, list[str]] = defaultdict(list)
    for tensor in tensors:
        by_file[tensor.file].append(tensor.name)
    return {
        name: Place(root / file, begin)
        for file, names in by_file.items()
        for name, (begin, _) in _spans(root, file, names).items()
    }


def _spans(root: Path, file: str, names: Collection[str]) -> dict[str, tuple[int, int]]:
    try:
        return data_spans(root / file, names)
    except SlowlensError as error:
        raise CheckpointError(f"{file} {error}", hint=error.hint) from error


def shares(
    tensors: Iterable[Tensor], here: Mapping[str, Place], there: Mapping[str, Place]
) -> Iterator[tuple[Piece, ...]]:
    """Cut long tensors up and put short ones together, in the order of the files.

    ``here`` and ``there`` have the places of tensors and counterparts, by the tensors' names.
    """
    share: list[Piece] = []
    room = SHARE
    for piece in _pieces(tensors, here, there):
        if share and piece.length > room:
            yield tuple(share)
            share, room = [], SHARE
        share.append(piece)
        room -= piece.length
    if share:
        yield tuple(share)


def _pieces(
    tensors: Iterable[Tensor], here: Mapping[str, Place], there: Mapping[str, Place]
) -> Iterator[Piece]:
    placed = [tensor for tensor in tensors if tensor.name in here]
    for tensor in sorted(placed, key=lambda tensor: here[tensor.name]):
        place, other = here[tensor.name], there.get(tensor.name)
        for offset in range(0, tensor.size, SHARE):
            yield Piece(
                tensor,
                _beyond(place, offset),
                min(SHARE, tensor.size - offset),
                _beyond(other, offset) if other else None,
            )


def _beyond(place: Place, offset: int) -> Place:
    return Place(place.path, place.begin + offset)
