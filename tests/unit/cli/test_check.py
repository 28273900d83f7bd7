"""The gate from its arguments to its exit code and streams."""

import json
from pathlib import Path
from typing import Any

import pytest

import builders
import slowlens
from slowlens import checking
from slowlens.cli import main
from slowlens.errors import UsageError
from slowlens.facts.environment import Environment
from slowlens.reports import NAMES

SLOW = {"use_cache": False, "eos_token_id": [2, 0]}
RULE = "gen-use-cache-false"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    builders.checkpoint(tmp_path / "runs" / "slow" / "merged", generation=SLOW)
    builders.checkpoint(tmp_path / "runs" / "sound" / "merged")
    (tmp_path / "runs" / "empty" / "merged").mkdir(parents=True)
    builders.checkpoint(tmp_path / "source")


SLOW_ONE, SOUND_ONE, EMPTY_ONE = (f"runs/{name}/merged" for name in ("slow", "sound", "empty"))


def check(*arguments: str) -> int:
    return main(["check", *arguments])


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Any:
    def ask(*arguments: str) -> tuple[int, str, str]:
        code = check(*arguments)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return ask


def silence(rule: str = RULE, checkpoint: str = "", folder: str = ".") -> None:
    glob = f'checkpoint = "{checkpoint}"\n' if checkpoint else ""
    text = f'[[silence]]\nrule = "{rule}"\nreason = "timed that way"\n{glob}'
    Path(folder, "slowlens.toml").write_text(text)


def test_several_are_one_table_and_one_exit_code(asked: Any) -> None:
    code, out, err = asked(SLOW_ONE, EMPTY_ONE, SOUND_ONE, "--source", "source")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines()[1:4]] == [
        ["slow/merged", "failed"],
        ["empty/merged", "unchecked"],
        ["sound/merged", "passed"],
    ]
    assert err == ""
    assert asked(SOUND_ONE, "source", EMPTY_ONE)[0] == 2
    assert asked(SOUND_ONE, "source")[0] == 0


def test_what_is_named_twice_is_checked_once(asked: Any, tmp_path: Path) -> None:
    (tmp_path / "runs" / "latest").symlink_to("slow")
    latest = "runs/latest/merged"
    code, out, err = asked(SLOW_ONE, SOUND_ONE, latest, f"{SOUND_ONE}/", "--format", "json")
    assert code == 1
    names = [Path(run["merged"]["path"]).parent.name for run in json.loads(out)["runs"]]
    assert names == ["slow", "sound"]
    assert f"{latest} is {SLOW_ONE}: it is checked once" in err


def test_a_loop_of_links_does_not_stop_the_rest(asked: Any, tmp_path: Path) -> None:
    silence(checkpoint="runs/*")
    (tmp_path / "loop").symlink_to("loop")
    code, out, _ = asked("loop", SOUND_ONE)
    assert code == 2
    assert "loop cannot be read" in out
    assert "Check the link" in out
    assert "sound/merged  passed" in out


def test_every_row_was_compared_with_the_source(asked: Any) -> None:
    _, out, _ = asked(SLOW_ONE, SOUND_ONE, "--source", "source", "--format", "json")
    runs = json.loads(out)["runs"]
    assert [Path(run["source"]["path"]).name for run in runs] == ["source", "source"]
    assert [run["merged"]["path"].split("/")[-2] for run in runs] == ["slow", "sound"]


def test_a_source_that_is_none_stops_the_call(asked: Any) -> None:
    code, out, err = asked(SOUND_ONE, SLOW_ONE, "--source", EMPTY_ONE)
    assert (code, out) == (2, "")
    assert "is not a checkpoint" in err


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_one_alone_is_told_on_the_error_stream(name: str, asked: Any) -> None:
    code, out, err = asked(EMPTY_ONE, "--format", name)
    assert code == 2
    assert "is not a checkpoint" in err
    assert (out == "") is (name == "text")
    assert name == "text" or "is not a checkpoint" in out


