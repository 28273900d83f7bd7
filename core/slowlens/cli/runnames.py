"""Which run is meant on a command line: its id, its file, its name, or that of a baseline."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from slowlens.baselines import NAME, default_baselines
from slowlens.errors import NoRunError, RunFileError, SlowlensError, UsageError
from slowlens.gate import ExitCode
from slowlens.labels import default_labels
from slowlens.run import Run
from slowlens.spelling import near, question
from slowlens.store import FEW as MANY
from slowlens.store import Store, default_store, load

FEW = 3
"""Runs that are named to whoever named none."""
NO_RUN = "slowlens measure MERGED makes a run."
HELP = "id of a run, its beginning or last part, its name, a run file, or a baseline's name"


def run_named(name: str) -> Run:
    """Return the run that is meant; NoRunError where there is none, or there are several.

    What is meant exactly goes before the beginning or the last part of an id.
    """
    if Path(name).is_file():
        return _file(name)
    store, baselines = default_store(), default_baselines()
    if name in store.ids():
        return store.load(name)
    if NAME.fullmatch(name) and name in baselines.names():
        run = baselines.load(name)
        _refuse_others(name, [other for other in _called(store, name) if other != run.id])
        return run
    message = f"There is no run, run file or baseline {name}."
    return store.load(id_in(store, name, message, others=baselines.names()))


def _refuse_others(name: str, others: list[str]) -> None:
    if others:
        message = f"{name} is the name of a baseline, and of {', '.join(others[:MANY])}."
        raise NoRunError(message, hint="Write the id of the run, or name one of them otherwise.")


def _file(name: str) -> Run:
    try:
        return load(Path(name))
    except RunFileError as error:
        hint = error.hint or "slowlens runs lists those that were kept."
        raise RunFileError(f"{name}: {error}", hint=hint) from error


def id_in(
    store: Store, name: str, message: str = "", empty: str = NO_RUN, others: Sequence[str] = ()
) -> str:
    """Return the id of the run in ``store`` that is ``name``, is called, begins or ends so.

    NoRunError with a hint where there is none, or there are several; ``message`` says that there
    is none, and ``empty`` what to do where there is none at all; ``others`` may be meant too.
    UsageError where ``name`` is empty: every id begins so.
    """
    if not name:
        raise UsageError("The id of a run is empty.", hint="Is the variable set?")
    if name not in store.ids() and (called := _called(store, name)):
        return _only(called, name)
    try:
        return store.find(name)
    except NoRunError as error:
        if error.hint:
            raise
        hint = _elsewhere(store, name, others) or empty
        raise NoRunError(message or str(error), hint=hint) from error


def _called(store: Store, name: str) -> list[str]:
    """Return the ids of the runs in ``store`` that people gave this name, the newest first."""
    kept = set(store.ids())
    return [run_id for run_id in default_labels().named(name) if run_id in kept]


def _only(called: list[str], name: str) -> str:
    if len(called) == 1:
        return called[0]
    more = f" and {len(called) - MANY} more" if len(called) > MANY else ""
    message = f"{len(called)} runs are named {name}: {', '.join(called[:MANY])}{more}."
    raise NoRunError(message, hint="Write the id of one, or its beginning or last part.")


def _elsewhere(store: Store, name: str, others: Sequence[str]) -> str:
    """Say where a run may be that is not in ``store``, or which one may be meant."""
    trash = store.trash
    if trash.fitting(name) or _called(trash, name):
        return f"It was deleted; slowlens runs restore {shlex.quote(name)} brings it back."
    if asked := question(_meant(store, name, others)):
        return asked
    newest = ", ".join(store.ids()[:FEW])
    return f"The newest are {newest}." if newest else ""


def _meant(store: Store, name: str, others: Sequence[str]) -> list[str]:
    """Return the names, or else the ids, that are spelled much as ``name``.

    As much of an id counts as was written; of those that begin alike, the newest is told.
    """
    ids = store.ids()
    labels = default_labels().all()
    called = [labels[run_id].name for run_id in ids if run_id in labels and labels[run_id].name]
    begun = {run_id[: len(name)]: run_id for run_id in reversed(ids)}
    return near(name, [*called, *others]) or [begun[one] for one in near(name, begun)]


@contextmanager
def errors_end_with_3() -> Iterator[None]:
    """Let 2 mean that the sides could not be compared, and nothing else."""
    try:
        yield
    except SlowlensError as error:
        error.exit_code = ExitCode.USAGE
        raise
