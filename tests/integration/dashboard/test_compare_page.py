"""Compare: several runs side by side, chosen by a click and kept in the address."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages import Open, explained, press, said, slow_and_fast, store
from samples import results
from sessions import EVENTS, Session
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Measurement
from slowlens.importing import imported_run
from slowlens.labels import default_labels
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard.measuring import jobs as jobs_module

A, B, C = (f"20260102-03040{number}-abcd" for number in range(3))


@pytest.fixture
def kept(pair: tuple[Path, Path]) -> tuple[Run, Run]:
    """A slow run and one of the same checkpoint that is as fast as its cache allows."""
    fast = slow_and_fast(0.1)
    return store(pair, slow_and_fast(), id=A), store(pair, fast, id=B)


def other_dtype(measured: Measurement) -> Measurement:
    models = tuple(replace(model, dtype="float32") for model in measured.models)
    return replace(measured, models=models)


def imported(name: str = "vllm-serve.json") -> Run:
    run = imported_run(results(name)[0], Environment("3.12", "Linux", {}))
    default_store().save(run)
    return run


def addressed(at: AppTest, key: str) -> Sequence[str]:
    value: Any = at.query_params.get(key, [])
    return [value] if isinstance(value, str) else list(value)


def tables(at: AppTest) -> list[Any]:
    return [table.value for table in at.get("table")]


def figures(at: AppTest) -> Any:
    return next(table for table in tables(at) if "Figure" in table.columns).set_index("Figure")


@pytest.mark.usefixtures("kept")
def test_a_link_shows_the_runs_side_by_side(open_page: Open) -> None:
    at = open_page("compare", run=[A, B])
    assert not at.exception
    text = said(at)
    assert "**A** · merged ← source" in text
    assert "**B** · merged ← source" in text
    assert "Slower than A?" in text
    assert "**B** merged as shipped: 4.00 times faster per token" in text
    table = figures(at)
    assert table.loc["Verdict", "B"].startswith(":green-badge")
    assert table.loc["TPOT, median", "A"] == "400 ms"
    assert table.loc["TPOT, median", "B"].startswith("100 ms  \n:gray[0.25 times A")
    assert table.loc["Memory of the process, most at any time", "A"] == ":gray[not available]"
    assert "all tokens again (A), the newest token (B)" in text
    assert len(at.get("plotly_chart")) == 2, "the curves and the waterfalls"
    assert "**B** merged as shipped is not told apart: 100 ms a token" in text


@pytest.mark.usefixtures("kept")
def test_another_run_becomes_the_one_to_judge_by(open_page: Open) -> None:
    at = press(open_page("compare", run=[A, B]), "Judge by this run")
    assert addressed(at, "run") == [B, A]
    assert "**B** merged as shipped: 4.00 times as long per token" in said(at)
    assert ":red-badge[:material/close: FAIL]" in said(at)
    assert "Cause: " in said(at), "what was found in the slower one"


@pytest.mark.usefixtures("kept")
def test_a_choice_is_in_the_address(open_page: Open) -> None:
    at = open_page("compare", run=[A])
    assert "Choose another run to compare with merged ← source." in said(at)
    chooser = at.multiselect[0]
    assert chooser.value == [A]
    assert len(chooser.options) == 2
    at = chooser.set_value([A, B]).run()
    assert addressed(at, "run") == [A, B]
    assert "Slower than A?" in said(at)
    at = at.multiselect[0].set_value([B]).run()
    assert addressed(at, "run") == [B]


def test_runs_that_read_the_same_stay_apart(open_page: Open, pair: tuple[Path, Path]) -> None:
    for run_id in (A, B, C):
        store(pair, slow_and_fast(), id=run_id, created="2026-01-02T03:04:05+00:00")
    at = open_page("compare", run=[A, B, C]).run()
    assert addressed(at.run(), "run") == [A, B, C]
    assert at.multiselect[0].value == [A, B, C]


@pytest.mark.usefixtures("kept")
def test_a_kind_of_trial_is_chosen_and_in_the_address(open_page: Open) -> None:
    at = open_page("compare", run=[A, B])
    chooser = at.selectbox[0]
    assert (chooser.value, chooser.options) == (
        "merged as shipped",
        ["merged as shipped", "merged, cache on"],
    )
    at = chooser.set_value("merged, cache on").run()
    assert addressed(at, "kind") == ["merged, cache on"]
    assert figures(at).loc["TPOT, median", "A"] == "100 ms"
    assert "**B** merged, cache on: 1.00 times as long" in said(at)
    at = at.selectbox[0].set_value("merged as shipped").run()
    assert addressed(at, "kind") == []
    assert addressed(open_page("compare", run=[A, B], kind="nonsense"), "run") == [A, B]


def test_what_differs_stands_on_top_and_keeps_from_a_verdict(
    open_page: Open, pair: tuple[Path, Path], kept: tuple[Run, Run]
) -> None:
    store(pair, other_dtype(slow_and_fast()), id=C)
    at = open_page("compare", run=[A, B, C])
    (warning,) = at.warning
    assert warning.value == "- **C**: unlike in dtype of merged."
    differing = tables(at)[0].set_index("Circumstance")
    assert differing.loc["Dtype of merged"].tolist() == ["bfloat16", "bfloat16", "**float32**"]
    assert "Torch" in said(at), "folded away, in the table of what is the same"
    assert "Torch" not in differing.index
    assert ":gray-badge[:material/block: NOT COMPARABLE] **C**" in said(at)
    assert "times A" not in figures(at).loc["TPOT, median", "C"]


def test_what_is_unlike_is_compared_all_the_same_where_that_is_asked_for(
    open_page: Open, pair: tuple[Path, Path], kept: tuple[Run, Run]
) -> None:
    store(pair, other_dtype(slow_and_fast(0.8)), id=C)
    at = open_page("compare", run=[A, C])
    at = at.toggle[0].set_value(True).run()
    assert addressed(at, "anyway") == ["1"]
    assert "**B** merged as shipped: 2.00 times as long" in said(at)
    assert "2.00 times A" in figures(at).loc["TPOT, median", "B"]
    assert "2.00 times as long" in said(open_page("compare", run=[A, C], anyway="1"))
    at = at.toggle[0].set_value(False).run()
    assert addressed(at, "anyway") == []


@pytest.mark.usefixtures("kept")
def test_an_imported_run_is_compared_by_what_it_tells(open_page: Open) -> None:
    run, other = imported(), imported("vllm-serve-detailed.json")
    at = open_page("compare", run=[A, run.id])
    text = said(at)
    assert not at.exception
    assert "B is imported from vLLM: it tells no steps" in text
    assert "(E2E - TTFT) / (n - 1) of each request" in text
    assert "There is nothing to compare." in text
    assert not at.toggle
    assert figures(at).loc["TPOT, median", "B"] == "11.5 ms"
    assert "**B** merged as shipped" not in text, "it has no steps"
    at = open_page("compare", run=[run.id, other.id])
    assert not at.exception
    assert not at.get("plotly_chart")
    assert not at.selectbox


def test_the_waterfalls_stand_below_each_other(open_page: Open, pair: tuple[Path, Path]) -> None:
    store(pair, explained(), id=A)
    store(pair, explained(0.2), id=B)
    at = open_page("compare", run=[A, B])
    assert len(at.get("plotly_chart")) == 2
    assert "**A** merged as shipped is recompute-bound: 400 ms a token" in said(at)
    assert "**B** merged as shipped is recompute-bound: 200 ms a token" in said(at)


@pytest.mark.usefixtures("kept")
def test_names_are_shown_and_lead_to_the_runs(open_page: Open) -> None:
    default_labels().put(B, "<b>after</b> the fix")
    at = open_page("compare", run=[A, B])
    assert "**B** · \\<b\\>after\\</b\\> the fix" in said(at)
    assert any(option.startswith("<b>after</b> the fix · ") for option in at.multiselect[0].options)


def test_without_any_run_the_page_says_what_to_do(open_page: Open, session: Session) -> None:
    at = open_page("compare", nothing="1")
    assert not at.exception
    assert "No run with figures is kept yet." in said(at)
    assert not at.multiselect
    assert "To the page Live run" in said(at)


def test_with_one_run_the_page_says_what_to_do(open_page: Open, pair: tuple[Path, Path]) -> None:
    store(pair, slow_and_fast(), id=A)
    assert "One run is kept, and a comparison takes two." in said(open_page("compare"))


@pytest.mark.usefixtures("kept")
def test_without_a_choice_the_page_asks_for_one(open_page: Open) -> None:
    assert "Choose two runs or more." in said(open_page("compare", nothing="1"))


def test_runs_that_are_not_to_be_had_are_told_and_the_others_are_shown(
    open_page: Open, kept: tuple[Run, Run], pair: tuple[Path, Path]
) -> None:
    store(pair, slow_and_fast(), id=C)
    default_store().delete(C)
    default_store().path("damaged").write_text("{}")
    default_store().save(replace(kept[0], id="checked", measurement=None))
    at = open_page("compare", run=[A, C, "damaged", "checked", "../../etc/passwd", B])
    text = said(at)
    assert not at.exception
    assert f"The run {C} was deleted." in text
    assert f"slowlens runs restore {C}" in text
    assert "The file of the run damaged cannot be read." in text
    assert "The run checked holds no times." in text
    assert "There is no run ../../etc/passwd here." in text
    assert "Slower than A?" in text
    assert at.multiselect[0].value == [A, B]


@pytest.mark.usefixtures("kept")
def test_a_run_in_progress_is_said_to_be_so(open_page: Open, session: Session) -> None:
    press(open_page("live"), "Start")
    session.feed.put(EVENTS[0])
    job = jobs_module.jobs().active
    assert job is not None
    at = open_page("compare", run=[A, B, job.id])
    assert f"The run {job.id} is still in progress." in said(at)
    assert "Slower than A?" in said(at)


def test_runs_of_folders_that_may_not_be_read_are_not_shown(
    open_page: Open, kept: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slowlens_dashboard.runs.lineup_store.may_show", lambda run: run.id != B)
    at = open_page("compare", run=[A, B])
    assert f"There is no run {B} here." in said(at)
    assert "Slower than A?" not in said(at)


@pytest.mark.usefixtures("kept")
def test_a_finished_run_leads_to_its_comparison(open_page: Open) -> None:
    links = open_page("live", run=A).get("page_link")
    (link,) = [link for link in links if link.proto.label == "Compare with…"]
    assert link.proto.query_string.endswith(f"run={A}")


def test_what_a_run_file_calls_its_subjects_is_no_markup(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    subject = "<img src=x> **y**"
    for run_id in (A, B):
        run = store(pair, slow_and_fast(), id=run_id)
        assert run.measurement
        trials = (
            replace(each, trial=replace(each.trial, subject=subject))
            for each in run.measurement.generations
        )
        measured = replace(run.measurement, generations=tuple(trials))
        default_store().save(replace(run, measurement=measured))
    at = open_page("compare", run=[A, B], kind=f"{subject}, cache on")
    assert not at.exception
    assert "Compared: \\<img src=x\\> \\*\\*y\\*\\*, cache on" in said(at)
    for chart in at.get("plotly_chart"):
        assert "<img" not in chart.proto.spec
