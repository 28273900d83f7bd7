"""Pages that list things agree with the things."""

import re
import runpy
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from slowlens.cli import COMMANDS
from slowlens.gather.imports import FORMATS
from slowlens.places import HOME_VARIABLE

ROOT = Path(__file__).parents[2]


def test_the_page_of_rules_is_generated() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "make_docs.py"))
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert page == tool["render"](), "run: make docs"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str, page: str) -> None:
    assert f"slowlens {command}" in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_path_that_a_page_names_exists(page: str) -> None:
    words = (ROOT / page).read_text(encoding="utf-8").replace("`", " ").split()
    named = {w.rstrip(".,:;)") for w in words if w.startswith(("core/", "dashboard/", "tests/"))}
    missing = [w for w in named if "<" not in w and not (ROOT / w).exists()]
    assert named
    assert not missing


def test_every_room_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    core = ROOT / "core" / "slowlens"
    rooms = {f"{path.parent.name}/`" for path in core.glob("*/__init__.py")}
    rooms |= {path.name for path in core.glob("[a-z]*.py")}
    assert {"batch.py", "rules/`"} < rooms
    missing = [room for room in sorted({*rooms, "data/`"}) if room not in page]
    assert missing == []


@pytest.mark.parametrize("name", [form.NAME for form in FORMATS])
def test_the_gate_names_every_file_that_is_imported(name: str) -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    files = re.findall(r"[a-z_]+\.jsonl?\b|--[a-z-]+|bench_[a-z_]+|-o [a-z]+", name)
    assert files
    assert [file for file in files if file not in page] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_the_folder_of_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    text = (ROOT / page).read_text(encoding="utf-8")
    for system in (Unix, MacOS):
        folder = Path(system("slowlens", appauthor=False).user_state_dir, "runs")
        shown = f"~/{folder.relative_to(Path.home())}"
        assert shown in " ".join(text.split())
    assert f"${HOME_VARIABLE}/state/runs" in text
