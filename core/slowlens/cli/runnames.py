"""Which run is meant on a command line: its id, its file, or the name of a baseline."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slowlens.baselines import NAME, default_baselines
from slowlens.errors import RunFileError, SlowlensError, UsageError
from slowlens.gate import ExitCode
from slowlens.run import Run
from slowlens.store import Store, default_store, load

FEW = 3
"""Runs that are named to whoever named none."""
NO_RUN = "slowlens measure MERGED makes a run."
HELP = "id of a run or its beginning, a run file, or the name of a baseline"


def run_named(name: str) -> Run:
    """Return the run that is meant; RunFileError where there is none, or there are several."""
    if Path(name).is_file():
        return _file(name)
    baselines = default_baselines()
    if NAME.fullmatch(name) and name in baselines.names():
        return baselines.load(name)
    store = default_store()
    return store.load(id_in(store, name, f"There is no run, run file or baseline {name}."))


def _file(name: str) -> Run:
    try:
        return load(Path(name))
    except RunFileError as error:
        hint = error.hint or "slowlens runs lists those that were kept."
        raise RunFileError(f"{name}: {error}", hint=hint) from error


def id_in(store: Store, name: str, message: str = "", empty: str = NO_RUN) -> str:
    """Return the id of the run in ``store`` that begins with ``name``; RunFileError with a hint.

    ``message`` says that there is none, and ``empty`` what to do where there is none at all.
    UsageError where ``name`` is empty: every id begins so.
    """
    if not name:
        raise UsageError("The id of a run is empty.", hint="Is the variable set?")
    try:
        return store.find(name)
    except RunFileError as error:
        if error.hint:
            raise
        raise RunFileError(message or str(error), hint=_elsewhere(store, name) or empty) from error


def _elsewhere(store: Store, name: str) -> str:
    """Say where a run may be that is not in ``store``."""
    if name and any(run_id.startswith(name) for run_id in store.trash.ids()):
        return f"It was deleted; slowlens runs restore {name} brings it back."
    newest = ", ".join(store.ids()[:FEW])
    return f"The newest are {newest}." if newest else ""


@contextmanager
def errors_end_with_3() -> Iterator[None]:
    """Let 2 mean that the sides could not be compared, and nothing else."""
    try:
        yield
    except SlowlensError as error:
        error.exit_code = ExitCode.USAGE
        raise
