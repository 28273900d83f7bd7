from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.runtime_precision_differs import RULE, check


def pair(ours: float = 0.02, theirs: float = 0.02, **changes: Any) -> Measurement:
    runs = [
        generation(3 * s, s, s, subject=subject)
        for subject, seconds in ((Subject.MERGED, ours), (Subject.SOURCE, theirs))
        for s in (0.99 * seconds, seconds, 1.01 * seconds)
    ]
    models = loaded(**{"weights_read": 100} | changes), loaded(Subject.SOURCE, weights_read=100)
    return replace(measurement(*runs), models=models)


def test_another_dtype_with_what_it_costs() -> None:
    (finding,) = check(pair(0.04, dtype="float32", weights_read=200))
    assert finding.message == "merged runs in float32, its source in bfloat16"
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.cost.startswith("2.00 times as long per token as source as shipped")
    assert [number.value for number in finding.evidence] == pytest.approx([120, 60])


def test_another_attention() -> None:
    (finding,) = check(pair(attention="eager"))
    assert finding.message == "merged runs eager attention, its source sdpa"
    assert finding.severity is Severity.NOTE
    assert finding.cost.startswith("within 10 %")


def test_both_are_told_and_each_proves_a_setting_of_its_own() -> None:
    dtype, attention = check(pair(attention="eager", dtype="float16"))
    assert "fp32-saved-or-loaded" in dtype.proves
    assert attention.proves == ("eager-attention-forced",)
    assert sorted(dtype.proves + attention.proves) == sorted(RULE.proves)


def test_slower_or_more_to_read_is_a_warning() -> None:
    for found, severity in (
        (pair(0.04, dtype="float16"), Severity.WARNING),
        (pair(dtype="float32", weights_read=200), Severity.WARNING),
        (pair(dtype="float16", weights_read=109), Severity.NOTE),
        (pair(0.01, dtype="float16", weights_read=50), Severity.NOTE),
    ):
        assert [finding.severity for finding in check(found)] == [severity]


def test_what_the_source_reads_may_not_be_known() -> None:
    found = pair(dtype="float32", weights_read=200)
    models = (found.models[0], replace(found.models[1], weights_read=0))
    (finding,) = check(replace(found, models=models))
    assert finding.severity is Severity.NOTE


def test_alike_is_fine_however_fast() -> None:
    assert not list(check(pair(0.04)))


def test_an_attention_that_is_not_known_differs_from_none() -> None:
    assert not list(check(pair(attention="")))
    found = pair()
    merged, source = found.models
    assert not list(check(replace(found, models=(merged, replace(source, attention="")))))


def test_without_timed_runs_of_both_there_is_no_cost() -> None:
    found = pair(0.04, dtype="float32", weights_read=200)
    for subject in (Subject.MERGED, Subject.SOURCE):
        left = tuple(g for g in found.generations if g.trial.subject == subject)
        (finding,) = check(replace(found, generations=left))
        assert (finding.cost, finding.evidence) == ("", ())
        assert finding.severity is Severity.WARNING


def test_one_alone_is_undecided() -> None:
    merged, source = pair(dtype="float32").models
    for models in ((merged,), (source,)):
        with pytest.raises(Undecided, match="not both loaded"):
            list(check(replace(pair(), models=models)))
