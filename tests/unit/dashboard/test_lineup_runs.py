from collections.abc import Sequence
from dataclasses import replace

import pytest

from runs import a_measurement, a_run
from samples import results
from slowlens.brief import Brief
from slowlens.briefing import brief_of
from slowlens.errors import RunFileError
from slowlens.facts.environment import Environment
from slowlens.facts.live.measurement import Status
from slowlens.importing import imported_run
from slowlens.labels import Label
from slowlens.run import Run
from slowlens.store import default_store
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.lineup_runs import (
    Gone,
    Lost,
    Shop,
    has_figures,
    look_up,
    options,
)
from slowlens_dashboard.runs.naming import called


def kept(run_id: str, run: Run | None = None) -> Run:
    run = replace(run or a_run(a_measurement()), id=run_id)
    default_store().save(run)
    return run


def looked_up(
    *ids: str, running: Sequence[str] = (), hidden: Sequence[str] = ()
) -> tuple[tuple[Run, ...], tuple[Lost, ...]]:
    store = default_store()
    shop = Shop(store, store.load, lambda run: run.id not in hidden, running)
    return look_up(ids, shop)


def test_runs_are_found_in_the_order_in_which_they_are_asked_for() -> None:
    one, two = kept("1"), kept("2")
    assert looked_up("2", "1") == ((two, one), ())


def test_what_is_not_to_be_had_is_told_with_the_reason() -> None:
    run = kept("1")
    kept("2")
    default_store().delete("2")
    kept("3", a_run())
    default_store().path("4").write_text("{")
    runs, lost = looked_up("1", "2", "3", "4", "5", "6", "../etc", running=["6"])
    assert runs == (run,)
    assert [(each.run, each.gone) for each in lost] == [
        ("2", Gone.DELETED),
        ("3", Gone.CHECKED),
        ("4", Gone.DAMAGED),
        ("5", Gone.UNKNOWN),
        ("6", Gone.RUNNING),
        ("../etc", Gone.UNKNOWN),
    ]
    assert "not a run file" in lost[2].why


def test_a_run_that_may_not_be_shown_is_not_known_to_be_there() -> None:
    kept("1")
    assert looked_up("1", hidden=["1"]) == ((), (Lost("1", Gone.UNKNOWN),))


def test_a_damaged_file_may_be_of_any_folder() -> None:
    kept("4")
    store = default_store()
    store.path("4").write_text("{")
    confined = Shop(store, store.load, lambda _run: True, confined=True)
    assert look_up(["4"], confined) == ((), (Lost("4", Gone.UNKNOWN),))


def test_a_file_that_cannot_be_read_is_an_error_and_no_crash() -> None:
    def read(_run_id: str) -> Run:
        raise RunFileError("gone")

    shop = Shop(default_store(), read, lambda _run: True)
    assert look_up(["1"], shop) == ((), (Lost("1", Gone.UNKNOWN),))


def test_runs_are_offered_that_were_timed_or_imported() -> None:
    def brief(run: Run) -> Brief:
        return brief_of(run.id, run)

    timed = a_run(a_measurement())
    assert timed.measurement
    failed = replace(timed.measurement, status=Status.FAILED)
    assert has_figures(brief(timed))
    assert has_figures(brief(replace(timed, measurement=failed))), "what was timed before"
    assert not has_figures(brief(replace(timed, measurement=replace(failed, generations=()))))
    assert not has_figures(brief(a_run()))
    assert has_figures(brief(foreign()))
    assert not has_figures(brief_of("1", RunFileError("damaged")))


def foreign() -> Run:
    return imported_run(results("vllm-serve.json")[0], Environment("3.12", "Linux", {}))


@pytest.mark.parametrize(
    ("run", "label", "said"),
    [
        (a_run(a_measurement()), Label(), "m ← m"),
        (replace(a_run(a_measurement()), source=None), Label(), "m"),
        (a_run(a_measurement()), Label("before the fix"), "before the fix"),
        (foreign(), Label(), "merged-7b, vLLM"),
    ],
)
def test_a_run_is_called_by_its_name_or_by_what_it_measured(
    run: Run, label: Label, said: str
) -> None:
    assert called(Row(brief_of(run.id, run), label)) == said


def test_a_damaged_run_is_called_by_its_id() -> None:
    assert called(Row(brief_of("2026-1", RunFileError("damaged")))) == "2026-1"


def test_a_list_tells_runs_apart() -> None:
    run = a_run(a_measurement())
    row = Row(brief_of(run.id, run), Label("mine"), ("main",))
    said = "mine · 2026-01-02 03:04 UTC · 400 ms per token · baseline main"
    assert options({"1": row}) == {"1": said}
    assert "mine · 2026" in options({"1": row}, str.upper)["1"], "a name is no word to translate"
    assert options({"1": row}, str.upper)["1"].endswith("400 MS PER TOKEN · BASELINE main")


def test_an_imported_time_of_its_own_definition_is_called_so() -> None:
    brief = replace(brief_of("1", a_run(a_measurement())), comparable=False)
    assert options({"1": Row(brief)})["1"].endswith("400 ms TPOT by its own definition")


def test_the_newest_stands_first_and_no_two_read_the_same() -> None:
    run = a_run(a_measurement())
    row = Row(brief_of(run.id, run))
    told = options({"1": row, "3": row, "2": replace(row, label=Label("other"))})
    assert list(told) == ["3", "2", "1"]
    assert [told["1"][-4:], told["3"][-4:]] == [" · 1", " · 3"]
    assert told["2"] == "other · 2026-01-02 03:04 UTC · 400 ms per token"
