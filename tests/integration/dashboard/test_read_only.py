"""Teammates may look, compare and export, and change nothing."""

from pathlib import Path

import pytest

from pages import Open, explained, press, said, slow_and_fast, store
from sessions import Session
from slowlens_dashboard.measuring import jobs as jobs_module

CHANGING = {"Apply", "Try it", "Try again", "Apply 1 safe fix", "Measure again", "Undo", "Stop"}
CHANGING |= {"Start"}


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")


@pytest.mark.usefixtures("locked")
def test_what_changes_something_is_grey_and_the_rest_is_there(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    run = store(pair, explained())
    for page, query in (("fixes", {}), ("live", {}), ("live", {"run": run.id})):
        at = open_page(page, **query)
        assert not at.exception
        assert all(button.disabled for button in at.button if button.label in CHANGING), page
    fixes = open_page("fixes")
    assert {button.label for button in fixes.button if button.disabled} >= {"Apply", "Try again"}
    assert "JSON Patch (RFC 6902)" in {button.label for button in fixes.get("download_button")}
    assert "This dashboard is read-only." in said(open_page("live"))


def test_a_button_that_is_pressed_all_the_same_changes_nothing(
    open_page: Open, session: Session, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit's buttons are grey in the browser: what they do is refused on the server too."""
    store(pair, slow_and_fast())
    before = {path.name: path.read_bytes() for path in pair[0].iterdir()}
    asked = open_page("fixes").button(key="apply-fix-0").click().run()
    all_of_them = open_page("fixes")
    trying = open_page("fixes")
    form = open_page("live")
    monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")
    assert "This dashboard is read-only." in said(asked.button(key="write-fix").click().run())
    all_of_them = all_of_them.button(key="apply-all").click().run()
    assert "This dashboard is read-only." in said(all_of_them)
    assert "This dashboard is read-only." in said(press(trying, "Try it"))
    press(form, "Start")
    assert jobs_module.jobs().active is None
    assert {path.name: path.read_bytes() for path in pair[0].iterdir()} == before


def test_a_run_in_progress_is_watched_and_not_stopped(
    open_page: Open, session: Session, pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = press(open_page("live"), "Start")
    monkeypatch.setenv("SLOWLENS_READ_ONLY", "1")
    assert "This dashboard is read-only." in said(press(at, "Stop"))
    active = jobs_module.jobs().active
    assert active is not None
    again = open_page("live", run=active.id)
    assert [button.disabled for button in again.button if button.label == "Stop"] == [True]
