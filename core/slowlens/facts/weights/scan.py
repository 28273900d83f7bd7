"""What the numbers of the weights themselves say, where they were read."""

from slowlens.facts.checkpoint import FileProblem, Tensor
from slowlens.frozen import dataclass

NOTHING_READ = "no weights could be read"
"""Why a scan of no tensors decides nothing."""


@dataclass(frozen=True, slots=True)
class BadTensor:
    """A tensor with values that are no finite numbers, or with nothing but zeros."""

    tensor: Tensor
    nan: int = 0
    """Number of values that are not a number."""
    infinite: int = 0
    """Number of values beyond the range of the dtype."""
    zero: bool = False
    """Every value is zero, and the source's are not, as far as there is one."""


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows that the vocabulary was enlarged by."""

    tensor: Tensor
    first: int
    """Number of the first new row."""
    count: int
    zero: int
    """How many of them are nothing but zeros."""
    repeated: int
    """How many of the others are a copy of another new row."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Every weight of the merged checkpoint, read once; beside its source's where there is one."""

    tensors: int = 0
    size: int = 0
    """Bytes that were read of the merged checkpoint."""
    bad: tuple[BadTensor, ...] = ()
    compared: int = 0
    """Tensors that the source has too, in the same dtype and shape."""
    identical: int = 0
    """Those of them that are the source's to the byte."""
    head_is_embedding: bool | None = None
    """To the byte; None where there are not both, in one dtype and shape."""
    new_rows: tuple[NewRows, ...] = ()
    unread: tuple[FileProblem, ...] = ()
    """Files that changed or vanished while they were read."""
