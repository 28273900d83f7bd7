"""What the numbers in a stretch of memory are, by their bits."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """How one dtype writes a number: the unsigned type of its width, and what is not finite.

    Without its sign bit a value grows with its bits, so that one maximum tells whether all of
    them are zero, and whether one is infinite or not a number.
    """

    kind: Any
    magnitude: int
    """Mask of all bits but the sign."""
    infinity: int | None = None
    """Magnitude of infinity; whatever is larger is not a number."""
    nan: int | None = None
    """The one magnitude that is not a number, in a dtype without infinity."""


LAYOUTS = {
    "F64": Layout(np.uint64, 0x7FFFFFFFFFFFFFFF, 0x7FF0000000000000),
    "F32": Layout(np.uint32, 0x7FFFFFFF, 0x7F800000),
    "BF16": Layout(np.uint16, 0x7FFF, 0x7F80),
    "F16": Layout(np.uint16, 0x7FFF, 0x7C00),
    "F8_E5M2": Layout(np.uint8, 0x7F, 0x7C),
    "F8_E4M3": Layout(np.uint8, 0x7F, nan=0x7F),
}
OTHER = Layout(np.uint8, 0xFF)
"""Whole and packed numbers: all that can be told is whether they are zero."""


class Numbers(NamedTuple):
    """What was found; counts of values."""

    nan: int
    infinite: int
    zero: bool


def numbers(data: memoryview, dtype: str, scratch: npt.NDArray[np.uint8]) -> Numbers:
    """Look at ``data``; ``scratch`` is at least as long and is overwritten."""
    layout = LAYOUTS.get(dtype, OTHER)
    bits = np.frombuffer(data, layout.kind)
    if not bits.size:
        return Numbers(0, 0, zero=True)
    magnitudes = scratch[: len(data)].view(layout.kind)
    np.bitwise_and(bits, layout.kind(layout.magnitude), out=magnitudes)
    largest = int(magnitudes.max())
    if layout.nan is not None:
        return Numbers(_count(magnitudes == layout.nan), 0, largest == 0)
    if layout.infinity is None or largest < layout.infinity:
        return Numbers(0, 0, largest == 0)
    infinity = layout.infinity
    return Numbers(_count(magnitudes > infinity), _count(magnitudes == infinity), zero=False)


def _count(found: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(found))
