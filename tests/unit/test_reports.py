import json
from dataclasses import replace
from typing import Any

import pytest

from runs import a_measurement, a_run
from slowlens.diagnose import Outcome, Status
from slowlens.facts.checkpoint import FileProblem
from slowlens.reports import inspection, render
from slowlens.run import SCHEMA_VERSION

UNREAD = FileProblem("config.json", "is empty", "Copy it from the source.")


def test_the_answer_comes_first_and_the_proof_with_each_finding() -> None:
    text = render("text", a_run())
    assert text.startswith("m: failed. generate() runs without its key-value cache")
    assert "read      config.json use_cache = false; generation_config.json use_cache" in text
    assert "fix       Turn the key-value cache on (safe)" in text
    assert text.endswith("To see the fixes: slowlens fix /m --source /m\n")
    assert max(map(len, text.splitlines())) <= 96


def test_what_was_measured_is_told_apart_from_what_was_read() -> None:
    text = render("text", a_run(a_measurement()))
    assert "measured  input of step 1 = 10 tokens" in text


def test_what_was_not_checked_is_said() -> None:
    outcomes = (
        Outcome("fine", Status.PASSED),
        Outcome("unsure", Status.SKIPPED, reason="needs a live run"),
        Outcome("bug", Status.CRASHED, reason="KeyError: 'x'"),
    )
    text = render("text", replace(a_run(), outcomes=outcomes, problems=(UNREAD,)))
    assert "checked   3 rules: 1 passed, 1 skipped, 1 crashed\n" in text
    assert "skipped   unsure: needs a live run" in text
    assert "crashed   bug: KeyError: 'x'" in text
    assert "unread    config.json is empty. Copy it from the source." in text
    assert "To see the fixes" not in text


def test_json_is_the_run() -> None:
    assert json.loads(render("json", a_run()))["schema_version"] == SCHEMA_VERSION


def test_runtimes_that_agree_share_a_row() -> None:
    text = inspection.render(a_run())
    rows = [" ".join(line.split()) for line in text.splitlines()]
    start = rows.index("use_cache false transformers-4, transformers-5 generation_config.json")
    assert rows[start + 1 : start + 3] == [
        "false forward config.json",
        "true vllm default vLLM always caches",
    ]
    assert "5 parameters, 10 B of weights (BF16 100 %)" in text


def test_settings_that_nobody_wrote_are_only_named() -> None:
    text = inspection.render(replace(a_run(), problems=(UNREAD,)))
    assert "settings at the default everywhere:" in text
    assert "num_beams" in text.split("at the default everywhere:")[1]
    assert "unread    config.json is empty" in text


@pytest.mark.parametrize(
    ("problems", "files", "why"),
    [
        ((UNREAD,), {"config.json": 1}, "config.json could not be read"),
        ((UNREAD,), {}, "config.json could not be read"),
        ((), {"adapter_config.json": 1}, "there is no config.json"),
    ],
)
def test_settings_that_nobody_knows_are_not_made_up(problems: Any, files: Any, why: str) -> None:
    run = a_run()
    text = inspection.render(
        replace(run, settings={}, problems=problems, merged=replace(run.merged, files=files))
    )
    assert text.splitlines()[0] == f"effective settings unknown: {why}"
    assert "use_cache" not in text
    assert "Effective settings" not in text
    assert "unknown" not in inspection.render(run)


def test_a_checkpoint_without_weights_says_so() -> None:
    run = a_run()
    bare = replace(run.merged, dtype_sizes={}, parameters=0, model_type="")
    text = inspection.render(replace(run, merged=bare))
    assert "no model type, no safetensors weights" in text
