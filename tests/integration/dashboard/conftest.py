"""A slow pair, a session that the test plays, and the pages as Streamlit runs them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from builders import checkpoint
from pages import SLOW_CONFIG, SLOW_GENERATION, Open
from sessions import Session
from slowlens_dashboard.measuring import jobs as jobs_module
from slowlens_dashboard.server import MAIN


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    merged = checkpoint(tmp_path / "merged", SLOW_CONFIG, SLOW_GENERATION)
    return merged, checkpoint(tmp_path / "source")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The measuring process, played by the test."""
    session = Session()
    monkeypatch.setattr(jobs_module, "measure", session)
    jobs_module.jobs.cache_clear()
    yield session
    jobs_module.jobs().close()
    jobs_module.jobs.cache_clear()


@pytest.fixture
def open_page(
    pair: tuple[Path, Path], session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Open:
    monkeypatch.setenv("SLOWLENS_ROOTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def open_page(page: str = "checkpoint", **query: str) -> AppTest:
        at = AppTest.from_file(MAIN, default_timeout=30)
        given = query or {"merged": str(pair[0]), "source": str(pair[1])}
        for key, value in given.items():
            at.query_params[key] = value
        return at.switch_page(f"views/{page}.py").run()

    return open_page
