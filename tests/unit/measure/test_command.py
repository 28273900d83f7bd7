"""What is measured is not lost because something else goes wrong at the end."""

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import builders
from slowlens import cli
from slowlens.cli import measuring
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import Event, Finished, Started, Stepped, TrialFinished, TrialStarted
from slowlens.places import HOME_VARIABLE
from slowlens.store import default_store, load

EVENTS: tuple[Event, ...] = (
    Started(
        Environment("3.12", "Linux", {"torch": "2.6.0", "transformers": "5.0.0"}),
        (Trial(Subject.MERGED, Cache.AS_SHIPPED, Purpose.SPEED, 3),),
    ),
    TrialStarted(0, 10, 0.0),
    Stepped(0, tuple(Step(i, 0.1, 10 + i, 7) for i in range(3)), "a"),
    TrialFinished(0, 0.3, Finish.LENGTH),
    Finished(),
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint, and a session that needs no worker."""

    @contextmanager
    def session(plan: Plan) -> Iterator[Iterator[Event]]:
        yield iter(EVENTS)

    monkeypatch.setattr(measuring, "measure", session)
    return builders.checkpoint(tmp_path / "merged")


@pytest.fixture
def no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))


def test_the_run_goes_to_the_store_and_to_the_file(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "x.json"
    assert cli.main(["measure", str(root), "-o", str(output)]) == 0
    assert default_store().recent() == (load(output),)
    shown = capsys.readouterr()
    assert "10, 11, 12" in shown.out
    (run,) = default_store().recent()
    kept = f"run kept in {output}\nrun kept in {default_store().path(run.id)}, too\n"
    assert shown.err.endswith(kept)


def test_what_is_silenced_is_no_cause(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.write_json(root / "generation_config.json", {"use_cache": False})
    rule = 'rule = "gen-use-cache-false"\nreason = "we time it"'
    (tmp_path / "slowlens.toml").write_text(f"[[silence]]\n{rule}")
    assert cli.main(["measure", str(root)]) == 0
    assert "turns it off" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert cli.main(["measure", str(root), "-o", "x.json"]) == 0
    assert "turns it off" not in capsys.readouterr().out
    assert load(tmp_path / "x.json").silences[0].reason == "we time it"


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize("shown", [[], ["--format", "json"], ["--events"]])
def test_without_a_store_the_file_is_written_all_the_same(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], shown: list[str]
) -> None:
    output = tmp_path / "x.json"
    assert cli.main(["measure", str(root), "-o", str(output), *shown]) == 0
    assert load(output).measurement
    error = capsys.readouterr().err
    assert "warning: The run cannot be kept in" in error
    assert HOME_VARIABLE in error


@pytest.mark.usefixtures("no_store")
def test_without_a_store_the_figures_are_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["measure", str(root)]) == 0
    shown = capsys.readouterr()
    assert "10, 11, 12" in shown.out
    assert "warning" in shown.err
    assert "run kept" not in shown.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layers", "4"), "--layers is for --shape"),
        (("--dtype", "int4"), "--dtype: int4 is none of bfloat16, float16, float32"),
        (("--new-tokens", "1"), "--new-tokens: must be a whole number, at least 2"),
        (("--image", "nowhere.png"), "there is no picture nowhere.png"),
        (("--image", ""), "there is no picture ''"),
        (("--dtype", ""), "--dtype: '' is none of bfloat16, float16, float32"),
        (("--prompt-file", ""), "--prompt-file: the name is empty: is the variable set?"),
        (("--rounds", "x"), "--rounds: must be a whole number, at least 1"),
        (("--rounds", "0"), "--rounds: must be a whole number, at least 1"),
        (("--threads", "1.5"), "--threads: must be a whole number, at least 0"),
    ],
)
def test_wrong_usage_says_what_is_wanted(
    root: Path, options: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: object = cli.main(["measure", str(root), *options])
    except SystemExit as left:
        code = left.code
    assert code == 3
    assert said in capsys.readouterr().err


def test_more_threads_than_cores_are_minded(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measuring, "cores", lambda: 2)
    assert cli.main(["measure", str(root), "--threads", "2"]) == 0
    assert "warning" not in capsys.readouterr().err
    assert cli.main(["measure", str(root), "--threads", "3"]) == 0, "it may be what is asked"
    error = capsys.readouterr().err
    assert "slowlens: warning: 3 threads are more than the 2 cores here.\n" in error
    assert "leave --threads out, or say --threads 2.\n" in error


def test_a_made_up_model_has_no_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["measure", "--shape", "gpt2", "--source", "s"]) == 3
    assert "--shape makes a model up, which has no source" in capsys.readouterr().err


def test_a_shape_without_a_name_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["measure", "--shape", ""]) == 3
    assert "there is no shape ''" in capsys.readouterr().err


def test_a_picture_is_kept_by_its_whole_path(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A baseline is measured again from another folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(b"")
    for image, kept in (("a.png", str(tmp_path / "a.png")), ("generated", "generated")):
        assert cli.main(["measure", str(root), "--image", image, "-o", "x.json"]) == 0
        measured = load(Path("x.json")).measurement
        assert measured
        assert measured.plan.image == kept


@pytest.mark.usefixtures("no_store")
def test_what_is_neither_shown_nor_kept_is_a_failure(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["measure", str(root), "--events"]) == 2
    error = capsys.readouterr().err
    assert "slowlens: The run cannot be kept in" in error
    assert HOME_VARIABLE in error


def test_a_file_that_cannot_be_written_does_not_hinder_the_store(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["measure", str(root), "-o", "/dev/full"]) == 2
    assert "/dev/full cannot be written" in capsys.readouterr().err
    assert len(default_store().recent()) == 1


def test_a_reader_that_left_does_not_hinder_the_store(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Left(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return file

    file = os.open(tmp_path / "out", os.O_CREAT | os.O_WRONLY)
    monkeypatch.setattr(sys, "stdout", Left())
    assert cli.main(["measure", str(root)]) == 141
    os.close(file)
    assert len(default_store().recent()) == 1


def test_a_checkpoint_that_is_gone_at_the_end(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def vanishing(plan: Plan) -> Iterator[Iterator[Event]]:
        yield iter(EVENTS)
        shutil.rmtree(root)

    monkeypatch.setattr(measuring, "measure", vanishing)
    assert cli.main(["measure", str(root)]) == 0
    (run,) = default_store().recent()
    assert run.measurement
    assert run.merged.model_type == "llama"
    assert f"warning: {root} does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("changed", [True, False])
def test_files_that_change_meanwhile_are_told(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    @contextmanager
    def changing(plan: Plan) -> Iterator[Iterator[Event]]:
        yield iter(EVENTS)
        if changed:
            builders.write_json(root / "generation_config.json", {"eos_token_id": 5})

    monkeypatch.setattr(measuring, "measure", changing)
    assert cli.main(["measure", str(root), "-o", str(tmp_path / "x.json")]) == 0
    problems = load(tmp_path / "x.json").problems
    assert any("changed while the run was measured" in p.message for p in problems) is changed


def test_fixes_are_tried_on_doubles_that_are_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[Plan] = []

    @contextmanager
    def session(plan: Plan) -> Iterator[Iterator[Event]]:
        assert all(Path(overlay.path, "config.json").exists() for overlay in plan.overlays)
        plans.append(plan)
        yield iter(EVENTS)

    monkeypatch.setattr(measuring, "measure", session)
    slow = {**builders.GENERATION_CONFIG, "use_cache": False}
    folder = builders.checkpoint(tmp_path / "merged", generation=slow)
    assert cli.main(["measure", str(folder), "--try-fixes"]) == 0
    assert "trying: merged + gen-use-cache-false" in capsys.readouterr().err
    assert cli.main(["measure", str(folder)]) == 0
    assert "trying" not in capsys.readouterr().err
    tried, plain = plans
    assert "merged + gen-use-cache-false" in [overlay.name for overlay in tried.overlays]
    assert not any(Path(overlay.path).exists() for overlay in tried.overlays)
    assert plain.overlays == ()


def test_without_a_fix_that_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["measure", str(root), "--try-fixes"]) == 0
    assert "there is no fix to try" in capsys.readouterr().err
