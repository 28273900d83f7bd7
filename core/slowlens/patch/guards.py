"""Files that are not changed in place, since that would reach further than this folder."""

import os
from pathlib import Path

from slowlens.errors import PatchError
from slowlens.patch.explained import instead
from slowlens.patch.preparing import Patch


def refuse_shared(patch: Patch) -> None:
    """Raise PatchError where a file is a link, or stands under another name as well.

    A snapshot of the hub's cache is made of links to files that other revisions share, and its own
    tools expect them to be links.
    """
    for file in patch.files:
        path = patch.root / file.name
        if reason := _shared(path):
            raise PatchError(f"{path} {reason}, so it is not changed", hint=instead(patch.root))


def _shared(path: Path) -> str:
    if path.is_symlink():
        return f"is a link to {os.readlink(path)}, which others may share"  # noqa: PTH115
    if path.exists() and (names := path.stat().st_nlink) > 1:
        return f"is one file under {names} names (hard links)"
    return ""
