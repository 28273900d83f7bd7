"""``slowlens baseline`` on runs made by hand."""

import json
from dataclasses import replace

import pytest

from literals import generation, measurement
from runs import a_run
from samples import results
from slowlens import cli
from slowlens.baselines import default_baselines
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.importing import imported_run
from slowlens.store import default_store


def test_baselines_from_the_command_line(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["baseline", "list"]) == 0
    assert "No baseline is kept yet" in capsys.readouterr().out
    assert cli.main(["baseline", "save", "main"]) == 0
    assert "Baseline main: 400 ms per token over 3 rounds, /m.\n" in capsys.readouterr().out
    assert cli.main(["baseline", "save", "main", "2026-0"]) == 2
    assert "--force" in capsys.readouterr().err
    assert cli.main(["baseline", "save", "main", "2026-0", "--force"]) == 0
    capsys.readouterr()
    assert cli.main(["baseline", "list"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == [
        *("name", "run", "measured", "TPOT", "rounds", "CV", "device", "checkpoint"),
    ]
    assert line.split() == [
        "main",
        "2026-0",
        "2026-01-02",
        "03:04",
        "UTC",
        "100",
        "ms",
        "3",
        "0",
        "%",
        "(excellent)",
        "a",
        "processor",
        "/m",
    ]
    assert cli.main(["baseline", "delete", "main"]) == 0
    assert cli.main(["baseline", "delete", "main"]) == 3


def test_a_baseline_of_a_made_up_model_is_for_no_gate(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = default_store().load(kept[0])
    assert run.measurement
    assert cli.main(["baseline", "save", "real", kept[0]]) == 0
    assert "made up" not in capsys.readouterr().out
    plan = replace(run.measurement.plan, merged="/x/gpt2", random_weights=True)
    default_store().save(replace(run, id="shape", measurement=replace(run.measurement, plan=plan)))
    assert cli.main(["baseline", "save", "main", "shape"]) == 0
    assert "Its weights were made up: no gate of a checkpoint can" in capsys.readouterr().out


def test_a_baseline_that_varies_too_much_is_told(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = default_store().load(kept[0])
    assert run.measurement
    timed, *_ = run.measurement.find(Subject.MERGED, Cache.AS_SHIPPED, Purpose.SPEED)
    steps = tuple(replace(step, seconds=3 * step.seconds) for step in timed.steps)
    generations = (replace(timed, steps=steps), *run.measurement.generations)
    wild = replace(run.measurement, generations=generations)
    default_store().save(replace(run, id="wild", measurement=wild))
    assert cli.main(["baseline", "save", "main", "wild"]) == 0
    assert "(unstable): no verdict can rest on it" in capsys.readouterr().out


def test_a_baseline_outlives_its_run_and_a_damaged_one_is_listed(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["baseline", "save", "main"]) == 0
    default_store().path("2026-1").unlink()
    assert cli.main(["compare", "2026-0", "main"]) == 1
    (default_baselines().folder / "old.json").write_text("{")
    capsys.readouterr()
    assert cli.main(["baseline", "list", "--format", "json"]) == 0
    main, old = json.loads(capsys.readouterr().out)
    run = default_baselines().load("main")
    assert main == {
        "name": "main",
        "run": "2026-1",
        "measured": run.created,
        "tpot": pytest.approx(0.4),
        "rounds": 3,
        "cv": pytest.approx(0),
        "device": "a processor",
        "checkpoint": "/m",
        "error": None,
    }
    assert old.keys() == main.keys()
    assert (old["name"], old["tpot"]) == ("old", None)
    assert old["error"]
    assert cli.main(["baseline", "list"]) == 0
    assert "old   cannot be read" in capsys.readouterr().out


def test_too_few_rounds_for_a_verdict_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    default_store().save(a_run(measurement(generation(1, 0.1, 0.1))))
    assert cli.main(["baseline", "save", "main"]) == 0
    out = capsys.readouterr().out
    assert "over 1 round, " in out
    assert "A verdict takes 3 rounds" in out


def cut_short(run_id: str, status: Status) -> None:
    run = default_store().load("2026-1")
    assert run.measurement
    cut = replace(run.measurement, status=status)
    default_store().save(replace(run, id=run_id, measurement=cut))


def test_a_baseline_is_the_newest_run_that_came_to_its_end(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["baseline", "save", "whole"]) == 0
    said = "It is the newest run that was measured to its end, 2026-1"
    assert f"{said}.\n" in capsys.readouterr().out
    cut_short("2026-2", Status.STOPPED)
    cut_short("2026-3", Status.FAILED)
    assert cli.main(["baseline", "save", "main"]) == 0
    assert (
        f"{said}, with 2 newer runs passed over: 1 failed, 1 stopped.\n" in capsys.readouterr().out
    )
    assert default_baselines().load("main").id == "2026-1"
    for run_id in kept:
        default_store().delete(run_id)
    assert cli.main(["baseline", "save", "none"]) == 2
    error = capsys.readouterr().err
    assert "2 runs passed over: 1 failed, 1 stopped." in error
    assert "No run that is kept was measured to its end with merged timed as shipped, " in error


def test_a_newer_run_that_can_be_no_baseline_is_passed_over(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = "1 damaged, 2 imported, 2 not timed as shipped"
    (imported,) = [imported_run(r, Environment("", "", {})) for r in results("vllm-serve.json")]
    only_on = a_run(measurement(generation(1, 0.1, 0.1, cache=Cache.ON)))
    for number, run in enumerate((imported, only_on, a_run(), imported)):
        default_store().save(replace(run, id=f"2026-{number + 2}"))
    default_store().path("2026-6").write_text("{")
    assert cli.main(["baseline", "save", "main"]) == 0
    assert f"2026-1, with 5 newer runs passed over: {kinds}.\n" in capsys.readouterr().out
    assert default_baselines().load("main").id == kept[1]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.STOPPED, "The run 2026-2 was stopped early: "),
        (Status.FAILED, "The run 2026-2 failed before its end: "),
        (Status.DONE, ""),
    ],
)
def test_a_run_that_was_cut_short_is_a_baseline_where_it_is_named(
    status: Status, said: str, kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    cut_short("2026-2", status)
    assert cli.main(["baseline", "save", "main", "2026-2"]) == 0
    assert default_baselines().load("main").id == "2026-2"
    out = capsys.readouterr().out
    assert said in out
    assert ("The run" in out) == bool(said)


def test_a_baseline_needs_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["baseline", "save", "main"]) == 2
    assert "No run is kept yet" in capsys.readouterr().err
