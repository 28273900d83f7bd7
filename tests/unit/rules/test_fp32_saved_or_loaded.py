from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Tensor, Weights
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import (
    Applicability,
    Confidence,
    Edit,
    Finding,
    Severity,
    Undecided,
    ValueEvidence,
)
from slowlens.jsonvalue import ABSENT
from slowlens.rules.fp32_saved_or_loaded import LARGE, check

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
Tensors = Mapping[str, tuple[str, tuple[int, ...]]]
SMALL = {"a": ("F32", (8,))}
WIDE: Tensors = {"a": ("F32", (16, 8)), "norm": ("BF16", (8,))}
NARROW: Tensors = {"a": ("BF16", (16, 8)), "norm": ("F32", (8,))}
HALF: Tensors = {"a": ("F16", (16, 8))}


def found(
    config: Mapping[str, Any],
    tensors: Tensors,
    source: tuple[Mapping[str, Any], Tensors] | None = None,
) -> list[Finding]:
    there = None if source is None else source_of(made({**LLAMA, **source[0]}, tensors=source[1]))
    return list(check(merged_of(made({**LLAMA, **config}, tensors=tensors)), there))


def test_float32_that_was_16_bit_in_the_source() -> None:
    (finding,) = found({"dtype": "float32"}, WIDE, ({}, NARROW))
    assert finding.message.startswith("97 % of the weights (5.12e-07 GB) is saved and loaded in")
    assert finding.message.endswith("float32, and its source is bfloat16")
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == TRANSFORMERS
    assert [(e.file, e.pointer) for e in finding.evidence] == [  # type: ignore[union-attr]
        ("config.json", ("dtype",)),
        ("model.safetensors", ()),
    ]
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (
        Edit("config.json", ("dtype",), before="float32", after="bfloat16"),
        Edit("config.json", ("torch_dtype",), before=ABSENT, after="bfloat16"),
    )
    assert "LlamaForCausalLM.from_pretrained('x', torch_dtype='bfloat16')" in finding.fix.reason


def test_a_float16_source_is_gone_back_to() -> None:
    (finding,) = found({}, WIDE, ({}, HALF))
    assert finding.fix is not None
    assert {edit.after for edit in finding.fix.edits} == {"float16"}


def test_without_a_source_only_a_large_model_is_suspected() -> None:
    (finding,) = found({}, {"a": ("F32", (LARGE,))})
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.SUSPECTED)
    assert finding.message.startswith("100 % of the weights (4 GB)")
    assert not found({}, {"a": ("F32", (LARGE - 1,))})
    assert not found({}, {"a": ("F32", (LARGE,))}, ({}, SMALL))


def test_wide_files_that_are_narrowed_as_they_are_loaded_cost_disk() -> None:
    (finding,) = found({"dtype": "bfloat16"}, WIDE, ({}, NARROW))
    assert finding.severity is Severity.NOTE
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert "config.json loads it in bfloat16" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "save_pretrained('x-bfloat16')" in finding.fix.reason
    assert found({"dtype": "bfloat16"}, WIDE)
    assert not found({"dtype": "bfloat16"}, WIDE, ({}, WIDE))


@pytest.mark.parametrize("key", ["dtype", "torch_dtype"])
def test_narrow_files_that_are_widened_as_they_are_loaded(key: str) -> None:
    (finding,) = found({key: "float32"}, NARROW, ({}, NARROW))
    assert finding.message == "config.json makes transformers load bfloat16 weights in float32"
    assert finding.severity is Severity.WARNING
    assert finding.affects == TRANSFORMERS
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert {edit.after for edit in finding.fix.edits} == {"bfloat16"}
    assert found({key: "float32"}, NARROW)


def test_the_first_tensor_can_widen_all_others() -> None:
    mixed = {"a": ("F32", (2,)), "b": ("BF16", (16, 8))}
    (finding,) = found({}, mixed)
    assert finding.message.startswith("model.safetensors makes transformers load bfloat16")
    assert not found({}, {"b": ("F32", (2,)), "a": ("BF16", (16, 8))})


def test_what_the_source_does_as_well_is_a_note() -> None:
    (finding,) = found({"dtype": "float32"}, NARROW, ({"dtype": "float32"}, NARROW))
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith(", as its source is")
    (finding,) = found({"dtype": "float32"}, NARROW, ({"dtype": "float32"}, WIDE))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("config", "tensors", "source"),
    [
        ({}, NARROW, ({}, NARROW)),
        ({"dtype": "bfloat16"}, NARROW, None),
        ({}, WIDE, ({}, WIDE)),
        ({}, WIDE, ({}, {})),
        ({}, {"a": ("F32", (8,)), "b": ("BF16", (16,))}, ({}, NARROW)),
        ({"quantization_config": {"quant_method": "gptq"}}, WIDE, ({}, NARROW)),
        ({"dtype": "bfloat16"}, {"a": ("F8_E4M3", (16,)), "s": ("F32", (2,))}, ({}, NARROW)),
        ({"dtype": "float16"}, NARROW, ({}, NARROW)),
    ],
    ids=["same", "alone", "wide source", "no header", "half", "quantized", "fp8", "other 16 bit"],
)
def test_no_alarm(config: Any, tensors: Any, source: Any) -> None:
    assert not found(config, tensors, source)


@pytest.mark.parametrize("dtype", [5, None, [], {}, {"": 7}, "bf16", False, 1e400])
def test_any_type_of_dtype(dtype: Any) -> None:
    for key in ("dtype", "torch_dtype"):
        for names in (None, [], [3], ["not a name"], {"a": 1}):
            config = {key: dtype, "architectures": names}
            assert len(found(config, WIDE, ({}, NARROW))) <= 1


def test_code_of_its_own_is_loaded_through_the_auto_class() -> None:
    (finding,) = found({"auto_map": {}}, WIDE, ({}, NARROW))
    assert finding.fix is not None
    assert "AutoModelForCausalLM" in finding.fix.reason


def test_without_headers_nothing_is_decided() -> None:
    with pytest.raises(Undecided, match="no safetensors"):
        found({"dtype": "float32"}, {})


def test_the_file_that_is_wide_is_named() -> None:
    tensors = (Tensor("n", "BF16", (2,), 4, "1"), Tensor("a", "F32", (9,), 36, "2"))
    checkpoint = replace(made(LLAMA), weights=Weights(("1", "2"), tensors))
    (finding,) = check(merged_of(checkpoint), source_of(made(LLAMA, tensors=NARROW)))
    assert finding.evidence == (ValueEvidence("2", (), "float32"),)
