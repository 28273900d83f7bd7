"""Whether the output head is the embedding: a few blocks of both, never the whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Tensor, Weights
from slowlens.facts.weights.head import ends_of
from slowlens.gather.rawfile import regular_file
from slowlens.gather.safetensors import data_spans

BLOCKS = 16
BLOCK = 4096


def head_is_embedding(root: Path, weights: Weights) -> bool | None:
    """Compare ``BLOCKS`` blocks at the same places; None where there is nothing to tell.

    Nothing but zeros tells nothing: it may be a hole in a file whose data never came.
    """
    ends = ends_of(weights)
    if ends.head is None or ends.embedding is None or not ends.comparable:
        return None
    try:
        left, right = _sampled(root, ends.head), _sampled(root, ends.embedding)
    except (SlowlensError, OSError):
        return None
    expected = sum(length for _, length in _places(ends.head.size))
    if len(left) != expected or len(right) != expected or not (any(left) and any(right)):
        return None
    return left == right


def _sampled(root: Path, tensor: Tensor) -> bytes:
    path = root / tensor.file
    begin, end = data_spans(path, (tensor.name,)).get(tensor.name, (0, 0))
    if end - begin != tensor.size:
        return b""  # another file since
    with regular_file(path) as file:
        return b"".join(_blocks(file, begin, tensor.size))


def _blocks(file: BinaryIO, begin: int, size: int) -> Iterator[bytes]:
    for offset, length in _places(size):
        file.seek(begin + offset)
        yield file.read(length)


def _places(size: int) -> tuple[tuple[int, int], ...]:
    """Return offset and length of each block, from the first byte to the last."""
    if size <= BLOCKS * BLOCK:
        return ((0, size),) if size else ()
    last = size - BLOCK
    return tuple((last * i // (BLOCKS - 1), BLOCK) for i in range(BLOCKS))
