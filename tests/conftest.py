"""Fixtures for every kind of test: a home that is not the user's, and the demo checkpoints."""

import dataclasses
import os
import shutil
import signal
from pathlib import Path

import pytest

from slowlens.demo.folder import Demo, find
from slowlens.demo.recipe import best_weights
from slowlens.demo.session import build
from slowlens.durable import locked
from slowlens.places import HOME_VARIABLE, cache_folder

TEST_DEMO = cache_folder() / "test-demo"  # before any test changes where home is


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
    """The demo checkpoints, kept from session to session. Never write into them: see demo_copy."""
    TEST_DEMO.parent.mkdir(parents=True, exist_ok=True)
    with locked(TEST_DEMO.with_suffix(".lock")):  # tests run in two processes
        ready = find(TEST_DEMO)
        if ready and not ready.changed and ready.weights is best_weights():
            return ready
        with build(TEST_DEMO, best_weights()) as steps:
            for step in steps:
                print(f"building the demo for the tests: {step.number}/{step.total} {step.doing}")
        built = find(TEST_DEMO)
        assert built is not None
        return built


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
