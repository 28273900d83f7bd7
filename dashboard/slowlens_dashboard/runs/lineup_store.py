"""Where the page Compare finds its runs: those of the store in brief, and the chosen ones whole."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import streamlit as st

from slowlens.briefing import brief_of
from slowlens.facts.live.trial import Kind
from slowlens.labels import labels_of
from slowlens.lineup import Lineup, line_up
from slowlens.run import Run
from slowlens.store import load
from slowlens_dashboard.access.visible import may_show
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.pair import options
from slowlens_dashboard.runs.kept import Row, shelf
from slowlens_dashboard.runs.lineup_runs import Shop, has_figures


def shop() -> Shop:
    """Return where this server looks."""
    active = jobs().active
    running = [active.id] if active else []
    return Shop(jobs().store, _read, may_show, running, options().confined)


def offered(chosen: Iterable[Run]) -> Mapping[str, Row]:
    """Return the runs to choose from, and those that are chosen, by their ids."""
    listed = {row.brief.id: row for row in shelf().rows if has_figures(row.brief)}
    labels = labels_of(jobs().store)
    others = (run for run in chosen if run.id not in listed)
    return listed | {run.id: Row(brief_of(run.id, run), labels.get(run.id)) for run in others}


def lined_up(runs: Sequence[Run], kind: Kind | None, *, anyway: bool) -> Lineup:
    """Return the runs beside each other; of long ones that takes a while, so it is remembered."""
    files = tuple(_File.of(jobs().store.path(run.id)) for run in runs)
    return _lined_up(files, kind, anyway, runs)


class _File(NamedTuple):
    """A run file as it was when it was read."""

    path: Path
    modified: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """Look at a file; one that is gone has no size."""
        try:
            stat = path.stat()
        except OSError:
            return cls(path, 0, 0)
        return cls(path, stat.st_mtime_ns, stat.st_size)


def _read(run_id: str) -> Run:
    file = _File.of(jobs().store.path(run_id))
    return _loaded(file) if file.modified else load(file.path)  # which says what is wrong


@st.cache_resource(max_entries=32, show_spinner=False)
def _loaded(file: _File) -> Run:
    return load(file.path)


@st.cache_resource(max_entries=16, show_spinner=False)
def _lined_up(
    files: tuple[_File, ...], kind: Kind | None, anyway: bool, _runs: Sequence[Run]
) -> Lineup:
    assert len(files) == len(_runs)
    return line_up(_runs, kind, anyway=anyway)
