"""Fixtures for every kind of test: a home that is not the user's, and the demo checkpoints."""

import dataclasses
import os
import shutil
import signal
from pathlib import Path

import pytest

from demos import kept_demo
from slowlens.demo.folder import Demo
from slowlens.demo.recipe import best_weights
from slowlens.places import HOME_VARIABLE


def pytest_configure() -> None:
    """Hear Ctrl-C even as a job in the background, whose children would be born deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what is fast first, and the browser last: its event loop stays until the end."""
    slow = ("browser", "live")
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in slow])


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty place for runs, journals and caches, one for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="session")
def demo() -> Demo:
    """The demo with the best weights there are. Never write into it: see demo_copy."""
    return kept_demo(best_weights())


@pytest.fixture
def demo_copy(demo: Demo, tmp_path: Path) -> Demo:
    """A demo to patch: the weights are hard links, every other file is a copy."""
    folder = tmp_path / "demo"
    shutil.copytree(demo.folder, folder, copy_function=_copy)
    return dataclasses.replace(demo, folder=folder)


def _copy(file: str, to: str) -> None:
    if file.endswith(".safetensors"):
        try:
            os.link(file, to)
        except OSError:
            pass
        else:
            return
    shutil.copy2(file, to)
