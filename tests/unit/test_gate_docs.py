"""What the pages on the gate tell people to paste does what they say."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import builders
from slowlens.cli import parser
from slowlens.facts.runtimes import Runtime
from slowlens.reports import NAMES
from slowlens.silencefile import read_silences

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "README.zh-CN.md", "docs/gate.md")
GATE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    begin = r"^(?:\s*(?:- )?run: |.*&& )?slowlens "
    commands = re.findall(
        begin + r"((?:check|explain|fix|diff|measure|compare|baseline|gate) [^\n#&|;]*)",
        text,
        re.MULTILINE,
    )
    assert commands
    for command in commands:
        parser().parse_args(shlex.split(command.replace("…", "x")))


@pytest.mark.parametrize("page", PAGES)
def test_the_assertion_holds_for_a_sound_merge_and_fails_for_a_slow_one(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = re.findall(r"^\s*(assert slowlens.*)$", (ROOT / page).read_text(), re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    builders.checkpoint(tmp_path / "source")
    builders.checkpoint(tmp_path / "merged")
    exec(f"import slowlens\n{line}", {})  # noqa: S102 - it is our own page
    builders.checkpoint(
        tmp_path / "merged", generation={"use_cache": False, "eos_token_id": [2, 0]}
    )
    with pytest.raises(AssertionError, match="without its key-value cache"):
        exec(f"import slowlens\n{line}", {})  # noqa: S102


@pytest.mark.parametrize("page", PAGES)
def test_the_script_ends_as_the_gate_does(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (script,) = [block for block in blocks(page, "python") if "SystemExit" in block]
    monkeypatch.chdir(tmp_path)
    builders.checkpoint(tmp_path / "source")
    builders.checkpoint(
        tmp_path / "merged", generation={"use_cache": False, "eos_token_id": [2, 0]}
    )
    with pytest.raises(SystemExit) as caught:
        exec(script, {})  # noqa: S102
    assert caught.value.code == 1
    assert "gen-use-cache-false" in capsys.readouterr().out


def test_the_example_of_a_silence_is_one(tmp_path: Path) -> None:
    (example,) = blocks("docs/gate.md", "toml")
    assert tomllib.loads(example)
    (tmp_path / "slowlens.toml").write_text(example)
    assert read_silences(tmp_path / "slowlens.toml").silences


def test_every_format_and_every_runtime_is_told() -> None:
    for word in (*NAMES, *Runtime):
        assert f"`{word}`" in GATE


def test_the_hook_calls_the_gate_for_the_files_that_it_reads() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert "entry: slowlens check --configs-only\n" in text
    assert "pass_filenames: false" in text
    (pattern,) = re.findall(r"files: (.*)", text)
    for name in ("config.json", "a/generation_config.json", "tokenizer.json", "a/b/config.json"):
        assert re.search(pattern, name)
    for name in ("my_config.json", "config.json.bak", "package.json"):
        assert not re.search(pattern, name)
