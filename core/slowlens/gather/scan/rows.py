"""The rows that a vocabulary was enlarged by."""

import numpy as np

from slowlens.facts.checkpoint import Tensor
from slowlens.facts.weights.scan import NewRows
from slowlens.gather.rawfile import regular_file
from slowlens.gather.scan.numbers import LAYOUTS, OTHER
from slowlens.gather.scan.pieces import BLOCK, Place
from slowlens.gather.scan.reading import fill


def new_rows(tensor: Tensor, place: Place, first: int) -> NewRows:
    """Read the rows of ``tensor`` from number ``first`` on; SlowlensError when they are gone."""
    count = tensor.shape[0] - first
    width = tensor.size // tensor.shape[0]
    layout = LAYOUTS.get(tensor.dtype, OTHER)
    at_once = max(1, BLOCK // width)
    zero, digests = 0, set[int]()
    with regular_file(place.path) as file:
        file.seek(place.begin + first * width)
        for start in range(0, count, at_once):
            data = bytearray(min(at_once, count - start) * width)
            fill(memoryview(data), file)
            rows = np.frombuffer(data, np.uint8).reshape(-1, width)
            values = rows.view(layout.kind) & layout.kind(layout.magnitude)
            filled = values.any(axis=1)
            zero += int((~filled).sum())
            digests.update(hash(row.tobytes()) for row in rows[filled])
    return NewRows(tensor, first, count, zero, count - zero - len(digests))
