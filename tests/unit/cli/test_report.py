"""slowlens report: a run as a file to hand on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from planting import full_run, with_prompt
from runs import a_run
from slowlens.cli import main
from slowlens.cli.report import FORMS
from slowlens.codec import decode, encode
from slowlens.labels import default_labels
from slowlens.store import default_store

PROMPT = "all of my secrets in one prompt"


@pytest.fixture
def run_id() -> str:
    run = with_prompt(full_run(), PROMPT, "and what was written about them")
    default_store().save(run)
    return run.id


def test_html_is_a_file_here(
    run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", run_id]) == 0
    (file,) = tmp_path.iterdir()
    assert file.name == f"slowlens-report-{run_id}.html"
    assert capsys.readouterr().out.startswith(f"Wrote {file.name}, 4.")
    text = file.read_text(encoding="utf-8")
    assert text.count("<!doctype html>") == 1
    assert "/srv/" not in text.replace(text[text.index("<script>") : text.rindex("</script>")], "")
    assert PROMPT not in text


def test_markdown_and_json_go_to_the_terminal(
    run_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", run_id[:13], "--format", "md"]) == 0
    assert capsys.readouterr().out.startswith("## merged: 1 error")
    assert main(["report", run_id, "--format", "json"]) == 0
    run = decode(capsys.readouterr().out)
    assert (run.id, run.merged.path) == (run_id, "merged")
    assert run.redacted["prompt"] == 2


@pytest.mark.parametrize("form", FORMS)
def test_with_tells_what_is_left_out_otherwise(form: str, run_id: str, tmp_path: Path) -> None:
    file = tmp_path / "report"
    told: list[bool] = []
    for more in ([], ["--with", "users,prompt"], ["--with", "all"]):
        assert main(["report", run_id, "--format", form, "-o", str(file), *more]) == 0
        text = file.read_text(encoding="utf-8")
        told += [PROMPT in text, "/srv/models" in text]
    assert told == [False, False, True, False, True, True]


def test_a_run_that_was_checked_only_and_is_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.json"
    file.write_text(encode(a_run()), encoding="utf-8")
    assert main(["report", str(file), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["measurement"] is None


def test_a_run_may_be_called_as_a_folder_is(
    run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "merged").mkdir()
    default_labels().put(run_id, "merged")
    assert main(["report", "merged", "--format", "json"]) == 0
    assert decode(capsys.readouterr().out).id == run_id


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (lambda here: [str(here)], 3, "slowlens check"),
        (lambda _: ["nothing"], 3, "no run, run file or baseline nothing"),
        (lambda _: ["x", "--with", "host"], 3, "'host' is none of paths, users, hosts"),
        (lambda _: ["x", "--with", ""], 3, "is the variable set?"),
        (lambda here: ["x", "-o", str(here / "no" / "x.html")], 3, "make it first"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: Callable[[Path], list[str]],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        ended = main(["report", *arguments(tmp_path)])
    except SystemExit as error:
        ended = int(error.code or 0)
    assert ended == code
    assert said in capsys.readouterr().err


def test_html_wants_the_charts_and_says_so(
    run_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("slowlens.cli.report.find_spec", lambda _: None)
    assert main(["report", run_id]) == 3
    assert "--format md needs nothing" in capsys.readouterr().err
    assert main(["report", run_id, "--format", "md"]) == 0
