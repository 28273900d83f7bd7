from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from runs import a_run
from samples import results
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Kind, Subject
from slowlens.importing import imported_run
from slowlens.lineup import SHIPPED, comparable, kinds_of, line_up, usual_kind
from slowlens.run import Run
from slowlens.speedverdict import Answer

ON: Kind = (Subject.MERGED, Cache.ON)
NOISE = (0.99, 1.0, 1.01)


def timed(seconds: float, cache: Cache = Cache.AS_SHIPPED, *, cached: bool = True) -> Measurement:
    """Three rounds about ``seconds`` a token."""
    steps = ((1, seconds * n, seconds * n) for n in NOISE)
    return measurement(*(generation(*each, cache=cache, cached=cached) for each in steps))


def run(*measured: Measurement, **changes: Any) -> Run:
    whole = measurement(*(g for each in measured for g in each.generations))
    return a_run(replace(whole, **changes))


def foreign(name: str = "vllm-serve.json") -> Run:
    return imported_run(results(name)[0], Environment("3.12", "Linux", {}))


def test_each_run_is_judged_by_the_first() -> None:
    found = line_up([run(timed(0.1)), run(timed(0.2)), run(timed(0.05))])
    assert [entry.name for entry in found.entries] == ["A", "B", "C"]
    assert found.entries[0].verdict is None
    assert [v.answer for v in found.verdicts] == [Answer.FAIL, Answer.PASS]
    assert [v.titles for v in found.verdicts] == [("A", "B"), ("A", "C")]
    assert found.kind == SHIPPED
    assert found.entries[1].side.tpots == pytest.approx((0.198, 0.2, 0.202))


def test_another_order_judges_by_another_run() -> None:
    slow, fast = run(timed(0.2)), run(timed(0.1))
    assert [v.answer for v in line_up([slow, fast]).verdicts] == [Answer.PASS]
    assert [v.answer for v in line_up([fast, slow]).verdicts] == [Answer.FAIL]


def test_a_kind_of_trial_is_judged_alone() -> None:
    one = run(timed(0.2, cached=False), timed(0.1, Cache.ON))
    two = run(timed(0.2, cached=False), timed(0.3, Cache.ON))
    assert line_up([one, two]).verdicts[0].answer is Answer.PASS
    chosen = line_up([one, two], ON)
    assert [judged.label for judged in chosen.verdicts[0].judged] == ["merged, cache on"]
    assert chosen.verdicts[0].answer is Answer.FAIL
    assert chosen.entries[1].side.tpots == pytest.approx((0.297, 0.3, 0.303))


def test_what_another_kind_has_unlike_keeps_none_from_a_verdict() -> None:
    pair = [loaded(), loaded(Subject.SOURCE)]
    both = measurement(
        *(generation(1, 0.1 * n, 0.1 * n) for n in NOISE),
        *(generation(1, 0.1 * n, 0.1 * n, subject=Subject.SOURCE) for n in NOISE),
    )
    one = a_run(replace(both, models=tuple(pair)))
    two = a_run(replace(both, models=(pair[0], replace(pair[1], dtype="float32"))))
    assert line_up([one, two]).verdicts[0].answer is Answer.INCOMPARABLE
    assert line_up([one, two], SHIPPED).verdicts[0].answer is Answer.PASS
    source: Kind = (Subject.SOURCE, Cache.AS_SHIPPED)
    assert line_up([one, two], source).verdicts[0].answer is Answer.INCOMPARABLE


def test_unlike_runs_are_held_against_each_other_when_that_is_asked_for() -> None:
    runs = [run(timed(0.1)), run(timed(0.2), models=(loaded(dtype="float32"),))]
    refused = line_up(runs)
    assert refused.verdicts[0].answer is Answer.INCOMPARABLE
    assert refused.entries[1].judged is None
    anyway = line_up(runs, anyway=True)
    assert anyway.verdicts[0].answer is Answer.FAIL
    assert anyway.entries[1].judged is not None
    assert "dtype of merged" in [each.what for each in anyway.differing]


