from typing import Any

import pytest

from literals import generation, measurement
from slowlens.facts.environment import Device
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Purpose
from slowlens.findings import Confidence, NumberEvidence, Severity, Undecided
from slowlens.frozen import replace
from slowlens.rules.throttled_or_shared_gpu import RULE, check

CALM: dict[str, Any] = {
    "device": "abc",
    "sm_clock": 1900,
    "sm_clock_max": 1980,
    "power": 400.0,
    "power_limit": 700.0,
    "temperature": 60,
    "throttle": (),
    "other_processes": 0,
    "other_memory": 0,
    "memory_total": 80 * 10**9,
}
ON = replace(generation(5.0, 5.0, cache=Cache.ON), started=100.0)
OFF = replace(generation(5.0, 5.0, cache=Cache.OFF), started=110.5)


def looked(bad: dict[str, Any], during: int = 10, kind: str = "cuda") -> Measurement:
    """Ten looks at each of two trials; the first ``during`` looks at the second are bad."""
    samples = [DeviceSample(100.5 + at, **CALM) for at in range(20)]
    samples[10 : 10 + during] = [replace(s, **bad) for s in samples[10 : 10 + during]]
    return on(kind, tuple(samples))


def on(kind: str, samples: tuple[DeviceSample, ...]) -> Measurement:
    run = measurement(ON, OFF)
    models = tuple(replace(m, device=Device(kind, "x", "abc", threads=1)) for m in run.models)
    return replace(run, models=models, samples=samples)


def test_heat_is_told_with_its_figures_and_what_it_puts_in_doubt() -> None:
    bad = {"throttle": ("sw_power_cap", "sw_thermal_slowdown"), "sm_clock": 990}
    (finding,) = check(looked({**bad, "temperature": 91, "power": 250.0}, during=6))
    assert finding.message == (
        "the GPU was throttled (sw_power_cap, sw_thermal_slowdown) in 60 % of the looks at it, "
        "which puts the times of merged, cache off in doubt"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.evidence == (
        NumberEvidence("lowest SM clock", 990, "MHz"),
        NumberEvidence("typical SM clock", 990, "MHz"),
        NumberEvidence("highest SM clock that it has", 1980, "MHz"),
        NumberEvidence("highest temperature", 91, "°C"),
        NumberEvidence("highest power", 400, "W"),
        NumberEvidence("power limit", 700, "W"),
    )


def test_a_low_power_cap_is_told() -> None:
    (finding,) = check(looked({"throttle": ("sw_power_cap",), "sm_clock": 1500}))
    assert "throttled (sw_power_cap) in 100 %" in finding.message
    assert finding.severity is Severity.NOTE


def test_figures_that_the_driver_hides_are_left_out() -> None:
    hidden = dict.fromkeys(("sm_clock", "sm_clock_max", "power", "power_limit", "temperature"))
    (finding,) = check(looked({"throttle": ("hw_slowdown",), **hidden}))
    assert finding.evidence == ()


@pytest.mark.parametrize(
    ("bad", "during"),
    [
        ({}, 10),
        ({"throttle": ("sw_power_cap",)}, 10),
        ({"throttle": ("hw_slowdown",)}, 2),
        ({"other_processes": 1}, 2),
        ({"other_memory": 10**9}, 10),
        ({"load": 9.0, "cores": 2}, 10),
    ],
)
def test_a_gpu_at_work_alone_is_fine(bad: dict[str, Any], during: int) -> None:
    assert not list(check(looked(bad, during)))


def test_between_the_trials_nothing_matters() -> None:
    bad = DeviceSample(110.2, **{**CALM, "throttle": ("hw_slowdown",)})
    run = looked({})
    assert not list(check(replace(run, samples=(*run.samples, *[bad] * 30))))


def test_what_is_not_timed_is_in_no_doubt() -> None:
    run = looked({"throttle": ("hw_slowdown",)})
    proof = replace(OFF, trial=replace(OFF.trial, purpose=Purpose.PROOF))
    assert not list(check(replace(run, generations=(ON, proof))))


@pytest.mark.parametrize(
    ("bad", "who"),
    [
        ({"other_processes": 1}, "1 other program had"),
        ({"other_processes": 3}, "3 other programs had"),
        ({"other_processes": None, "other_memory": 40 * 10**9}, "other programs had"),
    ],
)
def test_others_are_counted(bad: dict[str, Any], who: str) -> None:
    (finding,) = check(looked(bad, during=3))
    assert finding.message == (
        f"{who} the GPU as well, which puts the times of merged, cache off in doubt"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)


def test_others_come_with_their_memory() -> None:
    (finding,) = check(looked({"other_processes": 2, "other_memory": 40 * 10**9}))
    assert finding.evidence == (
        NumberEvidence("other programs, at most", 2, "programs"),
        NumberEvidence("memory of others, at most", 40, "GB"),
        NumberEvidence("memory of the GPU", 80, "GB"),
    )


def test_heat_and_others_are_two_findings() -> None:
    bad = {"throttle": ("hw_slowdown",), "other_processes": 1}
    assert len([*check(looked(bad))]) == 2


@pytest.mark.parametrize(
    ("bad", "missing"),
    [
        ({"throttle": None}, "clocks were held down"),
        ({"other_processes": None, "other_memory": None}, "who else"),
        ({"device": "", "throttle": None}, "clocks"),
    ],
)
def test_what_the_driver_does_not_tell_is_not_called_fine(
    bad: dict[str, Any], missing: str
) -> None:
    with pytest.raises(Undecided, match=missing):
        list(check(looked(bad)))


def test_what_is_known_is_told_although_something_is_not() -> None:
    bad = {"throttle": None, "other_processes": 1}
    (finding,) = check(looked(bad))
    assert "other program" in finding.message


@pytest.mark.parametrize("kind", ["cuda", "cpu"])
def test_without_looks_it_is_undecided(kind: str) -> None:
    early = (DeviceSample(1.0, **CALM),)
    for samples in ((), early):
        with pytest.raises(Undecided, match="nobody looked"):
            list(check(on(kind, samples)))


def machine(load: float | None, cores: int | None = 2) -> Measurement:
    samples = (DeviceSample(100.5 + at, load=load, cores=cores) for at in range(20))
    return on("cpu", tuple(samples))


def test_a_busy_machine_is_noted_for_a_run_on_its_cpu() -> None:
    (finding,) = check(machine(6.25))
    assert finding.message == (
        "the machine was busy: load average up to 6.2 on 2 processors, which puts the times of "
        "all timed trials in doubt"
    )
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.MEASURED)
    assert finding.evidence == (
        NumberEvidence("load average, highest", 6.25, "waiting or running"),
        NumberEvidence("processors", 2, "processors"),
    )


def test_nothing_is_said_of_a_gpu_where_none_ran() -> None:
    (finding,) = check(machine(9.0))
    labels = [number.label for number in finding.evidence if isinstance(number, NumberEvidence)]
    assert labels
    for text in (RULE.title, finding.message, *labels):
        assert "GPU" not in text


def test_a_machine_with_room_is_fine() -> None:
    assert not list(check(machine(2.0)))


def test_an_unknown_load_is_undecided() -> None:
    with pytest.raises(Undecided, match="load"):
        list(check(machine(None)))
    with pytest.raises(Undecided, match="load"):
        list(check(machine(9.0, cores=None)))
