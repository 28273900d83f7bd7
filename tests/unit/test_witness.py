"""Which run speaks for a checkpoint. Runs are handed over the newest first."""

from dataclasses import replace

import pytest

from literals import equality, generation, measurement
from runs import a_measurement, a_run
from slowlens.facts.live.equality import Equality
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Cache, Purpose
from slowlens.run import CheckpointSummary, Run
from slowlens.witness import before_and_after, measured_runs, rounds, witness, witness_of_pair

NOW = a_run()
QUICK = replace(a_run(measurement(generation(0.1, 0.1, 0.1))), id="20260102-1")
WELL = replace(a_run(a_measurement()), id="20260101-1")


def summary(**changes: object) -> CheckpointSummary:
    return replace(NOW.merged, **changes)


OTHERS = {
    "other folder": replace(WELL, merged=summary(path="/elsewhere")),
    "other config": replace(WELL, merged=summary(sha256={"config.json": "2"})),
    "other weights": replace(WELL, merged=summary(modified={"model.safetensors": 2.0})),
    "only checked": replace(WELL, measurement=None),
    "stopped": replace(WELL, measurement=replace(a_measurement(), status=Status.STOPPED)),
}


def test_a_quick_look_does_not_push_aside_what_was_measured_well() -> None:
    assert (rounds(QUICK), rounds(WELL), rounds(NOW)) == (1, 3, 0)
    assert witness(NOW, (QUICK, WELL)) == WELL
    newer = replace(WELL, id="20260103-1")
    assert witness(NOW, (newer, QUICK, WELL)) == newer


def test_without_one_of_enough_rounds_the_newest_speaks() -> None:
    assert witness(NOW, (QUICK, replace(QUICK, id="20260101-1"))) == QUICK
    assert witness(NOW, ()) is None


def with_more(run: Run, *more: Generation, equalities: tuple[Equality, ...] = ()) -> Run:
    found = run.measurement
    assert found is not None
    generations = (*found.generations, *more)
    return replace(run, measurement=replace(found, generations=generations, equalities=equalities))


def test_of_runs_of_as_many_rounds_the_one_that_saw_more_speaks() -> None:
    newer = replace(WELL, id="20260103-1")
    answered = with_more(WELL, generation(0.1, 0.1, purpose=Purpose.LENGTH))
    assert witness(NOW, (newer, answered)) == answered
    off = with_more(WELL, generation(1, 0.4, 0.4, cache=Cache.OFF, cached=False))
    assert witness(NOW, (newer, off)) == off
    assert witness(NOW, (answered, off)) == answered


def test_a_later_run_that_compared_no_results_does_not_hide_that_they_differ() -> None:
    changes, same = equality(cached=0.5), equality()
    older = with_more(replace(QUICK, id="20260101-2"), equalities=(same,))
    compared = with_more(QUICK, equalities=(changes,))
    found = witness(NOW, (WELL, compared, older))
    assert found is not None
    assert found.measurement is not None
    assert found.id == WELL.id
    assert found.measurement.equalities == (changes,)
    own = with_more(WELL, equalities=(same,))
    assert witness(NOW, (compared, own)) == own


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_measured_something_else_or_not_to_the_end_speaks_for_nothing(other: Run) -> None:
    assert witness(NOW, (other,)) is None
    assert witness(NOW, (other, QUICK)) == QUICK


@pytest.mark.parametrize("source", [None, summary(path="/s"), summary(files={"a": 1})])
def test_the_source_counts_where_a_pair_is_asked_for(source: CheckpointSummary | None) -> None:
    other = replace(WELL, source=source)
    assert witness(NOW, (other,)) == other
    assert witness_of_pair(NOW, (other, QUICK)) == QUICK
    assert witness_of_pair(replace(NOW, source=source), (QUICK, other)) == other


def test_measured_runs_are_of_the_folder_whatever_was_in_it() -> None:
    assert measured_runs(NOW, (QUICK, *OTHERS.values())) == (
        QUICK, OTHERS["other config"], OTHERS["other weights"], OTHERS["stopped"],
    )  # fmt: skip


def test_before_and_after_are_two_runs_of_the_same_weights() -> None:
    before = replace(OTHERS["other config"], id="20260101-2")
    older = replace(before, id="20260101-1")
    assert before_and_after(NOW, (QUICK, before, older)) == (before, QUICK)
    assert before_and_after(NOW, (before, older)) is None, "not measured since"
    earlier = replace(QUICK, id="20260101-1")
    assert before_and_after(NOW, (QUICK, earlier)) is None, "the files were never others"
    assert before_and_after(NOW, (replace(before, id="20260103-1"), QUICK)) is None, "later"
    assert before_and_after(NOW, (QUICK, OTHERS["other weights"])) is None
    stopped = replace(before, measurement=replace(a_measurement(), status=Status.STOPPED))
    assert before_and_after(NOW, (QUICK, stopped)) is None
