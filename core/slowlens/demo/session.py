"""The parent's side: start the builder, pass on its steps, keep only a complete demo."""

import importlib.util
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from slowlens.child import Child, python
from slowlens.demo.folder import find, put_in_place, refuse_foreign, seal, workplace, writing_to
from slowlens.demo.protocol import Failed, Order, Step, decode, encode_order
from slowlens.demo.recipe import Weights
from slowlens.errors import SlowlensError, WorkerError

_NEEDED: Final = ("torch", "transformers")
BUILDER: Final = python("slowlens.demo.build")
_ROOM: Final = 1_000_000_000
"""Bytes that must be free: three copies of the weights exist for a moment."""


@contextmanager
def build(
    folder: Path, weights: Weights, command: Sequence[str] = BUILDER
) -> Generator[Iterator[Step]]:
    """Yield the steps of a build; ``folder`` holds the demo once they have ended.

    Leaving early stops the builder and leaves ``folder`` as it was.
    """
    _check_installed()
    refuse_foreign(folder)
    with workplace(folder) as place:
        _check_room(place)
        order = encode_order(Order(str(place), weights))
        with Child(command, order, name="the process that builds the demo") as child:
            yield _follow(child, place, folder, weights)


def _follow(child: Child, place: Path, folder: Path, weights: Weights) -> Iterator[Step]:
    before = find(folder)
    for line in child:
        match decode(line):
            case Failed(error, hint):
                raise WorkerError(error, hint=hint)
            case step:
                yield step
    with writing_to(folder):
        seal(place, weights)
        put_in_place(place, folder, instead_of=before)


def _check_installed() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise SlowlensError(
            f"The demo builds real checkpoints, which needs {' and '.join(missing)}.",
            hint='Install what is missing: pip install "slowlens[demo]"',
        )


def _check_room(place: Path) -> None:
    if (free := shutil.disk_usage(place).free) < _ROOM:
        raise SlowlensError(
            f"The demo needs {_ROOM / 1e9:.0f} GB for a moment; "
            f"{free / 1e9:.1f} GB are free in {place.parent}.",
            hint="Free some space, or name another folder with --folder.",
        )