def test_what_decides_stands_before_what_may_differ() -> None:
    one = run(timed(0.1))
    other = replace(run(timed(0.1), models=(loaded(dtype="float32"),)), slowlens="9")
    found = line_up([one, other])
    assert [(c.what, c.decides) for c in found.differing] == [
        ("device", True),
        ("dtype of merged", True),
        ("Slowlens", False),
    ]
    assert "torch" in [each.what for each in found.common]


def test_what_a_run_does_not_tell_is_not_called_the_same() -> None:
    one, other = run(timed(0.1)), run(timed(0.1), environment=None)
    found = line_up([one, other])
    assert "torch" not in [each.what for each in found.common]
    assert "torch" in [each.what for each in found.partly_told]
    assert "torch" not in [each.what for each in found.differing]
    assert "dtype of merged" in [each.what for each in found.common]


def test_changed_files_are_a_difference_that_decides_nothing() -> None:
    one, two = (
        replace(each, merged=replace(each.merged, sha256={"config.json": digest}))
        for each, digest in ((run(timed(0.1)), "a"), (run(timed(0.1)), "b"))
    )
    found = line_up([one, two])
    assert [each.what for each in found.differing] == ["its JSON files"]
    assert found.verdicts[0].answer is Answer.PASS
    assert "its JSON files" not in [each.what for each in line_up([one, one]).differing]


@pytest.mark.parametrize(
    ("runs", "kind"),
    [
        ([run(timed(0.1), timed(0.1, Cache.ON)), run(timed(0.1, Cache.ON))], ON),
        ([run(timed(0.1)), run(timed(0.1, Cache.ON))], SHIPPED),
        ([run(timed(0.1)), run(timed(0.1)), run(timed(0.1, Cache.ON))], SHIPPED),
        ([run(timed(0.1, Cache.ON)), foreign()], ON),
        ([foreign(), foreign()], None),
    ],
)
def test_what_is_shown_where_nobody_chooses(runs: list[Run], kind: Kind | None) -> None:
    assert usual_kind(runs) == kind
    assert line_up(runs).kind == kind


def test_every_kind_is_told_with_the_runs_that_timed_it() -> None:
    runs = [run(timed(0.1)), foreign(), run(timed(0.1), timed(0.1, Cache.ON))]
    assert kinds_of(runs) == {SHIPPED: (0, 2), ON: (2,)}


def test_a_run_without_the_kind_has_no_figures_and_no_verdict() -> None:
    found = line_up([run(timed(0.1)), run(timed(0.1, Cache.ON))])
    assert found.entries[1].side.tpots == ()
    assert found.entries[1].speed is None
    assert found.verdicts[0].answer is Answer.INCOMPARABLE


def test_imports_stand_beside_runs_with_their_figures_and_without_a_verdict() -> None:
    found = line_up([run(timed(0.1)), foreign()], anyway=True)
    assert found.entries[1].side.tpots
    assert found.entries[1].judged is None
    assert found.verdicts[0].hopeless
    assert [c.what for c in found.differing if c.decides] == ["instrument"]
    assert "tool" not in [each.what for each in found.circumstances], "the instrument tells it"


def test_memory_is_the_most_that_was_seen_and_none_where_nobody_looked() -> None:
    looks = (
        DeviceSample(0.0, memory_used=5, process_memory=7),
        DeviceSample(1.0, memory_used=9, process_memory=3),
        DeviceSample(2.0),
    )
    seen, unseen = line_up([run(timed(0.1), samples=looks), run(timed(0.1))]).entries
    assert (seen.gpu_memory, seen.process_memory) == (9, 7)
    assert (unseen.gpu_memory, unseen.process_memory) == (None, None)


def test_only_runs_with_figures_can_be_compared() -> None:
    assert comparable(run(timed(0.1)))
    assert comparable(foreign())
    assert not comparable(a_run())
    assert not comparable(a_run(measurement()))
