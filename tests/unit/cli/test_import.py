"""`slowlens import`: shown, kept, and never taken for a check."""

from pathlib import Path

import pytest

from runs import a_measurement, a_run
from samples import FOLDER, NAMES, results
from slowlens import cli
from slowlens.batch import batch
from slowlens.codec import decode, encode
from slowlens.comparing import compare_runs
from slowlens.facts.environment import Environment
from slowlens.facts.live.imported import Imported, ImportedFigure, Metric
from slowlens.gate import ExitCode, exit_code
from slowlens.importing import imported_run, named
from slowlens.places import HOME_VARIABLE
from slowlens.reports import NAMES as FORMATS
from slowlens.reports import render
from slowlens.reports.words import VERDICTS
from slowlens.run import Run
from slowlens.speedverdict import Answer
from slowlens.store import default_store, load

HERE = Environment("3.12", "Linux", {})


def runs(name: str) -> list[Run]:
    return [imported_run(result, HERE) for result in results(name)]


def test_each_result_is_shown_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FOLDER / name) for name in ("guidellm.json", "vllm-serve.json")]
    assert cli.main(["import", *files]) == 0
    shown = capsys.readouterr()
    assert shown.out.count("TPOT is") == 3
    assert "GuideLLM 0.4.0: acme/merged-7b, ran at 2026-03-14" in shown.out
    assert "11.5 ms" in shown.out
    assert shown.err.count("run kept in") == 3
    kept = [run.imported for run in default_store().recent()]
    assert sorted(found.tool for found in kept if found) == ["GuideLLM", "GuideLLM", "vLLM"]


def test_imports_are_listed_the_newest_first_and_can_be_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ("sglang-one-batch.jsonl", "vllm-serve.json", "guidellm.json", "vllm-latency.json")
    assert cli.main(["import", *(str(FOLDER / name) for name in names)]) == 0
    out = capsys.readouterr().out
    newest_first = (
        "vLLM, vllm-latency.json",
        "GuideLLM, result 2 of 2 in guidellm.json, ran at 2026-03-14 09:15 UTC",
        "GuideLLM, result 1 of 2 in guidellm.json, ran at 2026-03-14 09:15 UTC",
        "vLLM, vllm-serve.json, ran at 2026-03-14 09:15",
        "SGLang, sglang-one-batch.jsonl",
    )
    kept = default_store().recent()
    for run, told in zip(kept, newest_first, strict=True):
        assert run.answer.startswith(f"Imported from {told}; no checkpoint was read")
    assert cli.main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines[2:11:2]] == [*newest_first]
    assert out.endswith(f"\n\nTo compare two of them: {_compare(kept[3], kept[0])}\n")
    assert cli.main(["compare", kept[2].id, kept[1].id]) == 2
    shown = " ".join(capsys.readouterr().out.split())
    for run, told in zip(kept[1:3], newest_first[1:3], strict=True):
        assert f"UTC: {run.merged.argument}, {told}" in shown


def _compare(before: Run, after: Run) -> str:
    return f"slowlens compare {before.id} {after.id}"


def test_results_of_two_tools_are_not_to_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FOLDER / name) for name in ("sglang-one-batch.jsonl", "vllm-serve.json")]
    assert cli.main(["import", *files]) == 0
    assert "To compare" not in capsys.readouterr().out


def test_a_file_takes_one_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "run.json"
    assert cli.main(["import", str(FOLDER / "vllm-serve.json"), "-o", str(output)]) == 0
    assert default_store().recent() == (load(output),)
    assert f"run kept in {output}" in capsys.readouterr().err
    assert cli.main(["import", str(FOLDER / "guidellm.json"), "-o", str(output)]) == 3
    assert "each result is kept" in capsys.readouterr().err
    assert len(default_store().recent()) == 1, "nothing is kept of a call that is refused"


def test_the_model_may_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FOLDER / "sglang-one-batch.jsonl")
    assert cli.main(["import", file]) == 0
    assert "SGLang: model not told" in capsys.readouterr().out
    assert cli.main(["import", file, "--model", "acme/merged-7b"]) == 0
    shown = capsys.readouterr().out
    assert "SGLang: acme/merged-7b" in shown
    assert "version, created" in shown
    names = {run.merged.title for run in default_store().recent()}
    assert names == {"unnamed model", "merged-7b"}


