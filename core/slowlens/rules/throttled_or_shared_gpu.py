"""The machine had more to do, or less to give, than the run could know.

## What it does
Reads the looks that were taken at the GPU ten times a second while the timed trials of a live run
went on: clocks, temperature, power, the driver's reasons to hold the clocks down, and other
programs on the same GPU. For a run on a CPU it reads the load average instead. It speaks up when
more than a fifth of the looks at one kind of trial found trouble.

Heat and the hardware's own brakes (`hw_slowdown`, `hw_thermal_slowdown`,
`hw_power_brake_slowdown`, `sw_thermal_slowdown`) always count. A power cap (`sw_power_cap`) is
what any GPU at full work runs into, so it and the rest count only where the clock of the
multiprocessors fell below 85 % of its maximum, and make a note: recomputing a long text alone
does that to an H100. Other programs count by number; where a container
hides them, by the memory that was in use before the run began, from 20 % of the GPU on.

## Why it is slow
A GPU that is too hot, or short of power, runs at a lower clock, down to half of it and less.
Kernels of two programs take turns on one GPU, and share the bandwidth of its memory. On a CPU with
more threads than processors each token waits for its turn. None of this comes from the checkpoint,
and none of it is the same tomorrow: a factor between two trials may be nothing but this.

## Affects
Every figure of this run that the message names. Findings that count tokens or read files stand.

## Fix
None in the checkpoint. `nvidia-smi -q -d PERFORMANCE,CLOCK,POWER,TEMPERATURE` shows the state of
the GPU and `nvidia-smi` who is on it. Free the GPU, or choose another one with
`CUDA_VISIBLE_DEVICES`; let it cool down, or give it air; ask who set a lower power limit. Then
measure again. If the limits are those of the machine that will serve the model, the figures are
what that machine gives, but compare them with nothing else.

## Fix safety
Not applicable.

## References
- https://docs.nvidia.com/deploy/nvml-api/group__nvmlClocksEventReasons.html
- https://docs.nvidia.com/deploy/nvidia-smi/index.html
- https://github.com/NVIDIA/nvidia-docker/issues/1483
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from slowlens.facts.live.conditions import (
    BRAKES,
    Trouble,
    crowded,
    known,
    shared,
    slowed,
    stretches,
    trouble,
    typical,
    untold,
)
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.runtimes import GENERATE
from slowlens.findings import Confidence, Finding, NumberEvidence, Rule, Severity, Undecided

Pick: TypeAlias = Callable[[list[Any]], float]
"""One figure for those of all looks."""


def check(measurement: Measurement) -> Iterator[Finding]:
    """Yield a finding for held clocks and one for other programs, or one for a busy CPU."""
    seen = stretches(measurement)
    if not seen:
        raise Undecided("nobody looked at the machine while the timed trials ran")
    on_cpu = all(model.device.kind == "cpu" for model in measurement.models)
    asked = _ON_A_CPU if on_cpu else _ON_A_GPU
    found = [tell(bad) for test, tell, _ in asked if (bad := trouble(seen, test))]
    yield from found
    for test, _, missing in asked:
        if not found and untold(seen, test):
            raise Undecided(missing)


def _throttled(bad: Trouble) -> Finding:
    why = sorted({reason for found in known(bad.looks, "throttle") for reason in found})
    return _finding(
        Severity.NOTE if BRAKES.isdisjoint(why) else Severity.WARNING,
        f"the GPU was throttled ({', '.join(why)}) in {bad.share * 100:.0f} % of the looks at it",
        bad,
        (
            _number("lowest SM clock", min, bad.looks, "sm_clock", "MHz"),
            _number("typical SM clock", typical, bad.all, "sm_clock", "MHz"),
            _number("highest SM clock that it has", max, bad.all, "sm_clock_max", "MHz"),
            _number("highest temperature", max, bad.all, "temperature", "°C"),
            _number("highest power", max, bad.all, "power", "W"),
            _number("power limit", max, bad.all, "power_limit", "W"),
        ),
    )


def _shared(bad: Trouble) -> Finding:
    programs = max(known(bad.looks, "other_processes"), default=0)
    who = {0: "other programs", 1: "1 other program"}.get(programs, f"{programs} other programs")
    return _finding(
        Severity.WARNING,
        f"{who} had the GPU as well",
        bad,
        (
            _number("other programs, at most", max, bad.looks, "other_processes", "programs"),
            _number("memory of others, at most", _gigabytes, bad.looks, "other_memory", "GB"),
            _number("memory of the GPU", _gigabytes, bad.looks, "memory_total", "GB"),
        ),
    )


def _crowded(bad: Trouble) -> Finding:
    load = max(known(bad.looks, "load"))
    return _finding(
        Severity.NOTE,
        f"the machine was busy: load average up to {load:.1f} on {bad.looks[0].cores} processors",
        bad,
        (
            _number("load average, highest", max, bad.looks, "load", "waiting or running"),
            _number("processors", max, bad.looks, "cores", "processors"),
        ),
    )


def _finding(
    severity: Severity, message: str, bad: Trouble, evidence: Sequence[tuple[NumberEvidence, ...]]
) -> Finding:
    return Finding(
        message=f"{message}, which puts the times of {bad.named} in doubt",
        severity=severity,
        confidence=Confidence.MEASURED,
        affects=GENERATE,
        evidence=tuple(number for numbers in evidence for number in numbers),
    )


def _number(
    label: str, pick: Pick, looks: Sequence[DeviceSample], field: str, unit: str
) -> tuple[NumberEvidence, ...]:
    """Return one figure of the looks, or none where no look has it."""
    values = known(looks, field)
    return (NumberEvidence(label, pick(values), unit),) if values else ()


def _gigabytes(sizes: Sequence[float]) -> float:
    return max(sizes) / 1e9


_ON_A_GPU = (
    (slowed, _throttled, "the driver did not tell whether the GPU's clocks were held down"),
    (shared, _shared, "the driver did not tell who else used the GPU"),
)
_ON_A_CPU = ((crowded, _crowded, "the load of the machine is not known"),)

RULE = Rule(
    id="throttled-or-shared-gpu",
    title="Machine throttled, shared or busy, measured",
    check=check,
    since="0.1.0",
)
