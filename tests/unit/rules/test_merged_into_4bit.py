from dataclasses import replace
from typing import Any

import pytest

from literals import LORA, adapter
from pairs import made, merged_of, source_of
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import EVERY
from slowlens.findings import Applicability, Confidence, Severity, ValueEvidence
from slowlens.rules.merged_into_4bit import check

PLAIN = {"model.q_proj.weight": ("BF16", (64, 64))}
GPTQ = {"model.q_proj.qweight": ("U8", (2048, 1))}
FOUR = {
    "model.q_proj.weight": ("U8", (2048, 1)),
    "model.q_proj.weight.quant_state.bitsandbytes__nf4": ("U8", (78,)),
}
EIGHT = {"model.q_proj.weight": ("U8", (64, 64)), "model.q_proj.SCB": ("F32", (64,))}
BLOCK = {"quant_method": "bitsandbytes", "load_in_4bit": True}


def packed(tensors: Any = FOUR, base: object = None) -> Merged:
    adapters = () if base is None else (adapter({**LORA, "base_model_name_or_path": base}),)
    checkpoint = made({"quantization_config": BLOCK}, tensors=tensors)
    return merged_of(replace(checkpoint, adapters=adapters))


def source(tensors: Any) -> Source:
    return source_of(made(tensors=tensors))


def test_a_source_that_is_packed_too() -> None:
    (finding,) = check(packed(), source(FOUR))
    assert "packed in 4 bits by bitsandbytes and its source is packed" in finding.message
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.SUSPECTED
    assert finding.affects == EVERY
    assert finding.cost == "part of the training, rounded to 16 steps a weight"
    assert finding.evidence == (ValueEvidence("config.json", ("quantization_config",), BLOCK),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "merge_and_unload()" in finding.fix.reason


def test_eight_bits_are_told_apart() -> None:
    (finding,) = check(packed(EIGHT), source(EIGHT))
    assert "in 8 bits" in finding.message
    assert "256 steps" in finding.cost


@pytest.mark.parametrize("base", ["unsloth/Qwen2.5-7B-bnb-4bit", "org/x-NF4", "org/x-8bit"])
def test_an_adapter_for_a_packed_base(base: str) -> None:
    (finding,) = check(packed(base=base), None)
    assert finding.severity is Severity.WARNING
    assert base in finding.message
    pointer = ("base_model_name_or_path",)
    assert finding.evidence[1] == ValueEvidence("adapter_config.json", pointer, base)


def test_packed_afterwards_perhaps() -> None:
    (finding,) = check(packed(base="org/x"), source(PLAIN))
    assert finding.severity is Severity.NOTE
    assert "the source is not packed" in finding.message


@pytest.mark.parametrize(
    ("merged", "there"),
    [
        (packed(), None),
        (packed(base="org/x"), None),
        (packed(base=5), None),
        (packed(), source(GPTQ)),
        (packed(PLAIN), source(FOUR)),
        (packed(PLAIN, base="org/x-4bit"), None),
        (packed(GPTQ), source(GPTQ)),
        (packed(GPTQ, base="org/x-4bit"), None),
    ],
)
def test_no_alarm(merged: Merged, there: Source | None) -> None:
    assert not list(check(merged, there))
