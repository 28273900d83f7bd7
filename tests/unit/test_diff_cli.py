"""``slowlens diff``: what it prints and what it returns."""

import argparse
import json
from pathlib import Path

import pytest

from builders import CONFIG, GENERATION_CONFIG, checkpoint
from slowlens.cli import diff
from slowlens.errors import CheckpointError


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    diff.configure(parser)
    return diff.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "source")


def test_a_difference_is_printed_and_returned(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merged = checkpoint(tmp_path / "m", generation={**GENERATION_CONFIG, "use_cache": False})
    assert run(source, merged) == 1
    out = capsys.readouterr().out
    assert out.startswith("1 difference: 1 speed.")
    assert "use_cache  (absent)  →  false" in out


def test_another_spelling_is_not(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = {**CONFIG, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}}
    merged = checkpoint(tmp_path / "m", config)
    assert run(source, merged) == 0
    out = capsys.readouterr().out
    assert out.startswith("No difference that matters.")
    assert out.endswith("2 differences in spelling only, or of no effect; --all shows them.\n")
    assert run(source, merged, "--all") == 0
    assert "rope_parameters.rope_theta  (absent)  →  10000.0" in capsys.readouterr().out


def test_a_cosmetic_difference_returns_zero(source: Path, tmp_path: Path) -> None:
    assert run(source, checkpoint(tmp_path / "m", {**CONFIG, "architectures": ["B"]})) == 0


def test_json(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merged = checkpoint(tmp_path / "m", {**CONFIG, "use_cache": False, "pretraining_tp": 2})
    assert run(source, merged, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema_version"] == 1
    (difference,) = told["differences"]
    assert (difference["file"], difference["key"]) == ("config.json", "use_cache")
    assert (difference["effect"], difference["merged"]) == ("speed", False)
    assert "source" not in difference
    assert [d["key"] for d in told["unchanged"]] == ["pretraining_tp"]


def test_to_a_file(source: Path, tmp_path: Path) -> None:
    assert run(source, source, "-o", tmp_path / "out.txt") == 0
    assert (tmp_path / "out.txt").read_text() == "No difference that matters.\n"


def test_a_folder_that_is_no_checkpoint(source: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        run(source, tmp_path)
    assert caught.value.exit_code == 2


def test_what_could_not_be_read_is_said(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merged = checkpoint(tmp_path / "m")
    (merged / "added_tokens.json").write_text("{")
    assert run(source, merged) == 2
    assert "merged: added_tokens.json" in capsys.readouterr().err


def test_weights_on_one_side_only_matter(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = checkpoint(tmp_path / "m", tensors=None)
    assert run(source, bare) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("1 difference: 1 output.")
    assert "there are no weights in the folder" in shown.err
