"""``slowlens history`` and ``slowlens undo --fix``, and what a killed process left."""

import json
from pathlib import Path

import pytest

from patched import AFTER, BEFORE, CONFIG_ON, GENERATION_ON, ON, contents, laid_out
from slowlens import patch
from slowlens.cli import main
from slowlens.findings import Edit
from slowlens.jsonvalue import ABSENT
from slowlens.patch import journal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return laid_out(tmp_path / "merged")


def slowlens(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_each_fix_has_its_number_its_files_and_who_changed_them_since(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch.apply(patch.prepare(root, ON), ["Turn the key-value cache on"])
    patch.apply(patch.prepare(root, [Edit("config.json", ("eps",), 1e-6, ABSENT)]))
    with (root / "generation_config.json").open("ab") as file:
        file.write(b"\n")
    assert slowlens("history", root) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2  without a title"
    assert lines[1].startswith("   written 20")
    assert lines[1].endswith(" UTC into config.json")
    assert lines[2] == "1  Turn the key-value cache on"
    assert lines[3].endswith("into config.json, generation_config.json")
    assert lines[4] == "   config.json, generation_config.json changed since, by fix 2"
    undo = f"To take back the newest: slowlens undo {root}"
    assert lines[-1] == f"{undo}; another: add --fix NUMBER; every one: --all"
    assert slowlens("history", root, "--format", "json") == 0
    newest, oldest = json.loads(capsys.readouterr().out)
    assert (newest["fix"], newest["changed_since"]) == (2, [])
    assert oldest["titles"] == ["Turn the key-value cache on"]
    assert oldest["files"] == oldest["changed_since"] == list(BEFORE)


def test_an_older_fix_is_taken_back_alone(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patch.apply(patch.prepare(root, [CONFIG_ON]), ["The one"])
    patch.apply(patch.prepare(root, [GENERATION_ON]), ["The other"])
    assert slowlens("undo", root, "--fix", 1) == 0
    text = capsys.readouterr().out
    assert text.startswith("Took back: The one (written ")
    assert "config.json is as it was before" in text
    assert "Other fixes that can be undone: 1." in text
    assert contents(root) == {**AFTER, "config.json": BEFORE["config.json"]}
    assert slowlens("undo", root, "--fix", 1) == 2
    assert "There are these: 2." in capsys.readouterr().err


def test_all_are_taken_back_the_newest_first_until_one_refuses(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patch.apply(patch.prepare(root, [CONFIG_ON]), ["The one"])
    patch.apply(patch.prepare(root, [Edit("config.json", ("eps",), 1e-6, 2)]), ["The same file"])
    patch.apply(patch.prepare(root, [GENERATION_ON]), ["The last"])
    assert slowlens("undo", root, "--all") == 0
    took = [line.split(" (")[0] for line in capsys.readouterr().out.splitlines() if "Took" in line]
    assert took == ["Took back: The last", "Took back: The same file", "Took back: The one"]
    assert contents(root) == BEFORE
    assert slowlens("undo", root, "--all") == 2
    assert "nothing to undo" in capsys.readouterr().err
    patch.apply(patch.prepare(root, [CONFIG_ON]), ["The one"])
    patch.apply(patch.prepare(root, [GENERATION_ON]), ["The last"])
    (root / "config.json").write_bytes(b"{}")
    assert slowlens("undo", root, "--all") == 2
    told = capsys.readouterr()
    assert "Took back: The last" in told.out
    assert "config.json changed after the fix" in told.err
    assert contents(root) == {**BEFORE, "config.json": b"{}"}


def test_nothing_was_written_yet(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowlens("history", root) == 0
    assert capsys.readouterr().out.startswith("No fix was written into ")
    assert slowlens("history", root, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert slowlens("history", tmp_path / "none") == 3


def interrupted(root: Path) -> None:
    """Leave what a process leaves that dies after the first of two files."""
    prepared = patch.prepare(root, ON)
    with journal.alone(root):
        journal.begin(root, prepared.files, ["Turn the cache on"])
    (root / "config.json").write_bytes(AFTER["config.json"])


def test_the_next_command_takes_back_what_was_interrupted_and_says_so(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(root)
    assert slowlens("check", root) in (0, 1, 2)
    assert contents(root)["config.json"] == AFTER["config.json"], "check only looks"
    capsys.readouterr()
    assert slowlens("runs") == 0
    assert capsys.readouterr().err == (
        f"slowlens: a fix of {root} was interrupted, and has been taken back\n"
    )
    assert contents(root) == BEFORE
    assert slowlens("runs") == 0
    assert capsys.readouterr().err == ""


def test_what_cannot_be_settled_is_told_and_the_command_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(root)
    (root / "config.json").write_bytes(b'{"mine": 1}')
    assert slowlens("runs") == 0
    error = capsys.readouterr().err
    assert "config.json changed after the fix" in error
    assert "its bytes from before the fix are kept" in error
    assert (root / "config.json").read_bytes() == b'{"mine": 1}'
