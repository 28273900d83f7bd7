import json

import pytest

from runs import a_measurement, a_run
from slowlens.codec import decode, encode
from slowlens.errors import RunFileError
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.samplecolumns import from_columns, to_columns
from slowlens.frozen import replace

MACHINE = DeviceSample(at=1.25, process_memory=5, load=0.0, cores=2)
GPU = DeviceSample(
    at=2.1234567,
    memory_used=3,
    sm_clock=1980,
    power=345.6,
    throttle=("hw_slowdown", "sw_power_cap"),
    other_processes=0,
    process_memory=7,
    device="abc",
)
QUIET = DeviceSample(at=3.0, memory_used=0, throttle=(), device="abc")


def test_columns() -> None:
    assert to_columns((MACHINE, GPU)) == {
        "at": [1.25, 2.123457],
        "memory_used": [None, 3],
        "sm_clock": [None, 1980],
        "power": [None, 345.6],
        "throttle": [None, ["hw_slowdown", "sw_power_cap"]],
        "other_processes": [None, 0],
        "process_memory": [5, 7],
        "load": [0.0, None],
        "device": ["", "abc"],
        "cores": [2, None],
    }
    assert to_columns(()) == {}


def test_a_run_keeps_every_look() -> None:
    samples = (MACHINE, replace(GPU, at=2.5), QUIET)
    run = a_run(replace(a_measurement(), samples=samples))
    read = decode(encode(run)).measurement
    assert read
    assert read.samples == samples
    assert read == run.measurement


def test_a_run_without_looks() -> None:
    run = a_run(replace(a_measurement(), samples=()))
    assert decode(encode(run)).measurement == run.measurement
    values = json.loads(encode(run))
    del values["measurement"]["samples"]
    assert decode(json.dumps(values)).measurement == run.measurement


def test_what_a_newer_version_wrote_is_passed_over() -> None:
    assert from_columns({"at": [1.0], "fan": [30]}) == (DeviceSample(1.0),)


@pytest.mark.parametrize("columns", [{"at": [1.0], "load": []}, {"load": [1.0]}, [1.0]])
def test_columns_that_do_not_fit_are_a_damaged_file(columns: object) -> None:
    values = json.loads(encode(a_run(a_measurement())))
    values["measurement"]["samples"] = columns
    with pytest.raises(RunFileError, match="damaged"):
        decode(json.dumps(values))