def test_a_broken_one_alone_is_told_in_a_file_too(asked: Any, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("of yesterday")
    code, out, err = asked(EMPTY_ONE, "-o", "report")
    assert (code, out) == (2, "")
    assert "is not a checkpoint" in err
    assert "is not a checkpoint" in (tmp_path / "report").read_text()
    assert "yesterday" not in (tmp_path / "report").read_text()


@pytest.mark.parametrize(
    ("merged", "source", "message"),
    [("", None, "the name of the checkpoint is empty"), (SLOW_ONE, "", "--source is empty")],
)
def test_a_variable_that_was_never_set_is_wrong_usage(
    asked: Any, merged: str, source: str | None, message: str
) -> None:
    option = () if source is None else ("--source", source)
    code, out, err = asked(SOUND_ONE, merged, *option)
    assert (code, out) == (3, "")
    assert err == f"slowlens: {message}\n  Is the variable set?\n"
    with pytest.raises(UsageError, match=message):
        slowlens.check(merged, source)


def test_a_file_that_vanishes_under_a_scan_does_not_stop_the_rest(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checking.scan_weights

    def late(merged: Any, *more: Any) -> Any:
        if "slow" in str(merged.root):
            (merged.root / "model.safetensors").unlink()
        return real(merged, *more)

    monkeypatch.setattr(checking, "scan_weights", late)
    code, out, _ = asked(SLOW_ONE, SOUND_ONE, "--scan-weights")
    assert code == 2
    assert "model.safetensors is missing" in out
    assert "sound/merged  passed" in out


def test_two_folders_may_be_a_merge_and_its_source(asked: Any) -> None:
    _, _, err = asked(SLOW_ONE, "source")
    assert f"slowlens check {SLOW_ONE} --source source" in err
    assert "--source" not in asked(SLOW_ONE, SOUND_ONE, EMPTY_ONE)[2]
    assert "side by side" not in asked(SLOW_ONE, SOUND_ONE, "--source", "source")[2]
    assert asked(SLOW_ONE)[2] == ""
    assert "side by side" not in asked(SLOW_ONE, EMPTY_ONE)[2]


def test_a_runtime_that_is_named_twice_is_judged_once(asked: Any) -> None:
    out = asked(SOUND_ONE, "--runtime", "vllm", "--runtime", "vllm")[1]
    assert "judged    for vLLM (--runtime" in out


def test_what_is_read_once_is_read_once(monkeypatch: pytest.MonkeyPatch, asked: Any) -> None:
    calls: list[str] = []
    for name in ("read_environment", "read_defaults", "read_checkpoint"):
        real = getattr(checking, name)

        def counted(*args: Any, name: str = name, real: Any = real, **kwargs: Any) -> Any:
            calls.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(checking, name, counted)
    asked(SOUND_ONE, SLOW_ONE, "--source", "source")
    assert calls.count("read_environment") == 1
    assert calls.count("read_defaults") == 2
    assert calls.count("read_checkpoint") == 3


@pytest.mark.parametrize(
    ("runtimes", "code"),
    [
        (["vllm"], 0),
        (["sglang", "llama.cpp"], 0),
        (["transformers-4"], 1),
        (["vllm", "transformers-5"], 1),
    ],
)
def test_only_the_runtimes_that_are_asked_about_count(
    runtimes: list[str], code: int, asked: Any
) -> None:
    options = [word for runtime in runtimes for word in ("--runtime", runtime)]
    got, out, _ = asked(SLOW_ONE, *options)
    assert got == code
    assert ("elsewhere under transformers" in out) is (code == 0)
    got, out, _ = asked(SLOW_ONE, *options, "--format", "json")
    assert json.loads(out)["judged"] == runtimes


def test_a_runtime_that_is_none_is_wrong_usage(asked: Any) -> None:
    with pytest.raises(SystemExit) as caught:
        check(SLOW_ONE, "--runtime", "ollama")
    assert caught.value.code == 3


def test_the_answer_names_the_runtimes_that_it_is_true_for(asked: Any) -> None:
    assert (
        "Nothing in its files makes it slow under vLLM." in asked(SLOW_ONE, "--runtime", "vllm")[1]
    )
    assert "makes it slow." in asked(SOUND_ONE, "--runtime", "vllm")[1]


def test_a_silence_counts_where_its_glob_matches(asked: Any) -> None:
    silence(checkpoint="runs/*/merged")
    code, out, err = asked(SLOW_ONE)
    assert (code, err) == (0, "")
    assert f"silenced  {RULE}, 1 error: timed that way" in out
    assert "nothing to silence" not in out
    silence(checkpoint="runs/sound/*")
    assert asked(SLOW_ONE)[0] == 1


def test_a_silence_is_found_from_below_and_by_name(
    asked: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silence(checkpoint="runs/slow/merged")
    monkeypatch.chdir(tmp_path / "runs")
    assert asked("slow/merged")[0] == 0
    silence(rule="eos-lost-or-wrong", folder=str(tmp_path / "source"))
    assert asked("slow/merged", "--config", str(tmp_path / "source" / "slowlens.toml"))[0] == 1


def test_a_silence_that_silences_nothing_is_reported_and_does_not_fail(asked: Any) -> None:
    silence(checkpoint="runs/sound/merged")
    code, out, err = asked(SOUND_ONE)
    assert code == 0
    assert "silence   nothing to silence for gen-use-cache-false" in out
    code, out, err = asked(SOUND_ONE, "--format", "json")
    assert code == 0
    assert "nothing to silence for gen-use-cache-false" in err
    assert json.loads(out)["silences"][0]["reason"] == "timed that way"


def test_a_silence_for_what_cannot_be_read_is_left_in_peace(asked: Any) -> None:
    silence()
    code, out, err = asked(EMPTY_ONE, "--format", "json")
    assert code == 2
    assert "nothing to silence" not in out + err


def test_a_silence_for_another_checkpoint_is_left_in_peace(asked: Any) -> None:
    silence(checkpoint="runs/slow/merged")
    assert "nothing to silence" not in asked(SOUND_ONE)[1]


def test_a_wrong_silence_is_wrong_usage(asked: Any) -> None:
    silence(rule="gen-use-cash-false")
    code, out, err = asked(SLOW_ONE)
    assert (code, out) == (3, "")
    assert "Did you mean gen-use-cache-false" in err


def test_a_file_gets_the_report_and_the_log_a_line(asked: Any, tmp_path: Path) -> None:
    code, out, err = asked(SLOW_ONE, SOUND_ONE, EMPTY_ONE, "--format", "md", "-o", "report.md")
    assert (code, out) == (1, "")
    assert "3 checkpoints: 1 passed, 1 failed, 1 unchecked. The report is in report.md" in err
    assert (tmp_path / "report.md").read_text().startswith("## Slowlens: failed")


def test_the_summary_of_a_job_is_added_to(
    asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    asked(SLOW_ONE)
    assert summary.read_text() == "before\n"
    code, out, _ = asked(SLOW_ONE, "--format", "github")
    assert out.startswith(f"::error file={SLOW_ONE}/generation_config.json,line=6,title=merged%3A ")
    assert len(summary.read_text().splitlines()) == 6
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    again, _, err = asked(SLOW_ONE, "--format", "github")
    assert again == code == 1
    assert "summary cannot be written" in err


def test_python_gets_typed_findings() -> None:
    run = slowlens.check(SLOW_ONE, source="source", runtimes=["transformers-5"])
    (found,) = [f for f in run.findings if f.rule == RULE]
    assert isinstance(found, slowlens.Found)
    assert isinstance(found.finding, slowlens.Finding)
    assert found.finding.severity is slowlens.Severity.ERROR
    assert run.judged == (slowlens.Runtime.TRANSFORMERS_5,)
    assert slowlens.exit_code(run) is slowlens.ExitCode.FOUND
    for one in ("vllm", slowlens.Runtime.VLLM):
        assert slowlens.check(SLOW_ONE, runtimes=one).judged == (slowlens.Runtime.VLLM,)
    quiet = slowlens.check(Path(SLOW_ONE), silences=[slowlens.Silence(RULE, "why")])
    assert quiet.findings == ()
    assert slowlens.exit_code(quiet) == 0


def test_every_name_that_is_promised_is_there() -> None:
    assert [name for name in slowlens.__all__ if getattr(slowlens, name) is None] == []
    stub = Path(slowlens.__file__).with_suffix(".pyi").read_text()
    for name in slowlens.__all__:
        assert f" as {name}\n" in stub or f"{name}: str" in stub
        assert name in dir(slowlens)
    with pytest.raises(AttributeError, match="nothing"):
        _ = slowlens.nothing


def test_a_printed_command_comes_to_the_same_verdict(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('[[silence]]\nrule = "eos-lost-or-wrong"\nreason = "we stop it"\n')
    judged = ("--runtime", "transformers-5", "--config", "other.toml")
    _, out, _ = asked(SLOW_ONE, SOUND_ONE, EMPTY_ONE, *judged, "--fail-on", "note")
    named = f"slowlens check {tmp_path / SLOW_ONE} --runtime transformers-5 --config other.toml"
    assert f"To see one in full: {named} --fail-on note\n" in out
    _, out, _ = asked(SLOW_ONE, *judged, "--fail-on", "note")
    fix = f"slowlens fix {tmp_path / SLOW_ONE} --runtime transformers-5 --config other.toml"
    assert f"To see the fixes: {fix}\n" in out


def test_the_summary_of_a_job_names_the_whole_command(
    asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    asked(EMPTY_ONE, "--source", "source", "--runtime", "vllm", "--format", "github")
    broken = f"slowlens check {tmp_path / EMPTY_ONE} --source {tmp_path / 'source'}"
    assert f"{broken} --runtime vllm\n" in summary.read_text().replace("\\", "")
    asked(SLOW_ONE, "--scan-weights", "--format", "github")
    assert "merged --scan-weights\n" in summary.read_text()


def test_a_folder_without_weights_is_not_passed(asked: Any) -> None:
    builders.checkpoint(Path("configs"), tensors=None)
    code, out, _ = asked("configs")
    assert code == 2
    assert "model.safetensors is missing: there are no weights in the folder" in out
    assert "--configs-only" in out
    assert asked("configs", "--configs-only")[0] == 0
    assert asked("source", "--source", "configs")[0] == 2
    assert asked("source", "--source", "configs", "--configs-only")[0] == 0
    assert slowlens.check("configs").problems
    assert not slowlens.check("configs", "configs", configs_only=True).problems


def test_configs_only_takes_nothing_else_away(asked: Any) -> None:
    folder = builders.checkpoint(Path("configs"), tensors=None)
    (folder / "generation_config.json").write_text("{")
    (folder / "model.safetensors.index.json").write_text("{}")
    code, out, _ = asked("configs", "--configs-only")
    assert code == 2
    assert "generation_config.json" in out
    assert "has no weight_map" in out


def test_without_transformers_the_version_that_saved_it_is_judged(
    asked: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare = Environment("3.12", "Linux", {})
    monkeypatch.setattr(checking, "read_environment", lambda: bare)
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 500_000.0}}
    config = {**builders.CONFIG, "transformers_version": "5.3.0", **rope}
    builders.checkpoint(tmp_path / "five", config)
    code, out, _ = asked("five")
    told = " ".join(out.split())
    assert code == 0
    assert "for transformers 5 generate, a bare forward loop (no transformers is installed" in told
    assert "here: judged for the version that saved it; --runtime names others)" in told
    code, out, _ = asked("five", "--runtime", "transformers-4")
    assert (code, "v5-saved-read-by-v4-rope" in out) == (1, True)
    assert "is installed here" not in out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"runtimes": "vlm"}, "there is no runtime vlm. Did you mean vllm?"),
        ({"runtimes": ["forward", "transformers"]}, "Did you mean transformers-"),
        ({"runtimes": [5]}, "there is no runtime 5."),
        ({"silences": [slowlens.Silence("gen-use-cash-false", "why")]}, f"Did you mean {RULE}"),
        ({"silences": [slowlens.Silence(RULE, " ")]}, f"{RULE} is silenced without a reason"),
    ],
)
def test_python_is_told_of_a_name_that_is_none(options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"there is no|without a reason") as caught:
        slowlens.check(SLOW_ONE, **options)
    assert said in str(caught.value)


def test_python_may_write_a_severity_as_text() -> None:
    run = slowlens.check(SLOW_ONE)
    assert slowlens.exit_code(run, "note") is slowlens.ExitCode.FOUND
    with pytest.raises(ValueError, match=r"there is no severity warn\. Did you mean warning\?"):
        slowlens.exit_code(run, "warn")


def test_python_may_have_the_weights_read() -> None:
    def skipped(**options: Any) -> set[str]:
        outcomes = slowlens.check(SLOW_ONE, **options).outcomes
        return {o.rule for o in outcomes if o.status == "skipped"}

    heard: list[Any] = []
    assert "nan-inf-or-zero-weights" in skipped()
    assert "nan-inf-or-zero-weights" not in skipped(scan_weights=True)
    assert "nan-inf-or-zero-weights" not in skipped(progress=lambda *told: heard.append(told))
    assert heard
