import platform
import sys
from importlib import metadata
from pathlib import Path

import pytest

from slowlens.facts.environment import PACKAGES
from slowlens.gather.environment import read_environment


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only one to import from."""
    monkeypatch.setattr(sys, "path", [str(tmp_path / "missing"), str(tmp_path)])
    return tmp_path


def test_only_what_is_installed(site: Path) -> None:
    for name in ("torch-2.13.0+cpu.dist-info", "numpy-2.0.dist-info", "transformers", "peft.py"):
        (site / name).mkdir()
    found = read_environment()
    assert found.packages == {"torch": "2.13.0+cpu"}
    assert found.python == platform.python_version()
    assert platform.machine() in found.platform


def test_a_system_without_uname(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.uname")
    assert platform.machine() in read_environment().platform


def test_other_spellings_and_what_is_broken(site: Path) -> None:
    for name in ("Flash_Attn-2.8.3.dist-info", "peft-0.15-py3.egg-info", "vllm.dist-info"):
        (site / name).mkdir()
    assert read_environment().packages == {"flash-attn": "2.8.3", "peft": "0.15"}


def test_the_first_folder_wins(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version in (("first", "1.0"), ("second", "2.0")):
        (site / name / f"torch-{version}.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(site / "first"), str(site / "second")])
    assert read_environment().packages == {"torch": "1.0"}


def test_what_it_tells_is_what_the_library_tells() -> None:
    there = {}
    for name in PACKAGES:
        try:
            there[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    assert there
    assert read_environment().packages == there


def test_names_are_spelled_once() -> None:
    assert len(set(PACKAGES)) == len(PACKAGES)
    assert all(name == name.lower().replace("_", "-") for name in PACKAGES)
