"""Where the page Compare finds its runs: those of the store in brief, and the chosen ones whole."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import streamlit as st

from slowlens.briefing import brief_of
from slowlens.labels import labels_of
from slowlens.run import Run
from slowlens.store import load
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.kept import Row, shelf
from slowlens_dashboard.lineup_runs import Shop, has_figures
from slowlens_dashboard.visible import may_show


def shop() -> Shop:
    """Return where this server looks."""
    active = jobs().active
    return Shop(jobs().store, _read, may_show, [active.id] if active else [])


def offered(chosen: Iterable[Run]) -> Mapping[str, Row]:
    """Return the runs to choose from, and those that are chosen, by their ids."""
    listed = {row.brief.id: row for row in shelf().rows if has_figures(row.brief)}
    labels = labels_of(jobs().store)
    others = (run for run in chosen if run.id not in listed)
    return listed | {run.id: Row(brief_of(run.id, run), labels.get(run.id)) for run in others}


def _read(run_id: str) -> Run:
    path = jobs().store.path(run_id)
    try:
        stat = path.stat()
    except OSError:
        return load(path)  # it says what is wrong
    return _loaded(path, stat.st_mtime_ns, stat.st_size)


@st.cache_resource(max_entries=32, show_spinner=False)
def _loaded(path: Path, modified: int, size: int) -> Run:
    """Read a run file; the stamp tells whether what is remembered is still true."""
    assert modified
    assert size >= 0
    return load(path)
