"""Which run is meant on a command line: its id, its file, or the name of a baseline."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slowlens.baselines import NAME, default_baselines
from slowlens.errors import RunFileError, SlowlensError
from slowlens.gate import ExitCode
from slowlens.run import Run
from slowlens.store import RUN_ID, default_store, load

FEW = 3


def run_named(name: str) -> Run:
    """Return the run that is meant; RunFileError where there is none."""
    if Path(name).is_file():
        return load(Path(name))
    store = default_store()
    if RUN_ID.fullmatch(name) and store.path(name).is_file():
        return store.load(name)
    baselines = default_baselines()
    if NAME.fullmatch(name) and name in baselines.names():
        return baselines.load(name)
    newest = ", ".join(run.id for run in store.recent(FEW))
    hint = f"The newest runs are {newest}." if newest else "slowlens measure MERGED makes a run."
    raise RunFileError(f"There is no run, run file or baseline {name}.", hint=hint)


def newest_run() -> Run:
    """Return the run that was kept last; RunFileError without any."""
    for run in default_store().recent(1):
        return run
    raise RunFileError("No run is kept yet.", hint="slowlens measure MERGED makes one.")


@contextmanager
def errors_end_with_3() -> Iterator[None]:
    """Let 2 mean that the sides could not be compared, and nothing else."""
    try:
        yield
    except SlowlensError as error:
        error.exit_code = ExitCode.USAGE
        raise
