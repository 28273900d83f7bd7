"""Nothing that stands in a checkpoint, or in its name, drives the terminal that tells of it."""

import ast
import json
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

import hostile
from builders import checkpoint
from literals import generation, measurement
from pages import store
from slowlens.cli import COMMANDS, main
from slowlens.cli.statusline import StatusLine
from slowlens.facts.live.measurement import Status
from slowlens.reports import NAMES
from slowlens.store import default_store

CLI = Path(__file__).parents[2] / "core" / "slowlens" / "cli"
NAME = "m\x1b[31m\u202e\x9b"
SAY_THEMSELVES = {"saying", "output", "statusline", "scanbar", "watch", "ui", "explain", "demo"}
"""Modules that write what they have escaped, or nothing of a checkpoint."""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    folder = hostile.checkpoint(
        tmp_path / NAME, hostile.of(hostile.TERMINAL), "\x1b[31m\u202e\n\x9b"
    )
    return str(folder), str(checkpoint(tmp_path / "source"))


def harmless(text: str) -> bool:
    return all(c.isprintable() or c in "\n\t" for c in text)


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str], home: Path) -> "Tell":
    return Tell(capfd)


class Tell:
    """Runs a command and looks at what it said."""

    def __init__(self, said: pytest.CaptureFixture[str]) -> None:
        self._said = said

    def __call__(self, *words: str) -> str:
        with suppress(SystemExit):  # wrong usage
            main(words)
        out, err = self._said.readouterr()
        for text in (out, err):
            assert harmless(text), next(line for line in text.split("\n") if not harmless(line))
        assert "internal error" not in err
        assert out or err
        return out


@pytest.mark.parametrize("form", NAMES)
def test_reports(tell: Tell, pair: tuple[str, str], form: str) -> None:
    tell("check", pair[0], "--source", pair[1], "--format", form)
    tell("check", pair[1], "--source", pair[0], "--format", form)


def test_json_means_the_same_still(tell: Tell, pair: tuple[str, str], tmp_path: Path) -> None:
    said = json.loads(tell("inspect", pair[0], "--format", "json"))
    main(["inspect", pair[0], "--format", "json", "-o", str(tmp_path / "x.json")])
    written = json.loads((tmp_path / "x.json").read_text())
    assert written["merged"] == said["merged"]
    assert any("\x9b" in leaf for leaf in hostile.leaves(said))


def test_what_is_written_and_taken_back(
    tell: Tell, pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged, source = pair
    tell("fix", merged, "--source", source)
    tell("fix", merged, "--unsafe")
    tell("export", merged, "--as", "diff", "-o", str(tmp_path / "x\x1b[31m.patch"))
    with monkeypatch.context() as terminal:
        terminal.setenv("NO_COLOR", "1")
        terminal.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
        for form in ("diff", "json-patch", "python", "merger"):
            tell("export", merged, "--as", form)
    tell("export", merged, "--to", str(tmp_path / "copy\x1b[31m"))
    tell("fix", merged, "--apply")
    tell("history", merged)
    tell("history", merged, "--format", "json")
    tell("undo", merged)


def test_runs(tell: Tell, pair: tuple[str, str]) -> None:
    folders = Path(pair[0]), Path(pair[1])
    bad = hostile.TERMINAL
    failed = replace(
        measurement(generation(0.4, 0.4), generation(0.1, 0.1)),
        status=Status.FAILED,
        error=bad,
        hint=bad,
    )
    one = store(folders, failed)
    two = store(folders, measurement(generation(0.4, 0.4), generation(0.1, 0.1)))
    named = default_store().path(one.id)
    tell("runs", "name", two.id, bad.replace("\n", " ").strip(), "--note", bad)
    tell("runs")
    for form in ("text", "json", "md"):
        tell("compare", one.id, two.id, "--format", form)
    tell("baseline", "save", "x", "--run", two.id)
    tell("baseline", "list")
    tell("compare", str(named), two.id)
    tell("runs", "delete", two.id)
    tell("runs", "restore", two.id)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_of_nothing(tell: Tell, command: str, tmp_path: Path) -> None:
    if command in ("ui", "demo"):
        tell(command, "--no-such\x1b[31m")
    tell(command, "nothing\x1b[31m\u202e")
    tell(command, str(tmp_path / "no\x1b[31m\u202e"), "--\x1b[31m")
    tell(f"{command}\x1b[31m")


def test_progress(capfd: pytest.CaptureFixture[str]) -> None:
    StatusLine().say(hostile.TERMINAL)
    moving = StatusLine()
    moving._moving = True
    moving.move(hostile.TERMINAL)
    said = capfd.readouterr().err.replace("\r", "").replace("\x1b[K", "")
    assert harmless(said)
    assert "red" in said


@pytest.mark.parametrize("module", sorted(path.stem for path in CLI.glob("*.py")))
def test_commands_say_things_by_what_escapes_them(module: str) -> None:
    """A new ``print`` in a command is either ``say``, or listed above with its reason."""
    if module in SAY_THEMSELVES:
        return
    for node in ast.walk(ast.parse((CLI / f"{module}.py").read_text())):
        if isinstance(node, ast.Call):
            text = ast.unparse(node)
            written = text.startswith(("print(", "sys.stdout.write", "sys.stderr.write"))
            assert not written or "plain(" in text or is_our_own(text), text


def is_our_own(text: str) -> bool:
    """Whether the text of a call is nothing but our own words."""
    return text.startswith(("sys.stderr.write('", "print('")) or "line}" in text
