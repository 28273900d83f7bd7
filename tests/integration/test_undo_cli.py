"""``slowlens undo`` on checkpoints that ``slowlens fix`` wrote into."""

from pathlib import Path

import pytest

import builders
from fixing import SLOW, contents, slowlens


def test_a_file_that_the_fix_makes_is_removed_by_undo(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    (merged / "generation_config.json").unlink()
    before = contents(merged)
    assert slowlens("fix", merged, "--source", source, "--apply", "--unsafe") == 0
    assert (merged / "generation_config.json").exists()
    assert slowlens("undo", merged) == 0
    assert "generation_config.json is removed" in capsys.readouterr().out
    assert contents(merged) == before


def test_earlier_fixes_are_counted_after_an_undo(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    slowlens("fix", merged, "--apply")
    slowlens("fix", merged, "--source", source, "--apply", "--unsafe")
    capsys.readouterr()
    assert slowlens("undo", merged) == 0
    assert "Other fixes that can be undone: 1." in capsys.readouterr().out
    assert slowlens("undo", merged) == 0
    assert "Earlier" not in capsys.readouterr().out


def test_undo_without_a_fix(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("undo", slow) == 2
    assert "nothing to undo" in capsys.readouterr().err


def test_undo_after_a_change_of_ones_own(slow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slowlens("fix", slow, "--apply")
    (slow / "config.json").write_bytes(SLOW)
    with (slow / "generation_config.json").open("ab") as file:
        file.write(b"\n")
    assert slowlens("undo", slow) == 2
    message = capsys.readouterr().err
    assert "generation_config.json changed after the fix" in message
    assert "Take your own change back first" in message


def test_undo_of_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowlens("undo", tmp_path / "nope") == 3
    assert f"{tmp_path / 'nope'} does not exist" in capsys.readouterr().err
