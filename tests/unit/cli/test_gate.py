"""``gate`` on sessions made by hand, and what it shares with ``measure``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

import builders
from runs import a_measurement, a_run
from slowlens import cli
from slowlens.baselines import default_baselines
from slowlens.cli import measuring
from slowlens.errors import WorkerError
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Trial
from slowlens.measure.events import Event, Finished, Started, Stepped, TrialFinished, TrialStarted
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.store import default_store

ENVIRONMENT = Environment("3.12", "Linux", {"torch": "2.13.0", "transformers": "5.23.0"})
STEPS = 4


class Session:
    """Stands in for the worker: it takes this long per token of each subject."""

    def __init__(self, **seconds: float) -> None:
        self.seconds, self.plans = seconds, list[Plan]()

    @contextmanager
    def __call__(self, plan: Plan) -> Iterator[Iterator[Event]]:
        self.plans.append(plan)
        yield self._events(plan)

    def _events(self, plan: Plan) -> Iterator[Event]:
        trials = tuple(
            Trial(subject, Cache.AS_SHIPPED, Purpose.SPEED, STEPS, n)
            for n in range(plan.rounds)
            for subject in self.seconds
        )
        yield Started(ENVIRONMENT, trials)
        for index, trial in enumerate(trials):
            seconds = self.seconds[trial.subject]
            if seconds < 0:
                raise WorkerError("out of memory", hint="Use less.")
            yield TrialStarted(index, 10, 0.0)
            lengths = [10, *[1] * (STEPS - 1)]
            steps = tuple(Step(i, seconds, n, 7) for i, n in enumerate(lengths))
            yield Stepped(index, steps, "a")
            yield TrialFinished(index, STEPS * seconds, Finish.LENGTH)
        yield Finished()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    return tuple(str(builders.checkpoint(tmp_path / name)) for name in ("m", "s"))  # type: ignore[return-value]


def with_session(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> Session:
    session = Session(**seconds)
    monkeypatch.setattr(measuring, "measure", session)
    return session


def test_what_a_gate_measured_before_it_failed_is_kept(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    merged, source = folders
    with_session(monkeypatch, merged=0.1, source=-1)
    assert cli.main(["gate", merged, "--source", source]) == 3
    error = capsys.readouterr().err
    assert "out of memory" in error
    (run,) = default_store().recent()
    assert run.id in error
    assert run.measurement
    assert run.measurement.generations


@pytest.mark.parametrize(("merged", "code"), [(0.1, 0), (0.2, 1), (-1, 3)])
def test_gate_by_source(
    merged: float,
    code: int,
    folders: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = with_session(monkeypatch, merged=merged, source=0.1)
    assert cli.main(["gate", folders[0], "--source", folders[1]]) == code
    (plan,) = session.plans
    assert (plan.rounds, plan.prompt, plan.source) == (5, DEFAULT_PROMPT, folders[1])
    assert plan.settings == (Cache.AS_SHIPPED, Cache.ON)
    assert len(default_store().recent()) == (code != 3)
    out, error = capsys.readouterr()
    assert out.startswith({0: "PASSED: ", 1: "FAILED: ", 3: ""}[code])
    assert ("out of memory" in error) == (code == 3)


def test_what_cannot_end_in_a_verdict_is_told_before_it_is_measured(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_session(monkeypatch, merged=0.1)
    options = ["--prompt", "Hi.", "--new-tokens", "4"]
    for name, rounds in (("few", "2"), ("enough", "3")):  # of one second, none is the newest
        before = set(default_store().ids())
        assert cli.main(["measure", folders[0], *options, "--rounds", rounds]) == 0
        (kept,) = set(default_store().ids()) - before
        assert cli.main(["baseline", "save", name, kept]) == 0
    capsys.readouterr()
    warned = "slowlens: warning: the baseline has 2 rounds, and a verdict takes 3 a side\n  Measure"
    assert cli.main(["gate", folders[0], "--baseline", "few"]) == 2
    assert capsys.readouterr().err.startswith(warned)
    assert cli.main(["gate", folders[0], "--baseline", "enough", "--rounds", "2"]) == 2
    assert capsys.readouterr().err.startswith("slowlens: warning: --rounds 2 gives no verdict")
    assert cli.main(["gate", folders[0], "--baseline", "enough", "--rounds", "3"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_gate_by_a_baseline_measures_as_that_was_measured(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = with_session(monkeypatch, merged=0.1)
    options = ["--prompt", "Hi.", "--new-tokens", "4", "--dtype", "float32", "--threads", "2"]
    assert cli.main(["measure", folders[0], *options, "--answer-tokens", "9"]) == 0
    assert cli.main(["baseline", "save", "main"]) == 0
    assert cli.main(["gate", folders[1], "--baseline", "main"]) == 0
    first, second = session.plans
    assert (second.merged, second.rounds, second.equality_tokens) == (folders[1], 5, 0)
    assert second.settings == (Cache.AS_SHIPPED, Cache.ON)
    same = replace(
        first,
        **{n: getattr(second, n) for n in ("merged", "rounds", "equality_tokens", "settings")},
    )
    assert second == same
    session = with_session(monkeypatch, merged=0.2)
    assert cli.main(["gate", folders[1], "--baseline", "main"]) == 1
    assert cli.main(["gate", folders[1], "--baseline", "main", "--threshold", "2"]) == 0
    capsys.readouterr()
    assert cli.main(["gate", folders[1], "--baseline", "main", "--new-tokens", "5"]) == 2
    refused = capsys.readouterr().out
    assert "new tokens: 4 (baseline), 5 (now)" in refused
    assert "now not measured: " in " ".join(refused.split())
    leave = "Leave --new-tokens out, to measure as the baseline was measured."
    note = f"note {leave} Else, --anyway compares them all the same."
    assert note in " ".join(refused.split())
    assert (
        cli.main(["gate", folders[1], "--baseline", "main", "--new-tokens", "5", "--anyway"]) == 1
    )


def test_gate_always_times_what_ships_with_the_weights_of_the_files(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = with_session(monkeypatch, merged=0.1)
    run = a_run(a_measurement(0.1))
    assert run.measurement
    plan = replace(run.measurement.plan, random_weights=True)
    run = replace(run, measurement=replace(run.measurement, plan=plan))
    default_baselines().save("shape", run)
    assert cli.main(["gate", folders[0], "--baseline", "shape"]) == 2
    assert session.plans == []
    shape = ["--baseline", "shape", "--cache", "off", "--anyway"]
    assert cli.main(["gate", folders[0], *shape]) == 0
    assert session.plans[0].settings == (Cache.AS_SHIPPED, Cache.OFF)
    assert not session.plans[0].random_weights


def test_gate_is_inconclusive_with_too_few_rounds(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_session(monkeypatch, merged=0.2, source=0.1)
    assert cli.main(["gate", folders[0], "--source", folders[1], "--rounds", "2"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--source", "s", "--baseline", "main"],
        ["--baseline", "none"],
        ["--source", "/no/such/folder"],
        ["--source", "s", "--threshold", "0"],
        ["--source", "s", "--threshold", "ten"],
    ],
)
def test_gate_wrong_usage(
    arguments: list[str], folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = with_session(monkeypatch, merged=0.1)
    try:
        code = cli.main(["gate", folders[0], *arguments])
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 3
    assert session.plans == []


@pytest.mark.parametrize("command", ["gate", "measure"])
@pytest.mark.parametrize("spelled", ["m", "m/", "./s/../m", "link"])
def test_a_checkpoint_is_not_timed_against_itself(
    command: str,
    spelled: str,
    folders: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = with_session(monkeypatch, merged=0.1, source=0.1)
    monkeypatch.chdir(Path(folders[0]).parent)
    Path("link").symlink_to("m")
    assert cli.main([command, folders[0], "--source", spelled]) == 3
    out, error = capsys.readouterr()
    assert (out, session.plans) == ("", [])
    assert f"Both are {folders[0]}: there is nothing to compare." in error
    assert "Name the checkpoint that it came from" in error
    assert cli.main([command, folders[0], "--source", "s"]) == 0


def test_gate_on_github_adds_to_the_summary(
    folders: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    with_session(monkeypatch, merged=0.2, source=0.1)
    assert cli.main(["gate", folders[0], "--source", folders[1], "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error title=slowlens gate::FAILED: ")
    assert (tmp_path / "summary").read_text().startswith("## Slowlens, speed: failed")


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_gate_into_a_file_ends_with_the_verdict_and_where_it_is(
    form: str,
    folders: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_session(monkeypatch, merged=0.2, source=0.1)
    gate, file = ["gate", folders[0], "--source", folders[1], "--format", form], tmp_path / "out"
    assert cli.main([*gate, "-o", str(file)]) == 1
    out, error = capsys.readouterr()
    *_, verdict, where = error.splitlines()
    assert out == ""
    assert verdict.startswith("FAILED: merged against source, both as shipped: 2.00 times as long")
    assert where == f"report in {file}"
    assert cli.main(gate) == 1
    error = capsys.readouterr().err
    assert "FAILED" not in error
    assert "report in" not in error


def test_gate_that_is_stopped_ends_with_130(
    folders: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def stopped(plan: Plan) -> Iterator[Iterator[Event]]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(measuring, "measure", stopped)
    for command in ("gate", "measure"):
        assert cli.main([command, folders[0], "--source", folders[1]]) == 130
        said = "\nstopped: nothing was measured, and no run is kept\n"
        assert capsys.readouterr().err == said
    assert not default_store().recent(), "nothing was measured, so that nothing is kept"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_prompt_in_a_pipe_is_read_once(
    folders: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Plan] = []

    @contextmanager
    def watched(plan: Plan) -> Iterator[Iterator[Event]]:
        asked.append(plan)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(measuring, "measure", watched)
    pipe = tmp_path / "prompt"
    os.mkfifo(pipe)
    Thread(target=pipe.write_text, args=("Hi",), daemon=True).start()
    assert cli.main(["measure", folders[0], "--try-fixes", "--prompt-file", str(pipe)]) == 130
    assert [plan.prompt for plan in asked] == ["Hi"]
