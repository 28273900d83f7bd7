"""Like mistakes end alike: 3 for wrong usage, told before anything is done."""

from pathlib import Path

import pytest

import builders
from slowlens import cli
from slowlens.store import default_store

WRITING = (
    ("check", "{m}"),
    ("inspect", "{m}"),
    ("diff", "{m}", "{m}"),
    ("measure", "{m}"),
    ("gate", "{m}", "--source", "{m}"),
    ("compare", "a", "b"),
    ("runs",),
    ("baseline", "list"),
    ("import", "{m}"),
)
NAMING = (
    ("check", ""),
    ("check", "{m}", "--source", ""),
    ("check", "{m}", "-o", ""),
    ("inspect", ""),
    ("diff", "", "{m}"),
    ("diff", "{m}", ""),
    ("measure", ""),
    ("measure", "{m}", "--source", ""),
    ("measure", "--shape", ""),
    ("gate", "", "--source", "{m}"),
    ("gate", "{m}", "--source", ""),
    ("gate", "{m}", "--baseline", ""),
    ("compare", "", ""),
    ("runs", "delete", ""),
    ("runs", "restore", ""),
    ("baseline", "save", ""),
    ("baseline", "save", "main", ""),
    ("baseline", "delete", ""),
    ("import", ""),
    ("fix", ""),
    ("fix", "{m}", "--source", ""),
    ("undo", ""),
    ("ui", ""),
    ("ui", "{m}", "--source", ""),
    ("ui", "--root", ""),
    ("demo", "--no-open", "--folder", ""),
    ("explain", ""),
)
MISSING = (
    ("check", "nosuch"),
    ("check", "{m}", "--source", "nosuch"),
    ("inspect", "nosuch"),
    ("diff", "{m}", "nosuch"),
    ("diff", "nosuch", "{m}"),
    ("measure", "nosuch"),
    ("measure", "{m}", "--source", "nosuch"),
    ("gate", "nosuch", "--source", "{m}"),
    ("gate", "{m}", "--source", "nosuch"),
    ("gate", "{m}", "--baseline", "nosuch"),
    ("compare", "nosuch", "nosuch"),
    ("runs", "name", "nosuch", "x"),
    ("runs", "delete", "nosuch"),
    ("runs", "restore", "nosuch"),
    ("baseline", "save", "main", "nosuch"),
    ("baseline", "delete", "nosuch"),
    ("report", "nosuch"),
    ("report", "nosuch.json"),
    ("fix", "nosuch"),
    ("fix", "{m}", "--source", "nosuch"),
    ("export", "nosuch", "--as", "diff"),
    ("history", "nosuch"),
    ("undo", "nosuch"),
    ("ui", "nosuch"),
    ("ui", "{m}", "--source", "nosuch"),
    ("ui", "--root", "nosuch"),
    ("explain", "nosuch"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A checkpoint, which is the folder here as well: what a name that is empty must not mean."""
    path = builders.checkpoint(tmp_path / "m")
    monkeypatch.chdir(path)
    return str(path)


def code(folder: str, *words: str) -> int:
    try:
        return cli.main([word.format(m=folder) for word in words])
    except SystemExit as left:
        return int(str(left.code))


@pytest.mark.parametrize("words", WRITING, ids=lambda words: words[0])
def test_a_report_that_has_no_place_is_wrong_usage_before_any_work(
    words: tuple[str, ...], folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none" / "x"
    assert code(folder, *words, "-o", str(missing)) == 3
    out, error = capsys.readouterr()
    assert out == ""
    assert f"there is no folder {missing.parent}: make it first" in error
    assert code(folder, *words, "-o", str(tmp_path)) == 3
    assert f"{tmp_path} is a folder: name a file in it" in capsys.readouterr().err
    assert not default_store().recent()


@pytest.mark.parametrize("words", NAMING, ids=" ".join)
def test_a_name_that_is_empty_is_wrong_usage(
    words: tuple[str, ...], folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(folder, *words) == 3
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("measure", "loop"), 2),
        (("measure", "{m}", "--source", "loop"), 2),
        (("gate", "loop", "--source", "{m}"), 3),
        (("gate", "{m}", "--source", "loop"), 3),
    ],
)
def test_a_loop_of_links_is_no_bug(
    words: tuple[str, ...], expected: int, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("loop").symlink_to("loop")
    assert code(folder, *words) == expected
    assert "loop cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("words", MISSING, ids=" ".join)
def test_a_name_that_is_none_is_wrong_usage(
    words: tuple[str, ...], folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.checkpoint(Path(folder, "copy"))
    assert code(folder, *words) == 3
    error = capsys.readouterr().err
    assert "nosuch" in error
    assert "internal error" not in error


def test_of_several_checkpoints_one_that_is_not_there_hides_no_finding(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    assert code(folder, "check", "{m}", "empty", "nosuch") == 3
    assert "1 passed, 1 unchecked, 1 not there" in capsys.readouterr().out
    generation = {**builders.GENERATION_CONFIG, "use_cache": False}
    builders.checkpoint(Path("slow"), generation=generation)
    assert code(folder, "check", "slow", "nosuch") == 1


def test_what_a_baseline_may_be_called_is_told_before_that_there_is_no_run(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(folder, "baseline", "save", "x/y") == 3
    assert "cannot be the name of a baseline" in capsys.readouterr().err


def test_a_report_may_stand_here_and_a_name_that_is_too_long_is_no_bug(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code(folder, "runs", "-o", "x" * 300) == 2
    assert code(folder, "runs", "-o", f"{'x' * 300}/y") == 3
    assert "there is no folder" in capsys.readouterr().err
    assert code(folder, "runs", "-o", "x") == 0


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_tells_its_exit_codes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    page = " ".join(capsys.readouterr().out.split())
    assert "Exit codes: 0 " in page
    assert ", 3 " in page
