import sys
from pathlib import Path

import pytest

from e2e import browser
from e2e.browser import find_browser, install_browser

APT = ("apt-get",)
PLAYWRIGHT = (sys.executable, "-m", "playwright", "install", "chromium")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a browser; returns the only folder on its PATH."""
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "APPLICATIONS", ())
    monkeypatch.setattr(browser, "_from_playwright", tuple)
    return tmp_path


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_nothing_is_found_on_a_bare_machine() -> None:
    assert find_browser() is None


def test_installed_browser_is_found(bare: Path) -> None:
    program(bare / "google-chrome")
    assert find_browser() == bare / "google-chrome"


def test_named_browser_comes_first(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromium")
    monkeypatch.setenv(browser.VARIABLE, "/my/chrome")
    assert find_browser() == Path("/my/chrome")


def test_playwrights_own_browser_counts_once_it_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "_from_playwright", lambda: (tmp_path / "headless",))
    assert find_browser() is None
    program(tmp_path / "headless")
    assert find_browser() == tmp_path / "headless"


def test_installing_tries_the_system_and_then_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, ...]] = []
    monkeypatch.setattr(browser, "_apt", lambda: (APT,))
    monkeypatch.setattr(browser, "_succeeds", lambda command: bool(tried.append(command)))
    assert install_browser() is None
    assert tried == [APT, PLAYWRIGHT]


def test_installing_ends_with_the_first_that_works(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def succeeds(command: tuple[str, ...]) -> bool:
        assert command == APT
        return program(bare / "chromium").is_file()

    monkeypatch.setattr(browser, "_apt", lambda: (APT,))
    monkeypatch.setattr(browser, "_succeeds", succeeds)
    assert install_browser() == bare / "chromium"


def test_nothing_is_installed_where_one_is_found(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "chromium")
    monkeypatch.setattr(browser, "_apt", lambda: pytest.fail("it would install"))
    assert install_browser() == bare / "chromium"
