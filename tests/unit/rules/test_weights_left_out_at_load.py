from dataclasses import replace
from typing import Any

import pytest

from literals import loaded, measurement
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.findings import Confidence, Finding, Severity, Undecided
from slowlens.rules.weights_left_out_at_load import check

HEAD: dict[str, Any] = {"missing": 1, "missing_names": ("lm_head.weight",)}


def found(source: dict[str, Any] | None = None, **merged: Any) -> Measurement:
    models = [loaded(**merged)]
    if source is not None:
        models.append(loaded(Subject.SOURCE, **source))
    return replace(measurement(), models=tuple(models))


def only(found: Measurement) -> Finding:
    (finding,) = check(found)
    return finding


@pytest.mark.parametrize(
    ("kind", "severity", "words"),
    [
        ("missing", Severity.ERROR, "not found in its files"),
        ("mismatched", Severity.ERROR, "of another shape"),
        ("unexpected", Severity.NOTE, "without a place in the model"),
    ],
)
def test_each_kind(kind: str, severity: Severity, words: str) -> None:
    names = ("a", "b")
    finding = only(found(**{kind: 7, f"{kind}_names": names}))
    assert (finding.severity, finding.confidence) == (severity, Confidence.MEASURED)
    assert finding.message.startswith("7 tensors of ")
    assert words in finding.message
    assert finding.message.endswith(": a, b, …")
    assert finding.evidence[0].value == 7
    assert bool(finding.cost) is (severity is Severity.ERROR)


def test_one_tensor_is_named_in_full() -> None:
    assert only(found(**HEAD)).message == (
        "1 tensor of the model not found in its files when it was loaded, and filled at random: "
        "lm_head.weight"
    )


def test_a_run_without_names_has_the_number() -> None:
    assert only(found(missing=2)).message.endswith("filled at random")


def test_each_kind_is_told_once() -> None:
    assert len(list(check(found(missing=1, mismatched=1, unexpected=1)))) == 3


def test_everything_fitted() -> None:
    assert not list(check(found()))
    assert not list(check(found({})))
    assert not list(check(found(HEAD)))


def test_what_the_source_reports_alike_is_not_merged_s_fault() -> None:
    assert not list(check(found(HEAD, **HEAD)))
    for other in ({}, {"missing": 1, "missing_names": ("norm",)}, {"unexpected": 1}):
        assert list(check(found(other, **HEAD)))


def test_without_merged_it_is_undecided() -> None:
    for models in ((), (loaded(Subject.SOURCE, **HEAD),)):
        with pytest.raises(Undecided, match="not loaded"):
            list(check(replace(found(), models=models)))
