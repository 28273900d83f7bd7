"""The runs that a comparison is about: those to choose from, and why one is not to be had."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from slowlens.brief import Brief, Kind
from slowlens.errors import RunFileError
from slowlens.facts.live.measurement import Status
from slowlens.lineup import comparable
from slowlens.run import Run
from slowlens.store import Store
from slowlens_dashboard.runs.history_words import figures, when
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.naming import called


class Gone(StrEnum):
    """Why a run cannot be compared."""

    RUNNING = "running"
    DELETED = "deleted"
    DAMAGED = "damaged"
    CHECKED = "checked"
    """It holds no times."""
    UNKNOWN = "unknown"
    """Or not to be shown by this server."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A run that was asked for in vain."""

    run: str
    gone: Gone
    why: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """Where runs are looked for."""

    store: Store
    read: Callable[[str], Run]
    """Raises RunFileError."""
    may_show: Callable[[Run], bool]
    running: Collection[str] = ()
    """Those that have not ended."""
    confined: bool = False
    """Whether nothing is told of a file that cannot be read: it may be of any folder."""


def look_up(ids: Iterable[str], shop: Shop) -> tuple[tuple[Run, ...], tuple[Lost, ...]]:
    """Return the runs of these ids that hold figures, and what became of the others."""
    found = [_find(run_id, shop) for run_id in ids]
    runs = tuple(each for each in found if isinstance(each, Run))
    return runs, tuple(each for each in found if isinstance(each, Lost))


def _find(run_id: str, shop: Shop) -> Run | Lost:
    if run_id in shop.running:
        return Lost(run_id, Gone.RUNNING)
    try:
        run = shop.read(run_id)
    except RunFileError as error:
        if run_id in shop.store.ids() and not shop.confined:
            return Lost(run_id, Gone.DAMAGED, str(error))
        deleted = run_id in shop.store.trash.ids()
        return Lost(run_id, Gone.DELETED if deleted else Gone.UNKNOWN)
    if not shop.may_show(run):
        return Lost(run_id, Gone.UNKNOWN)
    return run if comparable(run) else Lost(run_id, Gone.CHECKED)


def has_figures(brief: Brief) -> bool:
    """Whether a run is worth offering: it was imported, or timed as far as a brief tells."""
    done = brief.timed is not None and brief.timed.status is Status.DONE
    return brief.kind is Kind.IMPORTED or brief.tpot is not None or done


def options(rows: Mapping[str, Row], tell: Callable[[str], str] = str) -> Mapping[str, str]:
    """Tell runs from each other in a list to choose from, the newest first.

    No two texts are the same: Streamlit finds a choice again by its text. ``tell`` translates
    what is not a name.
    """
    told = {run_id: _option(rows[run_id], tell) for run_id in sorted(rows, reverse=True)}
    number = Counter(told.values())
    return {
        run_id: text if number[text] == 1 else f"{text} · {run_id}" for run_id, text in told.items()
    }


def _option(row: Row, tell: Callable[[str], str]) -> str:
    brief = row.brief
    marked = [f"{tell('baseline')} {name}" for name in row.baselines]
    figure = [tell(next(figures(brief)))] if brief.tpot is not None else []
    return " · ".join((called(row), when(brief), *figure, *marked))
