"""``slowlens compare`` on runs made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from runs import a_run
from slowlens import cli
from slowlens.baselines import default_baselines
from slowlens.codec import encode
from slowlens.store import default_store


def test_compare_by_id_file_and_baseline(
    kept: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fast, slow = kept
    assert cli.main(["compare", fast, slow]) == 1
    assert capsys.readouterr().out.startswith("FAILED: merged as shipped: 4.00 times as long")
    assert cli.main(["compare", slow, fast]) == 0
    file = tmp_path / "a.json"
    file.write_text(encode(default_store().load(slow)))
    default_baselines().save("main", default_store().load(fast))
    assert cli.main(["compare", "main", str(file)]) == 1
    assert cli.main(["compare", "main", str(file), "--threshold", "4"]) == 0


def test_compare_refuses_unlike_runs(
    kept: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    run = default_store().load("2026-1")
    assert run.measurement
    plan = replace(run.measurement.plan, new_tokens=9)
    other = replace(run, id="2026-2", measurement=replace(run.measurement, plan=plan))
    default_store().save(other)
    assert cli.main(["compare", "2026-0", "2026-2"]) == 2
    assert "new tokens: 4 (before), 9 (after)" in capsys.readouterr().out
    assert cli.main(["compare", "2026-0", "2026-2", "--anyway"]) == 1


@pytest.mark.parametrize("share", ["x", "0", "nan", "10"])
def test_a_threshold_is_a_share(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["compare", "a", "b", "--threshold", share])
    assert left.value.code == 3
    assert "--threshold: must be more than 0 and less than 10" in capsys.readouterr().err


def test_compare_as_json_into_a_file(kept: tuple[str, str], tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    assert cli.main(["compare", *kept, "--format", "json", "-o", str(output)]) == 1
    assert json.loads(output.read_text())["answer"] == "fail"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "2026-0"], "There is no run, run file or baseline nothing"),
        (["2026-0", "checked"], "checked was only checked: it holds no times"),
        (["2026-0", "broken.json"], "slowlens: broken.json: This is not a run file"),
    ],
)
def test_compare_ends_with_3_for_what_is_no_comparison(
    arguments: list[str],
    said: str,
    kept: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{}")
    default_store().save(replace(a_run(), id="checked"))
    assert cli.main(["compare", *arguments]) == 3
    assert said in capsys.readouterr().err
