"""Which runs this server shows: where others may see it, none of checkpoints outside its roots."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from slowlens.brief import Brief, Kind
from slowlens.run import Run
from slowlens_dashboard.access.options import Options, options_from


def may_show(run: Run) -> bool:
    """Whether a run may be shown, wherever its id is asked for."""
    if run.imported is not None:
        return True
    sides = (run.merged, *([run.source] if run.source else []))
    return all(map(seen(options_from(os.environ)), (side.path for side in sides)))


def shown() -> Callable[[Brief], bool]:
    """Return what tells it of many runs in brief."""
    inside = seen(options_from(os.environ))

    def may_show(brief: Brief) -> bool:
        if brief.kind is Kind.IMPORTED:
            return True
        source = [brief.source.path] if brief.source else []
        return all(map(inside, (brief.merged.path if brief.merged else "", *source)))

    return may_show


def seen(options: Options) -> Callable[[str], bool]:
    """Return what tells whether the runs of a folder are shown; one that is not known is not."""
    if not options.confined:
        return lambda _path: True

    @cache  # a folder is looked up on the disk, and many runs have the same one
    def inside(path: str) -> bool:
        try:
            folder = Path(path).resolve() if path else None
        except (OSError, RuntimeError, ValueError):
            return False
        return folder is not None and any(folder.is_relative_to(root) for root in options.roots)

    return inside
