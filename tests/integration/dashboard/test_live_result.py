"""Live run after its end: what a finished, failed or imported run says."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders import checkpoint
from literals import measurement
from pages import Open, explained, press, query, said, slow_and_fast, store
from samples import NAMES, results
from sessions import EVENTS, Session
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Failure, Measurement, Status
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.facts.runtimes import Runtime
from slowlens.importing import imported_run
from slowlens.standing import Silence
from slowlens.store import default_store
from slowlens_dashboard.measuring import jobs as jobs_module
from slowlens_dashboard.measuring.starting import again, with_fixes


def test_the_end_is_a_sentence_with_figures_and_their_n(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, slow_and_fast())
    at = open_page("live", run=run.id)
    assert not at.exception
    assert "runs without its key-value cache" in at.header[0].value, "why it is slow"
    assert "The run proves it (no key-value cache: " in said(at)
    factor = "4.00 times as long per token as merged, cache on"
    (verdict,) = [text.value for text in at.markdown if factor in text.value]
    assert verdict.startswith(":red-badge[:material/close: FAIL] merged as shipped: 4.00 times")
    assert said(at).count(factor) == 1, "not twice"
    assert "3 rounds of 3 tokens" in said(at)
    assert "400 ms" in said(at)
    assert "Thick line: merged as shipped" in said(at)
    assert len(at.get("plotly_chart")) == 2, "the waterfall and the steps"
    assert query(at, "merged") == str(pair[0]), "the other pages follow the run"


def test_a_finished_run_explains_itself(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, explained())
    at = open_page("live", run=run.id)
    assert not at.exception
    text = said(at)
    assert "merged as shipped is **recompute-bound**: 400 ms a token" in text
    assert "10 GB/s and 2 TFLOP/s in bfloat16, measured before" in text
    assert (
        "of 4 tokens, at mean speeds: merged 1.6 s (estimated) against 0.4 s of its source" in text
    )
    assert "What each fix gives back" in text
    assert "An answer of merged takes 1.2 s more than one of the source" in text
    assert "the results are the same with the cache" in text
    assert text.count("Could not be run: merged, cache static (speed)") == 1
    assert "Take fewer tokens." in text
    assert "merged, cache on: 3 runs, the first 2.5 s, the last 400 ms" in text
    assert len(at.get("plotly_chart")) == 3, "the waterfall, the steps, the machine"


def test_the_same_work_is_not_judged(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, slow_and_fast(0.1))
    text = said(open_page("live", run=run.id))
    assert "SAME WORK" in text
    assert "any difference is noise" in text
    assert not any(verdict in text for verdict in ("PASS]", "FAIL]", "INCONCLUSIVE]"))


@pytest.mark.parametrize("judged", [(), (Runtime.VLLM,)])
def test_a_busy_machine_is_told_in_the_open_before_the_verdicts(
    open_page: Open, pair: tuple[Path, Path], judged: tuple[Runtime, ...]
) -> None:
    run = replace(store(pair, on_a_busy_machine()), judged=judged)
    default_store().save(run)
    at = open_page("live", run=run.id)
    (text,) = [each.value for each in at.markdown if "the machine was busy" in each.value.lower()]
    doubt, verdict, *_ = text.split("\n\n")
    assert doubt == (
        ":gray-badge[note] The machine was busy: load average up to 6.2 on 2 processors,"
        " which puts the times of all timed trials in doubt."
    )
    assert "FAIL]" in verdict


def test_a_busy_machine_is_told_where_nothing_can_be_judged(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    found = on_a_busy_machine()
    shipped = [g for g in found.generations if g.trial.cache is Cache.AS_SHIPPED]
    text = said(open_page("live", run=store(pair, replace(found, generations=(*shipped,))).id))
    assert "The machine was busy" in text
    assert "Is merged slower?" not in text


def test_a_machine_that_is_always_busy_may_be_silenced(
    open_page: Open, pair: tuple[Path, Path]
) -> None:
    run = store(pair, on_a_busy_machine())
    silence = Silence("throttled-or-shared-gpu", "it always is")
    default_store().save(replace(run, silences=(silence,)))
    assert "The machine was busy" not in said(open_page("live", run=run.id))


def on_a_busy_machine() -> Measurement:
    found = slow_and_fast()
    begun = tuple(replace(each, started=0.0) for each in found.generations)
    looks = tuple(DeviceSample(at / 100, load=6.2, cores=2) for at in range(100))
    return replace(found, generations=begun, samples=looks)


def test_too_few_rounds_are_inconclusive(open_page: Open, pair: tuple[Path, Path]) -> None:
    found = slow_and_fast()
    few = replace(found, generations=(*found.generations[:2], *found.generations[4:]))
    assert "INCONCLUSIVE" in said(open_page("live", run=store(pair, few).id))


def test_measuring_again_asks_for_no_double_that_is_gone(pair: tuple[Path, Path]) -> None:
    run = store(pair, explained())
    assert with_fixes(run)
    assert again(run).overlays == ()


def test_measure_again_tries_the_fixes_again_on_new_doubles(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    run = store(pair, explained())
    press(open_page("live", run=run.id), "Measure again")
    session.feed.put(EVENTS[0])
    job = jobs_module.jobs().active
    assert job is not None
    while not job.log:
        assert job.running
    overlays = job.plan.overlays
    assert "merged + gen-use-cache-false" in [overlay.name for overlay in overlays]
    assert all(Path(overlay.path).is_dir() for overlay in overlays)


def test_a_run_of_another_pair_leaves_the_chosen_one_until_its_fixes_are_wanted(
    open_page: Open, session: Session, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    run = store(pair, slow_and_fast())
    other = checkpoint(tmp_path / "other")
    at = open_page("live", run=run.id, merged=str(other))
    assert "merged ← source" in said(at)
    assert query(at, "merged") == str(other)
    at = press(at, "See the fixes")
    assert query(at, "merged") == str(pair[0])
    assert "Turn the key-value cache on" in said(at)


def test_a_failed_run_says_what_to_do(open_page: Open, session: Session) -> None:
    from slowlens.errors import WorkerError

    at = press(open_page("live"), "Start")
    for event in (*EVENTS[:3], WorkerError("it was killed", hint="Take a smaller one.")):
        session.feed.put(event)
    job = jobs_module.jobs()._all()[0]
    job.join()
    at = at.run()
    assert "It was killed." in said(at)
    assert at.error[0].value == "Take a smaller one."


def test_a_stopped_run_shows_what_was_timed_until_then(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    cut = replace(slow_and_fast().generations[1], finish=Finish.STOPPED)
    text = said(open_page("live", run=store(pair, stopped(cut)).id))
    assert "You stopped this run." in text
    assert "What was timed until then is below." in text
    assert "merged as shipped, stopped" in text
    assert "3 of 3 tokens" in text


def test_what_is_not_told_apart_is_no_chart(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    """All but the floor is unexplained where nothing was timed to hold it against."""
    whole = explained()
    alone = replace(whole, generations=whole.generations[:3], status=Status.STOPPED)
    assert {g.trial.cache for g in alone.generations} == {Cache.AS_SHIPPED}
    at = open_page("live", run=store(pair, alone).id)
    assert "merged as shipped is **not told apart**: 400 ms a token" in said(at)
    assert len(at.get("plotly_chart")) == 2, "the steps and the machine"


def test_a_run_that_was_stopped_before_anything_was_timed_says_so(
    open_page: Open, session: Session, pair: tuple[Path, Path]
) -> None:
    proof = slow_and_fast().generations[0]
    text = said(open_page("live", run=store(pair, stopped(proof)).id))
    assert "Nothing was timed by then." in text
    assert "is below" not in text


def stopped(*ran: Generation) -> Measurement:
    return replace(slow_and_fast(), generations=ran, status=Status.STOPPED)


def test_an_unknown_run_is_said_to_be_unknown(open_page: Open, pair: tuple[Path, Path]) -> None:
    at = open_page("live", run="20200101-000000-dead", merged=str(pair[0]))
    assert "There is no run 20200101-000000-dead here" in said(at)


def test_a_deleted_run_is_said_to_be_deleted(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, slow_and_fast())
    default_store().delete(run.id)
    text = said(open_page("live", run=run.id, merged=str(pair[0])))
    assert f"The run {run.id} was deleted" in text
    assert f"slowlens runs restore {run.id}" in text
    assert "another server" not in text


def test_what_ended_a_run_is_told_once(open_page: Open, pair: tuple[Path, Path]) -> None:
    trial = Trial(Subject.MERGED, Cache.ON, Purpose.SPEED, 4)
    fatal = Failure(trial, "the weights cannot be read", "Copy them again.")
    other = Failure(trial, "the GPU is full", "Take fewer tokens.")
    failed = replace(measurement(), status=Status.FAILED, error=fatal.message, hint=fatal.hint)
    run = store(pair, replace(failed, failures=(fatal, other)))
    at = open_page("live", run=run.id)
    texts = said(at).lower()
    assert texts.count("the weights cannot be read") == 1
    assert texts.count("copy them again.") == 1
    assert "the gpu is full" in texts


def test_recent_runs_are_listed_and_open(open_page: Open, pair: tuple[Path, Path]) -> None:
    run = store(pair, slow_and_fast(), created="2026-01-02T12:04:05+00:00")
    at = open_page("live")
    assert "Recent runs" in said(at)
    label = at.button(key=f"open-{run.id}").label
    assert label == "Ended 2026-01-02 12:04 UTC · merged ← source"
    assert "400 ms per token as shipped" in said(at)
    at = at.button(key=f"open-{run.id}").click().run()
    assert "3 rounds of 3 tokens" in said(at)
    at = press(at, "New run")
    assert "Recent runs" in said(at)


@pytest.mark.parametrize("name", NAMES)
def test_an_imported_run_has_its_figures_and_no_checkpoint(open_page: Open, name: str) -> None:
    result = results(name)[0]
    run = imported_run(result, Environment("3.12", "Linux", {}))
    default_store().save(run)
    at = open_page("live", run=run.id)
    assert not at.exception
    assert f"Imported from {result.tool}, no checkpoint was read." in said(at)
    table = at.get("table")[0].value
    assert len(table) == len(result.figures)
    assert "-" not in table.to_numpy(), "a list in Markdown"
    listed = open_page("live").button(key=f"open-{run.id}").label
    assert listed.startswith(f"Imported {run.created[:10]} ")
    _, _, called = listed.partition(" UTC · ")
    assert called.endswith(f", {result.tool}"), "as everywhere else"
    links = [link.proto.label for link in at.get("page_link")]
    assert links == ["Compare with…", "Report"], "the chosen checkpoint is not that of this result"
