"""``slowlens fix`` on checkpoints on disk, through the real check."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import builders
from fixing import SLOW, contents, slowlens
from slowlens.patch import journal


@pytest.mark.parametrize("flags", [(), ("--diff",)])
def test_the_diff_is_shown_and_nothing_written(
    slow: Path, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]
) -> None:
    before = contents(slow)
    assert slowlens("fix", slow, *flags) == 0
    shown = capsys.readouterr().out
    assert "Turn the key-value cache on (safe) [gen-use-cache-false]" in shown
    assert '-  "use_cache": false\n+  "use_cache": true\n }\n\\ No newline at end of file' in shown
    assert '-  "_from_model_config": true,\n' in shown
    assert f"Nothing was written. To write this: slowlens fix {slow} --apply" in shown
    assert contents(slow) == before


def test_the_command_that_it_names_applies_what_was_shown(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    arguments = ("--source", source, "--unsafe", "--rule", "eos-lost-or-wrong")
    assert slowlens("fix", merged, *arguments) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.endswith(" ".join(map(str, ("slowlens fix", merged, *arguments, "--apply"))))


def test_apply_writes_says_what_is_left_and_undo_takes_it_back(
    slow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(slow)
    assert slowlens("fix", slow, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Wrote config.json, generation_config.json." in shown
    assert f"slowlens undo {slow}" in shown
    assert "Checked again: nothing is left." in shown
    assert "needs a live run" in shown
    assert (slow / "config.json").read_bytes() == SLOW.replace(b"false", b"true")
    assert json.loads((slow / "generation_config.json").read_bytes()) == {
        "eos_token_id": 2,
        "use_cache": True,
    }
    assert journal.history(slow)[0].titles == ("Turn the key-value cache on",)
    assert slowlens("undo", slow) == 0
    shown = capsys.readouterr().out
    written = r"Took back: Turn the key-value cache on \(written \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\."
    assert re.search(written, shown)
    assert "config.json is as it was before" in shown
    assert contents(slow) == before


def test_what_is_not_safe_needs_a_flag_and_is_said_to(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    before = contents(merged)
    assert slowlens("fix", merged, "--source", source, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Stop at the end of the answer: this changes what the model writes." in shown
    assert "Left out, because it changes what the model writes:\n--- a/generation_config" in shown
    assert '+  "eos_token_id": [' in shown
    assert shown.endswith(f"slowlens fix {merged} --source {source} --unsafe --apply\n")
    assert contents(merged) == before
    assert slowlens("check", merged, "--source", source) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(f"slowlens fix {merged} --source {source} --unsafe")
    assert slowlens("fix", merged, "--source", source, "--apply", "--unsafe") == 0
    shown = capsys.readouterr().out
    assert "Stop at the end of the answer (changes what the model writes)" in shown
    assert "Add --unsafe" not in shown
    fixed = json.loads((merged / "generation_config.json").read_bytes())
    assert fixed["eos_token_id"] == [0, 2]


def test_what_a_fix_does_not_remove_is_listed_afterwards(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    assert slowlens("fix", merged, "--source", source, "--apply") == 0
    shown = capsys.readouterr().out
    assert "Wrote generation_config.json." in shown
    assert "Checked again, and this is left:" in shown
    assert "[eos-lost-or-wrong]" in shown.split("Checked again")[1]


def test_what_is_safe_goes_first_and_says_that_there_is_more(
    endless: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = endless
    builders.write_json(merged / "generation_config.json", {"do_sample": False, "use_cache": False})
    assert slowlens("fix", merged, "--source", source) == 0
    shown = capsys.readouterr().out
    assert "Add --unsafe to include" in shown
    assert "Left out, because" not in shown
    assert "eos_token_id" not in shown.split("Add --unsafe")[1]


def test_nothing_to_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", builders.checkpoint(tmp_path / "sound")) == 0
    assert capsys.readouterr().out == "There is nothing to fix.\n"


def test_nothing_found_is_no_clean_answer_where_files_were_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = builders.checkpoint(tmp_path / "merged")
    (folder / "generation_config.json").write_bytes(b"{")
    assert slowlens("fix", folder) == 2
    shown = capsys.readouterr().out
    assert "unread    generation_config.json" in shown
    assert "There is nothing to fix in what could be read." in shown


@pytest.mark.parametrize("arguments", [("--rule",), ("--diff", "--apply")])
def test_wrong_usage(
    slow: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as caught:
        slowlens("fix", slow, *arguments)
    assert caught.value.code == 3
    assert "argument" in capsys.readouterr().err


def test_a_folder_that_is_no_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert slowlens("fix", tmp_path / "none") == 3
    assert slowlens("undo", tmp_path / "none") == 3
    assert capsys.readouterr().err


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_it_wants_none(
    slow: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str | None,
    coloured: bool,
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    slowlens("fix", slow)
    shown = capsys.readouterr().out
    assert ('\x1b[32m+  "use_cache": true\x1b[0m' in shown) == coloured
    assert ("\x1b" in shown) == coloured


def test_fixing_loads_no_torch(slow: Path) -> None:
    code = (
        "import sys; from slowlens.cli import main; main(sys.argv[1:]); "
        "sys.exit(bool({'torch', 'transformers', 'streamlit'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "fix", str(slow), "--apply"]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("verb", ["fix", "undo"])
def test_a_loop_of_links_is_no_bug(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert slowlens(verb, tmp_path / "loop") == 2
    assert "internal error" not in capsys.readouterr().err
