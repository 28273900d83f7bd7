"""Where the page Compare finds its runs: those of the store in brief, and the chosen ones whole."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from slowlens.briefing import brief_of
from slowlens.facts.live.trial import Kind
from slowlens.labels import labels_of
from slowlens.lineup import Lineup, line_up
from slowlens.run import Run
from slowlens_dashboard.access.visible import may_show
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.pair import options
from slowlens_dashboard.rereading import FileStamp, stamp_of, whole
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
    paths = [jobs().store.path(run.id) for run in runs]
    return _lined_up(tuple((path, stamp_of(path)) for path in paths), kind, anyway, runs)


def _read(run_id: str) -> Run:
    return whole(jobs().store.path(run_id))


@st.cache_resource(max_entries=16, show_spinner=False)
def _lined_up(
    files: tuple[tuple[Path, FileStamp | None], ...],
    kind: Kind | None,
    anyway: bool,
    _runs: Sequence[Run],
) -> Lineup:
    assert len(files) == len(_runs)
    return line_up(_runs, kind, anyway=anyway)
