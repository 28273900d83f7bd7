from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.reading import Merged, Source
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import Applicability, Severity, Undecided, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.quantization_lost import check

PLAIN = {"model.q_proj.weight": ("BF16", (64, 64))}
PACKED = {"model.q_proj.weight": ("U8", (2048, 1))}
QLORA = {**PACKED, "model.q_proj.weight.quant_state.bitsandbytes__nf4": ("U8", (1,))}


def plain(tensors: Any = PLAIN) -> Merged:
    return merged_of(made(tensors=tensors))


def packed(method: str = "gptq", tensors: Any = PACKED) -> Source:
    config = {"quantization_config": {"quant_method": method}} if method else {}
    return source_of(made(config, tensors=tensors))


def test_the_weights_are_no_longer_packed() -> None:
    (finding,) = check(plain(), packed())
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert "the source is quantized (gptq), and this checkpoint is not" in finding.message
    assert finding.cost.startswith("4.0 times the bytes")
    assert finding.evidence == (
        ValueEvidence("config.json", ("quantization_config",), ABSENT),
        ValueEvidence("source: model.safetensors", (), "model.q_proj.weight U8"),
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "GPTQModel" in finding.fix.reason


def test_a_base_for_qlora_is_meant_to_be_unpacked() -> None:
    (finding,) = check(plain(), packed("bitsandbytes", QLORA))
    assert finding.severity is Severity.NOTE


def test_a_method_that_is_not_known() -> None:
    for method in ("other", ""):
        (finding,) = check(plain(), packed(method))
        assert finding.fix is not None
        assert "the tool that quantized the source" in finding.fix.reason
    assert "(by its headers)" in finding.message


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (plain(PACKED), packed()),
        (plain(), source_of(made(tensors=PLAIN))),
        (plain(None), source_of(made(tensors=PLAIN))),
        (plain(), packed(tensors=None)),
    ],
)
def test_no_alarm(merged: Merged, source: Source) -> None:
    assert not list(check(merged, source))


def test_without_headers_it_is_open() -> None:
    with pytest.raises(Undecided):
        list(check(plain(None), packed()))


def test_tensors_without_elements() -> None:
    (finding,) = check(plain(), packed(tensors={"q.weight": ("U8", (0, 1))}))
    assert finding.severity is Severity.WARNING
