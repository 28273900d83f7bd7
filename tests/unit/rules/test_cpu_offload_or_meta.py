from collections.abc import Mapping
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.environment import Device, Hardware
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import (
    Applicability,
    Confidence,
    Finding,
    NumberEvidence,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.rules.cpu_offload_or_meta import OFFLOADED, SPREAD, check

GB = 1_000_000_000
OWN = {"model_type": "own"}
"""Nothing is known about its cache."""
WIDE = {"a": ("F32", (3 * GB,))}
NARROW = {"a": ("BF16", (3 * GB,))}
HALF = {"a": ("F16", (3 * GB,))}
SMALL = {"a": ("U8", (2 * GB,))}
LARGE = {"a": ("BF16", (30 * GB,))}
QUANTIZED = {"a": ("U8", (15 * GB,))}

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]


def gpus(*sizes: int, used: int = 0) -> Hardware:
    devices = tuple(Device("cuda", f"GPU {n}", f"u{n}", size * GB) for n, size in enumerate(sizes))
    return Hardware(devices, {"u0": used * GB} if used else {})


def found(
    tensors: Tensors,
    hardware: Hardware,
    source: Tensors | None = None,
    config: Mapping[str, Any] = OWN,
) -> list[Finding]:
    there = None if source is None else source_of(made({**OWN}, tensors=source))
    return list(check(merged_of(made({**OWN, **config}, tensors=tensors)), there, hardware))


def test_float32_that_does_not_fit_and_the_source_does() -> None:
    (finding,) = found(WIDE, gpus(10), NARROW)
    assert finding.message == (
        "the model needs 12 GB or more, and GPU 0 has 10 GB; its source needs 6 GB, which fits"
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.SUSPECTED)
    assert finding.affects == TRANSFORMERS
    assert finding.cost == OFFLOADED
    assert finding.evidence == (
        NumberEvidence("weights in float32", 12, "GB"),
        NumberEvidence("key-value cache of 4,096 tokens", 0, "GB"),
        NumberEvidence("GPU memory", 10, "GB"),
        ValueEvidence("model.safetensors", (), "float32"),
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert {edit.after for edit in finding.fix.edits} == {"bfloat16"}


def test_without_a_source_it_would_fit_in_16_bit() -> None:
    (finding,) = found(WIDE, gpus(10))
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("in 16 bit it would need 6 GB, which fits")
    (finding,) = found(WIDE, gpus(10), LARGE)
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("in 16 bit it would need 6 GB, which fits")


@pytest.mark.parametrize(("tensors", "dtype"), [(NARROW, "bfloat16"), (HALF, "float16")])
def test_narrow_files_that_config_widens_go_back_to_their_own_type(
    tensors: Tensors, dtype: str
) -> None:
    (finding,) = found(tensors, gpus(10), NARROW, {"dtype": "float32"})
    assert finding.fix is not None
    assert {edit.after for edit in finding.fix.edits} == {dtype}


def test_a_merge_of_a_quantized_source() -> None:
    (finding,) = found(LARGE, gpus(40), QUANTIZED)
    assert finding.severity is Severity.ERROR
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "device_map" in finding.fix.reason


def test_several_gpus_count_together() -> None:
    (finding,) = found(WIDE, gpus(5, 5), NARROW)
    assert "and all 2 GPUs together have 10 GB; its source" in finding.message
    assert finding.severity is Severity.ERROR


def test_what_no_longer_fits_one_gpu_has_to_be_spread() -> None:
    (finding,) = found(WIDE, gpus(4, 10), NARROW)
    assert "and GPU 1 has 10 GB" in finding.message
    assert (finding.severity, finding.cost) == (Severity.WARNING, SPREAD)
    assert not found(LARGE, gpus(40, 40), LARGE)


def test_the_cache_counts() -> None:
    config = {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,
              "num_attention_heads": 32, "dtype": "float32"}  # fmt: skip
    (finding,) = found(NARROW, gpus(13), SMALL, config)
    assert finding.evidence[1] == NumberEvidence(
        "key-value cache of 4,096 tokens", 4096 * 32 * 2 * 4096 * 4 / 1e9, "GB"
    )
    assert "in 16 bit" not in finding.message
    (alone,) = found(NARROW, gpus(13), None, config)
    assert alone.message.endswith("in 16 bit it would need 8.15 GB, which fits")


def test_what_others_use_is_told() -> None:
    (finding,) = found(WIDE, gpus(10, used=2), NARROW)
    assert "10 GB (2 GB of the GPU memory is in use now); its" in finding.message


@pytest.mark.parametrize(
    ("tensors", "hardware", "source"),
    [
        (NARROW, gpus(10), NARROW),
        (WIDE, gpus(12), NARROW),
        (LARGE, gpus(10), LARGE),
        (LARGE, gpus(10), None),
        (LARGE, gpus(40), {}),
    ],
    ids=["fits", "just fits", "too large before", "too large anyway", "an unread source"],
)
def test_no_alarm(tensors: Tensors, hardware: Hardware, source: Any) -> None:
    assert not found(tensors, hardware, source)


def test_what_is_not_known_is_not_decided() -> None:
    with pytest.raises(Undecided, match="no safetensors"):
        found({}, gpus(10))
    with pytest.raises(Undecided, match="driver"):
        found(WIDE, gpus(0))
