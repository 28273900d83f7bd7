"""What a plan may not ask for at once, whoever made it."""

import os
from pathlib import Path

from slowlens.errors import UsageError
from slowlens.facts.live.plan import Plan


def require_one_way(plan: Plan, parallel: str, placed: str) -> None:
    """Raise UsageError for layers that are to be divided and placed whole.

    ``parallel`` and ``placed`` are what the user knows the two settings by.
    """
    if plan.tensor_parallel > 1 and plan.device_map:
        hint = "Leave one of them out: the first divides every layer, the second places whole ones."
        raise UsageError(f"{parallel} and {placed} exclude each other.", hint=hint)


def require_two(merged: Path, source: Path | None) -> None:
    """Raise UsageError for a folder that would be timed against itself, however it is spelled."""
    real = os.path.realpath(merged)  # which a loop of links does not stop
    if source is not None and real == os.path.realpath(source):
        message = f"Both are {real}: there is nothing to compare."
        raise UsageError(message, hint="Name the checkpoint that it came from as the source.")
