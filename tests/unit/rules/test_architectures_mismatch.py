from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.architectures_mismatch import check

KIND = ("BF16", (8, 8))
BODY = ["model.embed_tokens.weight"]
LLAMA = ["LlamaForCausalLM"]


def of(names: Any, *tensors: str, model_type: str = "llama") -> Checkpoint:
    config = {"model_type": model_type} | ({} if names is None else {"architectures": names})
    return made(config, tensors=dict.fromkeys([*BODY, *tensors], KIND))


def findings(merged: Checkpoint, source: Checkpoint | None = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


def one(merged: Checkpoint, source: Checkpoint | None = None) -> Finding:
    (finding,) = findings(merged, source)
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*ENGINES, Runtime.LLAMA_CPP)
    return finding


@pytest.mark.parametrize("names", [["LlamaModel"], ["LlamaForSequenceClassification"], ["Mine"]])
def test_another_class_than_the_source(names: list[str]) -> None:
    finding = one(of(names), of(LLAMA))
    assert f"config.json names {names[0]}, not LlamaForCausalLM as the source" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    edit = Edit("config.json", ("architectures",), before=names, after=LLAMA)
    assert finding.fix.edits == (edit,)


def test_the_key_was_lost() -> None:
    finding = one(of(None), of(LLAMA))
    assert "config.json names no architectures, not LlamaForCausalLM" in finding.message
    assert finding.fix is not None
    assert finding.fix.edits[0].before is ABSENT


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (of(LLAMA), of(LLAMA)),
        (of(["B", "A"]), of(["A", "B"])),
        (of(["LlamaForSequenceClassification"], "score.weight"), of(LLAMA)),
        (of(["MistralForCausalLM"], model_type="mistral"), of(LLAMA)),
        (of(["LlamaModel"]), of(["LlamaModel"])),
    ],
)
def test_as_it_should_be(merged: Checkpoint, source: Checkpoint) -> None:
    assert not findings(merged, source)


@pytest.mark.parametrize("source", [None, of(None), of(5), of([])])
class TestWithoutASource:
    @pytest.mark.parametrize("name", ["FSDPLlamaForCausalLM", "PeftModelForCausalLM"])
    def test_a_wrapper_of_training(self, name: str, source: Any) -> None:
        finding = one(of([name]), source)
        assert f"names the class {name}, which is a wrapper" in finding.message
        assert finding.fix is not None
        assert finding.fix.applicability is Applicability.MANUAL
        assert finding.fix.reason

    def test_a_model_without_a_head_beside_one(self, source: Any) -> None:
        assert "holds lm_head.weight" in one(of(["LlamaModel"], "lm_head.weight"), source).message

    @pytest.mark.parametrize("names", [None, [], "LlamaForCausalLM", [5], {}])
    def test_no_class_at_all(self, names: Any, source: Any) -> None:
        assert "names no architectures: engines cannot" in one(of(names), source).message

    def test_ordinary_names(self, source: Any) -> None:
        assert not findings(of(LLAMA, "lm_head.weight"), source)
        assert not findings(of(["LlamaModel"]), source)
        assert not findings(of(["LlamaModel", *LLAMA], "lm_head.weight"), source)


def test_a_config_alone_is_not_judged() -> None:
    assert not findings(made({"model_type": "llama"}))
    assert not findings(made({"model_type": ""}, tensors=dict.fromkeys(BODY, KIND)))


def test_without_config_it_is_not_fine() -> None:
    with pytest.raises(Undecided):
        findings(made(None))
