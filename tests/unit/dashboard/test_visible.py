"""Where others may see the dashboard, they learn of no checkpoint outside its roots."""

from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_measurement, a_run
from samples import results
from slowlens.briefing import brief_of
from slowlens.errors import RunFileError
from slowlens.facts.environment import Environment
from slowlens.importing import imported_run
from slowlens.run import Run
from slowlens.store import Store
from slowlens_dashboard.access.options import Options
from slowlens_dashboard.access.visible import may_show, shown
from slowlens_dashboard.measuring.jobs import Jobs


@pytest.fixture
def confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "root"
    (root / "inside").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    for name, text in Options((root,), confined=True).environment().items():
        monkeypatch.setenv(name, text)
    return root


def of(path: Path | str, source: Path | str | None = None) -> Run:
    run = a_run(a_measurement())
    there = None if source is None else replace(run.merged, path=str(source))
    return replace(run, merged=replace(run.merged, path=str(path)), source=there)


def both(run: Run) -> bool:
    told = may_show(run)
    assert shown()(brief_of(run.id, run)) is told, "whole and in brief alike"
    return told


def test_runs_of_checkpoints_below_a_root_are_shown(confined: Path) -> None:
    assert both(of(confined / "inside"))
    assert both(of(confined / "gone since"))
    assert both(of(confined / "inside", source=confined / "source"))


def test_others_are_not(confined: Path) -> None:
    for path in (confined.parent / "outside", confined / "link", confined / "..", "/", "", "\0"):
        assert not both(of(path)), path
        assert not both(of(confined / "inside", source=path)), path
    assert not shown()(brief_of("2026-1", RunFileError("damaged")))


def test_imported_ones_are(confined: Path) -> None:
    assert both(imported_run(results("vllm-serve.json")[0], Environment("", "", {})))


def test_a_server_for_oneself_shows_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in Options((tmp_path,)).environment().items():
        monkeypatch.setenv(name, text)
    assert both(of("/elsewhere"))
    assert shown()(brief_of("2026-1", RunFileError("damaged")))


def test_no_link_opens_a_run_that_is_not_shown(confined: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "runs")
    store.save(replace(of(confined / "inside"), id="2026-1"))
    store.save(replace(of(confined.parent / "outside"), id="2026-2"))
    jobs = Jobs(store, lambda _plan: pytest.fail("nothing is measured"))
    assert jobs.find("2026-1") is not None
    assert jobs.find("2026-2") is None
