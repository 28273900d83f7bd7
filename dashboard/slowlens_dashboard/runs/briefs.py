"""Run files in brief, also after a restart: a file may be megabytes, a brief is a kilobyte.

They are remembered in one file of the cache folder, which can be deleted at any time.
"""

import json
import os
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from cattrs import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter

from slowlens import __version__
from slowlens.brief import Brief
from slowlens.briefing import brief_of
from slowlens.durable import locked, write_whole
from slowlens.errors import RunFileError
from slowlens.places import cache_folder
from slowlens.store import load
from slowlens_dashboard.rereading import ENDING, Files, FileStamp, Found, Known

PATIENCE = 0.25
"""Seconds that one look spends on files that are new to it."""
LEAST = 20
"""Files that it reads however long that takes; fewer new ones are not worth remembering."""
FORMAT = f"{__version__}/2"


class Briefs:
    """The runs of one folder in brief; any thread may look."""

    def __init__(self, folder: Path, memory: Path) -> None:
        self._memory = memory
        self._files = Files(folder, _brief, _remembered(memory))
        self._fresh = 0

    def look(self, patience: float = PATIENCE) -> Found[Brief]:
        """Read what is new, the newest first, as long as ``patience`` lasts."""
        found = self._files.look(patience, LEAST)
        self._fresh += found.fresh
        if self._fresh >= LEAST and not found.unread:
            self._fresh = 0
            _remember(self._memory, found)
        return found


def briefs_of(folder: Path) -> Briefs:
    """Return those of a folder, which this process keeps."""
    return _briefs(folder, cache_folder() / "briefs")


@cache
def _briefs(folder: Path, memories: Path) -> Briefs:
    name = sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return Briefs(folder, memories / f"{name}{ENDING}")


def _brief(path: Path) -> Brief:
    try:
        return brief_of(path.stem, load(path))
    except RunFileError as error:
        return brief_of(path.stem, error)


def _remembered(memory: Path) -> Known[Brief]:
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError, BaseValidationError):
        kept = json.loads(memory.read_bytes())
        if kept["format"] == FORMAT:
            structure = _converter().structure
            return {
                name: (FileStamp(*stamp), structure(brief, Brief))
                for name, (stamp, brief) in kept["briefs"].items()
            }
    return {}


def _remember(memory: Path, found: Found[Brief]) -> None:
    """Write it where nobody else does; without it the files are read once more."""
    plain = _converter().unstructure
    briefs = {name: (stamp, plain(brief)) for name, (stamp, brief) in found.known.items()}
    with suppress(OSError, ValueError):
        memory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(memory.with_suffix(".lock"), wait=False) as mine:
            if mine:
                write_whole(memory, json.dumps({"format": FORMAT, "briefs": briefs}).encode())


@cache
def _converter() -> JsonConverter:
    return make_converter()
