from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Edit, Finding, Severity, ValueEvidence
from slowlens.rules.dtype_keys_conflict import COST, RANGE, check

BF16 = {"a": ("BF16", (8,))}
F16 = {"a": ("F16", (8,))}


def found(config: dict[str, Any], tensors: Any = None) -> list[Finding]:
    return list(check(merged_of(made({"model_type": "llama", **config}, tensors=tensors))))


def test_what_an_old_version_leaves_in_a_newer_file() -> None:
    (finding,) = found({"dtype": "bfloat16", "torch_dtype": "float32"})
    assert finding.message == (
        "config.json has dtype bfloat16 and torch_dtype float32: versions before 4.56 load "
        "float32, later ones bfloat16"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.evidence == (
        ValueEvidence("config.json", ("dtype",), "bfloat16"),
        ValueEvidence("config.json", ("torch_dtype",), "float32"),
    )
    assert finding.cost == COST
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (
        Edit("config.json", ("torch_dtype",), before="float32", after="bfloat16"),
    )


def test_where_the_newer_key_is_the_wide_one_another_rule_tells_its_cost() -> None:
    (finding,) = found({"dtype": "float32", "torch_dtype": "float16"})
    assert finding.severity is Severity.NOTE
    assert finding.cost == COST
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit("config.json", ("dtype",), before="float32", after="float16"),
    )


@pytest.mark.parametrize(
    ("tensors", "target"), [(BF16, "bfloat16"), (F16, "float16"), (None, "bfloat16")]
)
def test_of_two_16_bit_types_the_weights_decide(tensors: Any, target: str) -> None:
    (finding,) = found({"dtype": "bfloat16", "torch_dtype": "float16"}, tensors)
    assert (finding.severity, finding.cost) == (Severity.WARNING, RANGE)
    assert finding.fix is not None
    assert {edit.after for edit in finding.fix.edits} == {target}


def test_two_wide_types_keep_the_newer_key() -> None:
    (finding,) = found({"dtype": "float64", "torch_dtype": "float32"}, {"a": ("F32", (8,))})
    assert finding.fix is not None
    assert {edit.after for edit in finding.fix.edits} == {"float64"}


@pytest.mark.parametrize("key", ["dtype", "torch_dtype"])
@pytest.mark.parametrize("model", ["bfloat16", "float16"])
def test_a_part_that_stays_wide(key: str, model: str) -> None:
    parts = {"text_config": {key: "float"}, "vision_config": {key: model}, "other": 3}
    (finding,) = found({key: model, **parts})
    assert finding.message == (
        f"config.json has text_config in float32 and the model in {model}: with "
        f'dtype="auto" transformers 4 loads that part in float32'
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit("config.json", ("text_config", key), before="float", after=model),
    )


def test_both_can_be_true() -> None:
    part = {"dtype": "float32", "torch_dtype": "float32"}
    first, second = found({"dtype": "bfloat16", "torch_dtype": "float16", "text_config": part})
    assert "versions before 4.56" in first.message
    assert second.fix is not None
    assert [edit.pointer[1] for edit in second.fix.edits] == ["dtype", "torch_dtype"]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"dtype": "bfloat16"},
        {"dtype": "bfloat16", "torch_dtype": "bfloat16"},
        {"dtype": "float16", "torch_dtype": "half"},
        {"dtype": None, "torch_dtype": "bfloat16"},
        {"dtype": "bfloat16", "torch_dtype": "bf16"},
        {"dtype": 5, "torch_dtype": "float32"},
        {"text_config": {"dtype": "float32"}},
        {"dtype": "float32", "text_config": {"dtype": "float32"}},
        {"dtype": "float32", "text_config": {"dtype": "bfloat16"}},
        {"dtype": "bfloat16", "text_config": {"dtype": "float16"}},
        {"dtype": "bfloat16", "text_config": {"dtype": [3]}},
        {"dtype": "bfloat16", "text_config": ["float32"]},
    ],
)
def test_no_alarm(config: dict[str, Any]) -> None:
    assert not found(config)


def test_without_config() -> None:
    assert not list(check(merged_of(made(None))))