def test_what_is_no_result_is_an_error_with_the_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert cli.main(["import", str(tmp_path / "x.json")]) == 2
    shown = capsys.readouterr()
    assert "optimum-benchmark" in shown.err
    assert not shown.out


def test_one_bad_file_does_not_take_the_others_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_text("{}")
    good = [str(FOLDER / name) for name in ("vllm-serve.json", "vllm-latency.json")]
    bad = [str(tmp_path / name) for name in ("x.json", "gone.json")]
    assert cli.main(["import", bad[0], good[0], bad[1], good[1]]) == 2
    shown = capsys.readouterr()
    assert shown.out.count("TPOT is") == 2
    assert len(default_store().recent()) == 2
    assert f"{bad[0]} is no result" in shown.err
    assert f"There is no file {bad[1]}." in shown.err


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert cli.main(["import", str(tmp_path / "gone.json")]) == 3


def test_a_store_that_cannot_be_written_does_not_take_the_file_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))
    sample, output = str(FOLDER / "vllm-serve.json"), tmp_path / "run.json"
    assert cli.main(["import", sample, "-o", str(output)]) == 0
    assert "warning" in capsys.readouterr().err
    assert load(output).imported
    capsys.readouterr()
    assert cli.main(["import", sample, str(tmp_path / "gone"), sample]) == 2
    shown = capsys.readouterr()
    assert shown.out.count("TPOT is") == 2, "what cannot be kept is shown"
    assert shown.err.count("The run cannot be kept") == 2
    assert "There is no file" in shown.err


def test_what_is_not_told_is_a_dash_and_never_nought(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(FOLDER / "vllm-serve.json")]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("TPOT "))
    assert row.split() == ["TPOT", "11.5", "ms", "11", "ms", "-", "-", "16", "ms", "-"]


def test_text_of_a_file_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sample = str(FOLDER / "sglang-one-batch.jsonl")
    assert cli.main(["import", sample, "--model", "\x1b[31mred"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_run_survives_the_round_trip(name: str) -> None:
    for run in runs(name):
        assert decode(encode(run)) == run


def test_the_kinds_of_settings_survive_the_round_trip() -> None:
    (run,) = runs("vllm-serve.json")
    again = decode(encode(run)).imported
    assert again
    assert {name: type(value) for name, value in again.settings.items()} == {
        "concurrency": int,
        "request_rate": str,
        "input_length": float,
        "output_length": float,
        "backend": str,
    }


def test_a_run_from_before_imports_has_none() -> None:
    (run,) = runs("vllm-serve.json")
    text = encode(run)
    begin = text.index(',\n  "imported": {')
    assert decode(text[:begin] + "\n}").imported is None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("several", [False, True])
def test_no_report_takes_an_import_for_a_check(form: str, several: bool) -> None:
    found = [run for name in NAMES[:3] for run in runs(name)]
    shown = batch(found if several else found[:1])
    text = render(form, shown)
    assert "imported from" in text
    assert VERDICTS[ExitCode.CLEAN] not in "".join(text.splitlines()[:5])
    assert shown.exit_code is ExitCode.UNCHECKED


def test_a_gate_counts_an_import_as_unchecked() -> None:
    (run,) = runs("vllm-serve.json")
    assert exit_code(run) is ExitCode.UNCHECKED
    assert "imported from vLLM" in run.problems[0].message


def test_an_import_is_not_compared_with_a_measurement() -> None:
    (run,) = runs("vllm-serve.json")
    assert compare_runs(a_run(a_measurement()), run).answer is Answer.INCOMPARABLE


def test_the_sentence_says_whether_it_is_the_same_tpot() -> None:
    (ours,), (_, other) = runs("vllm-serve.json"), runs("guidellm.json")
    assert "11.5 ms, as Slowlens defines it" in ours.answer
    assert "26.5 ms, which is not what Slowlens calls TPOT" in other.answer
    (without,) = runs("vllm-latency.json")
    assert without.answer.endswith("it tells no TPOT.")


def test_a_median_stands_in_for_a_mean_that_is_not_told() -> None:
    figure = ImportedFigure(Metric.TPOT, "s", median=0.02)
    result = Imported("x", "", "", "", "d.", comparable=True, figures=(figure,))
    assert "20 ms" in imported_run(result, HERE).answer


def test_a_name_that_is_not_given_changes_nothing() -> None:
    (result,) = results("vllm-latency.json")
    assert named(result, "") == result
    assert "model" not in named(result, "m").missing
