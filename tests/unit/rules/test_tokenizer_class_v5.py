from typing import Any

import pytest

from pairs import merged_of
from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.tokenizing import NEW_CLASSES
from slowlens.findings import Applicability, Edit, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.tokenizer_class_v5 import check
from talking import talking

FILE = "tokenizer_config.json"
INPUTS = ["input_ids", "attention_mask"]


def found(settings: Any, **more: Any) -> tuple[Finding, ...]:
    return tuple(check(merged_of(talking(settings, **more))))


@pytest.mark.parametrize("name", NEW_CLASSES)
def test_a_class_of_transformers_5(name: str) -> None:
    (finding,) = found({"tokenizer_class": name, "backend": "tokenizers"})
    assert finding.severity is Severity.ERROR
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert f"tokenizer_class: {name}" in finding.message
    assert [e.pointer for e in finding.evidence if hasattr(e, "pointer")] == [("tokenizer_class",)]
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (
        Edit(FILE, ("tokenizer_class",), before=name, after="PreTrainedTokenizerFast"),
        Edit(FILE, ("model_input_names",), before=ABSENT, after=INPUTS),
    )


def test_inputs_that_are_named_stay_as_they_are() -> None:
    (finding,) = found({"tokenizer_class": "TokenizersBackend", "model_input_names": ["x"]})
    assert finding.fix is not None
    assert [edit.pointer for edit in finding.fix.edits] == [("tokenizer_class",)]


def test_a_list_of_extra_tokens_moves_to_the_key_that_both_versions_read() -> None:
    (finding,) = found({"tokenizer_class": "Qwen2Tokenizer", "extra_special_tokens": ["a", "b"]})
    assert "extra_special_tokens as a list" in finding.message
    assert "tokenizer_class" not in finding.message
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit(FILE, ("extra_special_tokens",), before=["a", "b"], after=ABSENT),
        Edit(FILE, ("additional_special_tokens",), before=ABSENT, after=["a", "b"]),
    )


def test_extra_tokens_are_added_to_those_that_are_there() -> None:
    both = {"extra_special_tokens": ["a", "b"], "additional_special_tokens": ["b", "c"]}
    (finding,) = found(both)
    assert finding.fix is not None
    assert finding.fix.edits[-1].after == ["b", "c", "a"]


def test_an_empty_list_is_only_taken_out() -> None:
    (finding,) = found({"extra_special_tokens": []})
    assert finding.fix is not None
    assert [edit.pointer for edit in finding.fix.edits] == [("extra_special_tokens",)]


def test_both_at_once() -> None:
    (finding,) = found({"tokenizer_class": "TokenizersBackend", "extra_special_tokens": ["a"]})
    assert len(finding.evidence) == 2
    assert finding.fix is not None
    assert len(finding.fix.edits) == 4


def test_without_tokenizer_json_no_other_class_can_load_it() -> None:
    (finding,) = found({"tokenizer_class": "SentencePieceBackend"}, names=("tokenizer.model",))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "source" in finding.fix.reason
    (finding,) = found({"extra_special_tokens": ["a"]}, names=("tokenizer.model",))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE


@pytest.mark.parametrize(
    "settings",
    [
        {"tokenizer_class": "PreTrainedTokenizerFast", "backend": "tokenizers", "is_local": True},
        {"tokenizer_class": "Qwen2Tokenizer", "extra_special_tokens": {"image_token": "<i>"}},
        {"tokenizer_class": 5},
        {"tokenizer_class": ["TokenizersBackend"], "extra_special_tokens": "x"},
        {},
        None,
    ],
)
def test_no_alarm(settings: Any) -> None:
    assert found(settings) == ()


def test_a_file_that_cannot_be_read_is_not_fine() -> None:
    with pytest.raises(Undecided):
        found(None, names=("tokenizer.json", FILE))
