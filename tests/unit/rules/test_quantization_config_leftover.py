from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS, Runtime
from slowlens.findings import Applicability, Confidence, Edit, Severity, Undecided, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.quantization_config_leftover import check

PLAIN = {"model.layers.0.q_proj.weight": ("BF16", (8, 8))}
PACKED = {"model.layers.0.q_proj.weight": ("U8", (32, 1))}


def written(block: Any, tensors: Any = PLAIN) -> Merged:
    return merged_of(made({"quantization_config": block}, tensors=tensors))


@pytest.mark.parametrize(
    ("method", "library"),
    [("gptq", "optimum and gptqmodel"), ("bitsandbytes", "bitsandbytes"), ("hqq", "hqq")],
)
def test_a_library_is_asked_for(method: str, library: str) -> None:
    block = {"quant_method": method}
    found, engines = check(written(block))
    assert found.message == (
        f"config.json: quantization_config says {method}, but no weight is packed: transformers "
        f"asks for {library} and stops without"
    )
    assert found.severity is Severity.ERROR
    assert found.confidence is Confidence.READ
    assert found.affects == TRANSFORMERS
    assert found.evidence == (ValueEvidence("config.json", ("quantization_config",), block),)
    assert found.cost
    assert engines.affects == ENGINES
    assert engines.severity is Severity.WARNING
    assert engines.confidence is Confidence.SUSPECTED


@pytest.mark.parametrize(
    ("method", "applicability"),
    [
        ("gptq", Applicability.SAFE),
        ("unknown", Applicability.SAFE),
        ("bitsandbytes", Applicability.UNSAFE),
        ("fp8", Applicability.UNSAFE),
    ],
)
def test_the_block_is_taken_out(method: str, applicability: Applicability) -> None:
    block = {"quant_method": method}
    for finding in check(written(block)):
        assert finding.fix is not None
        assert finding.fix.applicability is applicability
        assert bool(finding.fix.reason) is (applicability is Applicability.UNSAFE)
        assert finding.fix.edits == (
            Edit("config.json", ("quantization_config",), before=block, after=ABSENT),
        )


def test_fp8_differs_by_version() -> None:
    old, new, engines = check(written({"quant_method": "fp8"}))
    assert (old.severity, old.affects) == (Severity.ERROR, (Runtime.TRANSFORMERS_4,))
    assert (new.severity, new.affects) == (
        Severity.NOTE,
        (Runtime.TRANSFORMERS_5, Runtime.FORWARD),
    )
    assert engines.affects == ENGINES


@pytest.mark.parametrize("method", ["mxfp4", "modelopt", "unknown", "x" * 5000])
def test_what_is_passed_over_is_a_note(method: str) -> None:
    note, engines = check(written({"quant_method": method}))
    assert (note.severity, note.affects) == (Severity.NOTE, TRANSFORMERS)
    assert note.cost == ""
    assert len(note.message) < 200
    assert engines.severity is Severity.WARNING


def test_null_stops_version_4_whatever_the_weights_are() -> None:
    for tensors in (PLAIN, PACKED, None):
        (finding,) = check(written(None, tensors))
        assert finding.affects == (Runtime.TRANSFORMERS_4,)
        assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "block", [{}, {"bits": 4}, {"quant_method": 4}, "4bit", [1], 4, True, 1e999]
)
def test_a_block_without_a_method(block: Any) -> None:
    (finding,) = check(written(block))
    assert "names no quant_method" in finding.message
    assert finding.affects == TRANSFORMERS
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "checkpoint",
    [
        merged_of(made({}, tensors=PLAIN)),
        written({"quant_method": "gptq"}, PACKED),
        written({"bits": 4}, PACKED),
        written({"quant_method": "bitnet"}),
        written({"quant_method": "fp_quant"}),
        written({"quant_method": "modelopt"}, {**PLAIN, "q.k_scale": ("F32", (1,))}),
        merged_of(made({"text_config": {"quantization_config": None}}, tensors=PLAIN)),
    ],
)
def test_no_alarm(checkpoint: Merged) -> None:
    assert not list(check(checkpoint))


def test_without_headers_it_is_open() -> None:
    with pytest.raises(Undecided):
        list(check(written({"quant_method": "gptq"}, None)))
