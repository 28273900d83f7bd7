from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import ENGINES, EVERY, Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.rules.moe_layout import check

KIND = ("BF16", (8, 8))
DENSE = ["model.embed_tokens.weight"]
SPLIT = [f"model.layers.0.mlp.experts.{i}.up_proj.weight" for i in range(4)]
FUSED = ["model.layers.0.mlp.experts.gate_up_proj", "model.layers.0.mlp.experts.down_proj"]
SHARED = ["model.layers.0.mlp.shared_expert.up_proj.weight"]


def of(names: list[str], model_type: str = "qwen3_moe") -> Checkpoint:
    return made({"model_type": model_type}, tensors=dict.fromkeys(names, KIND))


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


@pytest.mark.parametrize("source", [None, of(SPLIT), of(DENSE)])
def test_fused_experts_of_a_model_that_is_published_split(source: Any) -> None:
    old, engines = findings(of(DENSE + FUSED), source)
    assert (old.severity, old.confidence) == (Severity.ERROR, Confidence.READ)
    assert old.affects == (Runtime.TRANSFORMERS_4,)
    assert old.message.startswith("2 tensors hold all experts of a layer at once, such as model.l")
    assert (engines.severity, engines.confidence) == (Severity.WARNING, Confidence.SUSPECTED)
    assert engines.affects == (*ENGINES, Runtime.LLAMA_CPP)
    assert old.fix is not None
    assert old.fix.applicability is Applicability.MANUAL


def test_fused_against_the_source_of_an_unknown_type() -> None:
    assert len(findings(of(FUSED, "unheard_of"), of(SPLIT, "unheard_of"))) == 2


def test_split_experts_of_a_model_that_is_published_fused() -> None:
    (finding,) = findings(of(SPLIT, "gpt_oss"), of(FUSED, "gpt_oss"))
    assert finding.severity is Severity.ERROR
    assert finding.affects == EVERY
    assert finding.message.startswith("the experts were split into 4 tensors")


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (of(SPLIT), None),
        (of(SPLIT), of(SPLIT)),
        (of(FUSED, "gpt_oss"), None),
        (of(FUSED, "gpt_oss"), of(FUSED, "gpt_oss")),
        (of(SPLIT, "gpt_oss"), None),
        (of(SPLIT, "gpt_oss"), of(DENSE, "gpt_oss")),
        (of(FUSED), of(FUSED)),
        (of(SPLIT), of(FUSED)),
        (of(DENSE + SHARED), None),
        (of(DENSE), of(SPLIT)),
        (of(["model.layers.0.mlp.experts.bias"]), None),
    ],
)
def test_layouts_that_are_read(merged: Checkpoint, source: Any) -> None:
    assert not findings(merged, source)


def test_without_headers_it_is_not_fine() -> None:
    with pytest.raises(Undecided):
        findings(of([]))
