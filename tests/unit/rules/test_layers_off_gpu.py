from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.device import Peaks
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.layers_off_gpu import check

GB = 10**9
HALF = {"cuda:0": 6 * GB, "cpu": 3 * GB, "disk": 3 * GB}
PEAKS = Peaks(1e12, 1e14, "bfloat16", host_to_device=2e10)


def found(
    placed: Any, *, source: Any = None, device: str = "cuda", peaks: Peaks | None = PEAKS
) -> Measurement:
    models = [loaded(placed=placed, device=device)]
    if source is not None:
        models.append(loaded(Subject.SOURCE, placed=source, device=device))
    runs = [
        generation(1, s, s, subject=subject)
        for subject, seconds in ((Subject.MERGED, 0.9), (Subject.SOURCE, 0.009))
        for s in (0.99 * seconds, seconds, 1.01 * seconds)
        if subject is Subject.MERGED or source is not None
    ]
    return replace(measurement(*runs), models=tuple(models), peaks=peaks)


def test_where_they_are_and_what_copying_takes() -> None:
    (finding,) = check(found(HALF))
    assert finding.message == (
        "50 % of the weights are not on the GPU: 3 GB on the cpu and 3 GB on the disk"
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.MEASURED)
    assert [number.value for number in finding.evidence] == [6, 12]
    assert finding.cost == (
        "to copy 6 GB takes 300 ms of 900 ms a token, at 20 GB/s from pinned memory"
    )


def test_beside_a_source_that_fits_it_is_told_how_much_slower() -> None:
    (finding,) = check(found(HALF, source={"cuda:0": 6 * GB}))
    assert finding.cost.startswith("100 times as long per token as source as shipped")
    assert finding.severity is Severity.ERROR


def test_a_source_that_does_not_fit_either_makes_it_a_note() -> None:
    (finding,) = check(found(HALF, source=HALF))
    assert finding.message.endswith("3 GB on the disk, as in its source")
    assert finding.severity is Severity.NOTE
    assert finding.cost.startswith("to copy 6 GB")


def test_a_source_with_less_off_the_gpu_does_not_excuse_it() -> None:
    (finding,) = check(found(HALF, source={"cuda:0": 9 * GB, "cpu": GB}))
    assert finding.severity is Severity.ERROR


def test_what_is_not_known_costs_nothing_that_could_be_told() -> None:
    (finding,) = check(found(HALF, peaks=None))
    assert finding.cost == ""
    (finding,) = check(found(HALF, peaks=replace(PEAKS, host_to_device=None)))
    assert finding.cost == ""


def test_untimed_there_is_still_the_bus() -> None:
    untimed = replace(found(HALF, source={"cuda:0": 6 * GB}), generations=())
    (finding,) = check(untimed)
    assert finding.cost == "to copy 6 GB takes 300 ms a token, at 20 GB/s from pinned memory"
    both = found(HALF, source={"cuda:0": 6 * GB})
    for subject in (Subject.MERGED, Subject.SOURCE):
        left = tuple(g for g in both.generations if g.trial.subject == subject)
        (finding,) = check(replace(both, generations=left))
        assert finding.cost.startswith("to copy 6 GB")


@pytest.mark.parametrize(
    "placed", [{"cuda:0": GB}, {"cuda:0": GB, "cuda:1": GB}, {"cuda:0": GB, "cpu": 0}]
)
def test_on_gpus_is_fine(placed: dict[str, int]) -> None:
    assert not list(check(found(placed)))


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_another_device_is_where_weights_belong(device: str) -> None:
    assert not list(check(found({device: GB}, device=device)))


def test_what_the_run_did_not_tell_is_undecided() -> None:
    for models in ((), (loaded(device="cuda"),)):
        with pytest.raises(Undecided, match="where the weights are"):
            list(check(replace(found(HALF), models=models)))
