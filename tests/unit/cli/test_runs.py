"""``slowlens runs``: what was kept, and how to be rid of it and have it back."""

import json
from dataclasses import replace

import pytest

from literals import generation, measurement
from runs import a_measurement, a_run
from samples import results
from slowlens import cli
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Status
from slowlens.importing import imported_run
from slowlens.reports.runs import NAME
from slowlens.reports.tables import WIDTH
from slowlens.run import Run
from slowlens.store import default_store


def keep(*runs: Run) -> None:
    for run in runs:
        default_store().save(run)


def measured(run_id: str, seconds: float = 0.1) -> Run:
    return replace(a_run(a_measurement(seconds)), id=run_id)


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main(["runs", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_newest_comes_first_and_the_store_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2", 0.4))
    head, newest, older, empty, where = listed(capsys)
    assert head.split() == ["id", "checkpoint", "prompt", "TPOT", "answer"]
    assert newest.split()[:5] == ["2026-2", "m", "10", "400", "ms"]
    assert newest.endswith("…")
    assert older.split()[:5] == ["2026-1", "m", "10", "100", "ms"]
    assert (empty, where) == ("", f"2 runs in {default_store().folder}.")
    assert all(len(line) <= WIDTH for line in (head, newest, older))


def test_a_limit_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2"), measured("2026-3"))
    _, first, second, _, where = listed(capsys, "--limit", "2")
    assert (first[:6], second[:6]) == ("2026-3", "2026-2")
    assert where.endswith("; these are the newest 2, --limit N shows more.")


def test_there_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys) == [f"No run is in {default_store().folder}."]


def test_what_has_no_answer_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    failed = replace(measurement(status=Status.FAILED), error="out of memory")
    stopped = measurement(generation(1, 0.1, 0.1), status=Status.STOPPED)
    keep(replace(a_run(failed), id="2026-1"), replace(a_run(stopped), id="2026-2"))
    (imported,) = [imported_run(r, Environment("", "", {})) for r in results("vllm-serve.json")]
    keep(replace(imported, id="2026-3"))
    default_store().path("2026-4").write_text("{")
    _, damaged, other, ran, early, error, _, _ = listed(capsys)
    assert damaged.startswith("2026-4  ")
    assert "cannot be read: " in damaged
    assert other.split()[2:8] == ["n/a", "11.5", "ms", "Imported", "from", "vLLM,"]
    assert ran == "        vLLM, ran at 2026-03-14 09:15", "in line with the checkpoint"
    assert early.split()[2:7] == ["10", "100", "ms", "stopped", "early:"]
    assert error.split()[2:] == ["n/a", "n/a", "failed:", "out", "of", "memory"]


def test_names_are_cut_and_drive_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    run = measured("2026-1")
    keep(replace(run, merged=replace(run.merged, path="/x/" + "n" * 40 + "\x1b[2J")))
    _, line, *_ = listed(capsys)
    assert f"  …{'n' * (NAME - 5)}\\x1b[2J  " in line


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"))
    default_store().path("2026-2").write_text("{")
    damaged, whole = json.loads("\n".join(listed(capsys, "--format", "json")))
    assert whole["id"] == "2026-1"
    assert (whole["tpot"], whole["prompt_tokens"]) == (pytest.approx(0.1), 10)
    assert (whole["checkpoint"], whole["path"]) == ("m", "/m")
    assert whole["answer"] == measured("2026-1").answer
    assert (damaged["tpot"], damaged["prompt_tokens"]) == (None, None)
    assert damaged["answer"].startswith("cannot be read: ")


def test_delete_and_restore(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2"))
    assert cli.main(["runs", "delete", "2026-1", "2026-1"]) == 0
    out = capsys.readouterr().out
    assert out == "Deleted 2026-1. To bring it back: slowlens runs restore 2026-1\n"
    assert default_store().ids() == ("2026-2",)
    assert listed(capsys, "--deleted")[1].startswith("2026-1 ")
    assert cli.main(["runs", "restore", "2026"]) == 0
    assert capsys.readouterr().out == "Restored 2026-1.\n"
    assert default_store().ids() == ("2026-2", "2026-1")


def test_one_wrong_name_moves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2"))
    assert cli.main(["runs", "delete", "2026-1", "7"]) == 3
    error = capsys.readouterr().err
    assert "There is no run 7 in " in error
    assert "The newest are 2026-2, 2026-1." in error
    assert default_store().ids() == ("2026-2", "2026-1")
    assert cli.main(["runs", "restore", "2026-1"]) == 3
    assert "No run is deleted" in capsys.readouterr().err


def test_a_misspelt_run_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    first, last = "20261123-104248-000180", "20261123-104249-000181"
    keep(measured(first), measured(last))
    assert cli.main(["runs", "name", first, "before the fix"]) == 0
    assert cli.main(["baseline", "save", "release-1", first]) == 0
    capsys.readouterr()
    for wrong, right in (
        ("20261132", last),
        ("20261123-104284-000180", f"{first} or {last}"),
        ("befor the fix", "before the fix"),
        ("relese-1", "release-1"),
    ):
        assert cli.main(["report", wrong]) == 3
        assert f"Did you mean {right}?" in capsys.readouterr().err
    assert cli.main(["runs", "delete", "relese-1"]) == 3
    assert "release-1?" not in capsys.readouterr().err, "a baseline is no run"


def test_a_run_is_named_by_the_beginning_of_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2025-1"), measured("2026-1", 0.4), measured("2026-2"))
    assert cli.main(["compare", "2025", "2026-1"]) == 1
    assert cli.main(["baseline", "save", "2026", "2026-1"]) == 0
    assert cli.main(["compare", "2025", "2026"]) == 1, "the name of a baseline goes before"
    assert cli.main(["baseline", "delete", "2026"]) == 0
    capsys.readouterr()
    assert cli.main(["compare", "2025", "2026"]) == 3
    assert "2 runs begin with 2026: 2026-2, 2026-1." in capsys.readouterr().err
    assert cli.main(["runs", "delete", "2026-1"]) == 0
    assert cli.main(["compare", "2025", "2026-1"]) == 3
    assert "slowlens runs restore 2026-1 brings it back" in capsys.readouterr().err
    keep(measured("2026-01-05bf14"))
    assert cli.main(["runs", "delete", "05bf14"]) == 0
    capsys.readouterr()
    assert cli.main(["compare", "2025", "05bf14"]) == 3
    assert "slowlens runs restore 05bf14 brings it back" in capsys.readouterr().err
    assert cli.main(["runs", "restore", "05bf14"]) == 0


def test_a_run_is_not_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"))
    assert cli.main(["baseline", "save", "main"]) == 0
    capsys.readouterr()
    for other in ("2026", "main"):
        assert cli.main(["compare", other, "2026-1"]) == 3
        out, error = capsys.readouterr()
        assert out == ""
        assert "Both are the run 2026-1: there is nothing to compare." in error


def test_a_run_is_given_a_name_and_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2"))
    before = default_store().path("2026-1").read_bytes()
    assert cli.main(["runs", "name", "2026-1", "before the fix", "--note", "cold\nmachine"]) == 0
    assert capsys.readouterr().out == ("2026-1 is named before the fix.\nIts note: cold\nmachine\n")
    assert cli.main(["baseline", "save", "main", "2026-1"]) == 0
    capsys.readouterr()
    _, other, named, note, mark, _, _ = listed(capsys)
    assert (other[:6], named[:6]) == ("2026-2", "2026-1")
    assert note == "        before the fix: cold machine"
    assert mark == "        baseline main"
    assert default_store().path("2026-1").read_bytes() == before
    newest, told = json.loads("\n".join(listed(capsys, "--format", "json")))
    assert (told["name"], told["note"], told["baselines"]) == (
        "before the fix",
        "cold\nmachine",
        ["main"],
    )
    assert (newest["name"], newest["note"], newest["baselines"]) == (None, None, [])
    assert cli.main(["runs", "name", "2026-1", "", "--note", ""]) == 0
    assert capsys.readouterr().out == "2026-1 has no name now.\n"
    assert cli.main(["baseline", "delete", "main"]) == 0
    capsys.readouterr()
    assert len(listed(capsys)) == 5


def test_a_name_goes_for_the_run_wherever_one_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep(measured("2026-1"), measured("2026-2", 0.4))
    cli.main(["runs", "name", "2026-1", "before"])
    cli.main(["runs", "name", "2026-2", "after the fix"])
    assert cli.main(["compare", "before", "after the fix"]) == 1
    assert cli.main(["baseline", "save", "main", "before"]) == 0
    assert cli.main(["runs", "delete", "after the fix"]) == 0
    capsys.readouterr()
    assert cli.main(["compare", "before", "after the fix"]) == 3
    assert "slowlens runs restore 'after the fix' brings it back" in capsys.readouterr().err
    assert cli.main(["runs", "restore", "after the fix"]) == 0
    assert cli.main(["compare", "before", "after the fix"]) == 1


def test_a_name_that_several_have_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"), measured("2026-2", 0.4), measured("2026-3"))
    for run_id in ("2026-1", "2026-2"):
        assert cli.main(["runs", "name", run_id, "fix"]) == 0
    assert "2026-1 has that name too: neither can be named by it." in capsys.readouterr().out
    assert cli.main(["runs", "delete", "fix"]) == 3
    error = capsys.readouterr().err
    assert "2 runs are named fix: 2026-2, 2026-1." in error
    assert "Write the id of one, or its beginning or last part." in error
    assert cli.main(["runs", "delete", "2026-2"]) == 0
    assert cli.main(["compare", "fix", "2026-3"]) == 0, "the other one is deleted"
    assert cli.main(["baseline", "save", "fix", "2026-3"]) == 0
    capsys.readouterr()
    assert cli.main(["compare", "fix", "2026-3"]) == 3
    assert "fix is the name of a baseline, and of 2026-1." in capsys.readouterr().err
    assert cli.main(["runs", "name", "2026-3", "fix"]) == 0
    assert cli.main(["runs", "name", "2026-1", ""]) == 0
    assert cli.main(["compare", "2026-1", "fix"]) == 0, "the baseline is a copy of the named run"


def test_an_id_goes_before_a_name_and_a_name_before_the_beginning_of_an_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keep(measured("2025-1"), measured("2026-1"), measured("2026-2", 0.4))
    cli.main(["runs", "name", "2025-1", "2026-1"])
    cli.main(["runs", "name", "2026-2", "2025"])
    capsys.readouterr()
    assert cli.main(["runs", "delete", "2026-1"]) == 0
    assert "Deleted 2026-1." in capsys.readouterr().out
    assert cli.main(["runs", "delete", "2025"]) == 0
    assert "Deleted 2026-2." in capsys.readouterr().out


def test_a_name_that_would_drive_a_terminal_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    keep(measured("2026-1"))
    assert cli.main(["runs", "name", "2026-1", "\x1b[2J"]) == 3
    assert "cannot be the name of a run" in capsys.readouterr().err
