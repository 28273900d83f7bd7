"""What may be done to baselines where others look on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from runs import a_measurement, a_run
from slowlens.baselines import default_baselines
from slowlens.errors import RunFileError
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard.access.options import CONFINED, ROOTS
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.messages import FAILED
from slowlens_dashboard.runs import tidying


def kept(run_id: str, folder: Path) -> Run:
    run = a_run(a_measurement())
    run = replace(run, id=run_id, merged=replace(run.merged, path=str(folder)), source=None)
    default_store().save(run)
    return run


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setenv(ROOTS, str(tmp_path / "root"))
    monkeypatch.setenv(CONFINED, "1")
    jobs.cache_clear()
    yield kept("2026-2", tmp_path / "root" / "m")
    jobs.cache_clear()


def test_a_baseline_of_a_run_that_is_not_shown_is_not_replaced(own: Run, tmp_path: Path) -> None:
    hidden = kept("2026-1", tmp_path / "away" / "m")
    default_baselines().save("main", hidden)
    tidying.mark(own.id, "main", replacing=True)
    assert default_baselines().load("main") == hidden
    assert "There is a baseline main already" in str(st.session_state[FAILED])
    assert st.session_state[FAILED].hint == "Choose another name."
    tidying.unmark("main")
    assert default_baselines().load("main") == hidden
    tidying.mark(own.id, "mine", replacing=False)
    tidying.mark(own.id, "mine", replacing=True)
    assert default_baselines().load("mine") == own


def test_a_damaged_baseline_is_replaced_only_where_nobody_else_looks_on(
    own: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_baselines().folder.mkdir(parents=True)
    default_baselines().path("main").write_text("{")
    tidying.mark(own.id, "main", replacing=True)
    with pytest.raises(RunFileError):
        default_baselines().load("main")
    monkeypatch.setenv(CONFINED, "")
    tidying.mark(own.id, "main", replacing=True)
    assert default_baselines().load("main") == own


def test_a_run_that_is_not_shown_is_neither_deleted_nor_brought_back(
    own: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = kept("2026-1", tmp_path / "away" / "m")
    tidying.delete([hidden.id])
    assert hidden.id in default_store().ids()
    assert "There is no run 2026-1 here" in str(st.session_state[FAILED])
    default_store().delete(hidden.id)
    tidying.restore([hidden.id])
    assert default_store().trash.ids() == (hidden.id,)
    monkeypatch.setenv(CONFINED, "")
    tidying.restore([hidden.id])
    tidying.delete([own.id])
    assert default_store().ids() == (hidden.id,)
