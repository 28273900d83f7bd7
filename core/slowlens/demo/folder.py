"""The finished demo on disk: found, recognised, and put in place all at once."""

import errno
import hashlib
import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from slowlens.demo.recipe import RECIPE, SOURCE, Variant, Weights
from slowlens.errors import SlowlensError
from slowlens.frozen import dataclass

MARKER: Final = "demo.json"
_ABANDONED: Final = 3600.0  # seconds
_LARGE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Demo:
    """A complete demo; ``changed`` names the files that were edited since it was built."""

    folder: Path
    weights: Weights
    build: str
    changed: tuple[str, ...]

    @property
    def source(self) -> Path:
        """The checkpoint that the others came from."""
        return self.checkpoint(SOURCE)

    def checkpoint(self, variant: Variant) -> Path:
        """Return the folder of one variant."""
        return self.folder / variant.name


def find(folder: Path) -> Demo | None:
    """Return the demo in ``folder``; None when it is not complete or of another recipe."""
    try:
        marker = json.loads((folder / MARKER).read_bytes())
        if marker["recipe"] != RECIPE:
            return None
        files: dict[str, str] = marker["files"]
        changed = tuple(name for name, built in files.items() if _mark(folder / name) != built)
        if any(not name.endswith(".json") for name in changed):
            return None
        return Demo(folder, Weights(marker["weights"]), str(marker["build"]), changed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def refuse_foreign(folder: Path) -> None:
    """Fail unless ``folder`` is missing, empty or a demo: nothing else is ever replaced."""
    with writing_to(folder), suppress(FileNotFoundError):
        inode = folder.stat().st_ino
        if not any(folder.iterdir()) or (folder / MARKER).is_file():
            return
        if folder.stat().st_ino != inode:  # another builder has just put its own in place
            return
        raise SlowlensError(
            f"{folder} is not empty and holds no Slowlens demo, so it was left alone.",
            hint="Name a new or an empty folder with --folder.",
        )


@contextmanager
def writing_to(folder: Path) -> Generator[None]:
    """Turn what the file system refuses into an error a person can act on."""
    try:
        yield
    except OSError as error:
        raise SlowlensError(
            f"The demo cannot be written to {folder}: {error.strerror}.",
            hint="Name another folder with --folder.",
        ) from error


@contextmanager
def workplace(folder: Path) -> Generator[Path]:
    """Yield a new folder beside ``folder``, gone afterwards unless it was put in place."""
    prefix = f".{folder.name}-building-"
    with writing_to(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent.glob(f"{prefix}*"))
        place = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def seal(place: Path, weights: Weights) -> None:
    """Mark what was built in ``place`` as complete."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    marker = {
        "recipe": RECIPE,
        "weights": weights,
        "build": uuid.uuid4().hex,
        "files": {path.relative_to(place).as_posix(): _mark(path) for path in files},
    }
    (place / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")


def put_in_place(built: Path, folder: Path, instead_of: Demo | None) -> None:
    """Rename ``built`` to ``folder``; a demo that another process finished meanwhile stays."""
    while not _renamed(built, folder):
        there = find(folder)
        if there and (instead_of is None or there.build != instead_of.build):
            return
        refuse_foreign(folder)
        _retire(folder)


def _renamed(built: Path, folder: Path) -> bool:
    try:
        built.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


def _retire(folder: Path) -> None:
    old = folder.with_name(f".{folder.name}-building-old-{uuid.uuid4().hex}")
    with suppress(FileNotFoundError):  # another process was faster
        folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _sweep(places: Iterable[Path]) -> None:
    for place in places:
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > _ABANDONED:
                shutil.rmtree(place, ignore_errors=True)


def _mark(file: Path) -> str:
    """Return what tells a changed file: the digest of a small JSON file, else the size."""
    size = file.stat().st_size if file.is_file() else -1
    if file.suffix == ".json" and 0 <= size < _LARGE:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return str(size)
