"""A check in CI is one short process: what it imports is most of what it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import builders

SLOW = {
    *("torch", "transformers", "numpy", "pandas", "streamlit", "slowlens_dashboard"),
    *("cattrs", "jinja2", "platformdirs", "huggingface_hub", "safetensors"),
    *("asyncio", "concurrent", "dataclasses", "datetime", "difflib", "http", "importlib.metadata"),
    *("inspect", "logging", "multiprocessing", "platform", "shutil", "socket", "ssl"),
    *("statistics", "subprocess", "tempfile", "tomllib", "unittest", "urllib.request", "xml"),
}
CODE = """
import contextlib, io, sys
before = {*sys.modules}
from slowlens.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    code = main(sys.argv[1:])
print(code, *sorted({*sys.modules} - before))
"""


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "merged", {"use_cache": False}, {"use_cache": False})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "source", {"use_cache": True}, {"eos_token_id": 2})


def imported(*arguments: object) -> set[str]:
    """What a check imports beyond a bare start of Python (and of ``site``, which has its own)."""
    command = [sys.executable, "-c", CODE, "check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, *modules = done.stdout.split()
    assert code in ("0", "1"), done.stderr
    return set(modules)


@pytest.mark.parametrize("more", [(), ("--format", "github"), ("--format", "md")], ids=str)
def test_of_a_pair(merged: Path, source: Path, more: tuple[str, ...]) -> None:
    modules = imported(merged, "--source", source, *more)
    assert not modules & SLOW
    assert not {name for name in modules if name.startswith("slowlens.measure")}


def test_of_several(merged: Path, source: Path) -> None:
    assert not imported(merged, source, merged) & SLOW


def test_the_diff_is_made_for_those_who_ask(merged: Path, source: Path) -> None:
    assert "slowlens.facts.diff.checkpoints" not in imported(merged, "--source", source)
