from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Tensor, Weights
from slowlens.facts.runtimes import ENGINES, EVERY, TRANSFORMERS
from slowlens.findings import Applicability, Confidence, Edit, Finding, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.merge_dtype_drift import check

LLAMA = {"model_type": "llama"}
BF16 = {"a": ("BF16", (16, 8)), "b": ("F16", (2,))}
F16 = {"a": ("F16", (16, 8)), "b": ("BF16", (2,))}
F32 = {"a": ("F32", (16, 8))}


def found(config: dict[str, Any], tensors: Any, source: Any = None) -> list[Finding]:
    there = None if source is None else source_of(made({**LLAMA, **source[0]}, tensors=source[1]))
    return list(check(merged_of(made({**LLAMA, **config}, tensors=tensors)), there))


def test_bfloat16_that_was_saved_as_float16() -> None:
    (finding,) = found({"dtype": "float16"}, F16, ({}, BF16))
    assert "bfloat16 in the source were saved as float16" in finding.message
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == EVERY
    assert finding.evidence == (ValueEvidence("model.safetensors", (), "float16"),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize("source", [None, ({}, BF16), ({}, F16), ({"dtype": "float16"}, F16)])
def test_bfloat16_that_is_loaded_as_float16(source: Any) -> None:
    (finding,) = found({"torch_dtype": "float16"}, BF16, source)
    assert finding.message == "config.json has bfloat16 weights loaded in float16"
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert finding.evidence == (ValueEvidence("config.json", ("torch_dtype",), "float16"),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (
        Edit("config.json", ("dtype",), before=ABSENT, after="bfloat16"),
        Edit("config.json", ("torch_dtype",), before="float16", after="bfloat16"),
    )


@pytest.mark.parametrize(
    ("config", "tensors", "source"),
    [
        ({}, BF16, ({}, BF16)),
        ({"dtype": "bfloat16"}, BF16, ({}, F16)),
        ({}, F16, ({}, F16)),
        ({}, F16, None),
        ({}, F16, ({}, F32)),
        ({}, F32, ({}, BF16)),
        ({"dtype": "float32"}, BF16, None),
        ({"dtype": "float16"}, F32, ({}, BF16)),
        ({"dtype": "float16"}, BF16, ({"dtype": "float16"}, BF16)),
        ({"dtype": "float16", "quantization_config": {}}, BF16, None),
        ({"dtype": "float16"}, {}, ({}, BF16)),
    ],
)
def test_no_alarm(config: Any, tensors: Any, source: Any) -> None:
    assert not found(config, tensors, source)


@pytest.mark.parametrize("dtype", [5, [], {}, "half", False])
def test_any_type_of_dtype(dtype: Any) -> None:
    assert len(found({"dtype": dtype}, BF16)) == (dtype == "half")


def test_the_file_that_is_float16_is_named() -> None:
    tensors = (Tensor("n", "F32", (2,), 8, "1"), Tensor("a", "F16", (9,), 18, "2"))
    checkpoint = replace(made(LLAMA), weights=Weights(("1", "2"), tensors))
    (finding,) = check(merged_of(checkpoint), source_of(made(LLAMA, tensors=BF16)))
    assert finding.message.startswith("2: weights that are bfloat16")
