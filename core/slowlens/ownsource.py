"""A checkpoint is not its own source."""

import os
from pathlib import Path

from slowlens.errors import UsageError


def require_two(merged: str | Path, source: str | Path | None) -> None:
    """Raise UsageError for a folder that would be held against itself, however it is spelled."""
    real = os.path.realpath(merged)  # which a loop of links does not stop
    if source is not None and real == os.path.realpath(source):
        # of pathlib, what may not be looked at is an error; an id of the hub is no path
        both = real if os.path.exists(real) else merged  # noqa: PTH110
        message = f"Both are {both}: there is nothing to compare."
        raise UsageError(message, hint="Name the checkpoint that it came from as the source.")
