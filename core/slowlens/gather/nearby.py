"""The folders that may be meant by a path that leads nowhere."""

import os
from contextlib import suppress
from itertools import islice
from pathlib import Path

from slowlens.gather.rawfile import printable
from slowlens.spelling import near

MOST = 2000
"""Entries of a folder among which a name is looked for."""


def nearby(path: Path) -> list[str]:
    """Return the folders that may be meant by a path that leads nowhere, the nearest first.

    They are looked for where it begins to be wrong: beside the first name that is not there.
    """
    missing = path
    # of pathlib, what may not be looked at is an error; the folder here may be gone too
    while missing.parent != missing and not os.path.isdir(missing.parent):  # noqa: PTH112
        missing = missing.parent
    rest = path.relative_to(missing)
    with suppress(OSError), os.scandir(missing.parent) as entries:
        names = [entry.name for entry in islice(entries, MOST) if _is_folder(entry)]
        found = [missing.parent / name for name in near(missing.name, names)]
        whole = [place / rest for place in found if os.path.isdir(place / rest)]  # noqa: PTH112
        return [printable(str(place)) for place in whole or found]
    return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False
