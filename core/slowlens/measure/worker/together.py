"""What all processes of a run do at once: where it fails in one of them, it fails in all."""

from collections.abc import Callable
from typing import Any, TypeVar

from slowlens.errors import WorkerError
from slowlens.measure.worker.failure import OutOfMemoryError, forgetting
from slowlens.measure.worker.peers import ALONE
from slowlens.measure.worker.ranks import PATIENCE, PartedError, gathered, place

_T = TypeVar("_T")


def together(what: str, action: Callable[[], _T], patience: float = PATIENCE) -> _T:
    """Return what ``action`` returns; its WorkerError, or that of the first process that has one.

    PartedError where one is not done ``patience`` seconds after another: it hangs in a pass that
    the other has left.
    """
    if place() == ALONE:
        return action()
    done: list[_T] = []
    error: WorkerError | None = None
    try:
        done.append(action())
    except PartedError:
        raise
    except WorkerError as found:
        error = forgetting(found)
    if failed := _first(what, error, patience):
        raise failed
    return done[0]


def _first(what: str, error: WorkerError | None, patience: float) -> WorkerError | None:
    """Return the error of the first process that has one, the same in all of them."""
    try:
        told = gathered(what, None if error is None else _told(error), patience)
    except PartedError as parted:
        if error is None:
            raise
        raise PartedError(f"{error} (in one process and not in all)", hint=error.hint) from parted
    return next((_read(each) for each in told if each), None)


def _told(error: WorkerError) -> dict[str, Any]:
    told: dict[str, Any] = {"message": f"{error}{_where()}", "hint": error.hint}
    if isinstance(error, OutOfMemoryError):
        told["memory"] = [error.needed, error.free]
    return told


def _where() -> str:
    here = place()
    return f" (in {here})" if here.rank else ""


def _read(told: dict[str, Any]) -> WorkerError:
    if "memory" in told:
        return OutOfMemoryError(told["message"], told["hint"], *told["memory"])
    return WorkerError(told["message"], hint=told["hint"])
