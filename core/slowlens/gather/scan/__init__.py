"""Reading every weight: its numbers, and whether they are the source's."""

from collections.abc import Callable

from slowlens.errors import SlowlensError
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.weights.scan import Scan

Progress = Callable[[int, int], None]
"""Takes the bytes that were read so far, and the bytes of all."""


def scan_weights(merged: Checkpoint, source: Checkpoint | None, progress: Progress) -> Scan:
    """Read every weight of ``merged`` once, beside the source's of the same dtype and shape.

    Memory is bounded by a few blocks a thread, whatever the size of the checkpoint.
    SlowlensError when numpy is missing, CheckpointError when a file is gone.
    """
    try:
        from slowlens.gather.scan.scan import scan  # numpy is for those who ask for it
    except ImportError as error:
        hint = 'Install it with: pip install "slowlens[scan]"'
        raise SlowlensError(
            "reading the weights needs numpy, which is missing", hint=hint
        ) from error
    return scan(merged, source, progress)
