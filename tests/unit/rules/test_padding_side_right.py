from typing import Any

import pytest

from pairs import LLAMA, merged_of, source_of
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Confidence, Edit, Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.padding_side_right import check
from talking import talking

LEFT = {"padding_side": "left"}
RIGHT = {"padding_side": "right"}


def found(here: Any, there: Any, head: Any = None, **config: Any) -> tuple[Finding, ...]:
    merged = merged_of(talking(here, head=head, config={**LLAMA, **config}))
    return tuple(check(merged, source_of(talking(there))))


def test_a_side_that_is_written() -> None:
    (finding,) = found(RIGHT, LEFT)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == GENERATE
    assert "(tokenizer_config.json)" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    edit = Edit("tokenizer_config.json", ("padding_side",), before="right", after="left")
    assert finding.fix.edits == (edit,)


GENERIC = {"tokenizer_class": "PreTrainedTokenizerFast"}
NEW = {"tokenizer_class": "TokenizersBackend"}
LLAMA_2 = {"tokenizer_class": "LlamaTokenizerFast"}
GEMMA = {"tokenizer_class": "GemmaTokenizer"}
V4, V5 = (Runtime.TRANSFORMERS_4,), (Runtime.TRANSFORMERS_5,)


@pytest.mark.parametrize(
    ("here", "there", "affects"),
    [
        (GENERIC, LLAMA_2, V4),
        (RIGHT, LLAMA_2, V4),
        (GENERIC, GEMMA, GENERATE),
        ({}, LEFT, GENERATE),
        (NEW, GEMMA, V5),
        (NEW, LEFT, V5),
        (NEW, LEFT | LLAMA_2, V5),
    ],
)
def test_a_class_that_pads_on_another_side(here: Any, there: Any, affects: Any) -> None:
    (finding,) = found(here, there)
    assert finding.affects == affects
    assert finding.confidence is Confidence.SUSPECTED
    assert finding.fix is not None
    if here is not RIGHT:
        assert "(the default of its class)" in finding.message
        assert finding.fix.edits[0].before is ABSENT


def test_transformers_5_pads_as_it_did_for_the_source() -> None:
    assert found(NEW, LLAMA_2) == found(NEW | RIGHT, LLAMA_2) == ()


def test_a_side_left_in_tokenizer_json() -> None:
    (finding,) = found({}, LEFT, {"padding": {"direction": "Right"}})
    assert finding.confidence is Confidence.READ
    assert "(tokenizer.json)" in finding.message
    assert found({}, LEFT, {"padding": {"direction": "Left"}}) == ()


@pytest.mark.parametrize(
    ("here", "there", "config"),
    [
        (LEFT, LEFT, {}),
        (RIGHT, RIGHT, {}),
        (LEFT, RIGHT, {}),
        ({}, {}, {}),
        ({"tokenizer_class": "GemmaTokenizer"}, LEFT, {}),
        ({"padding_side": 5, "tokenizer_class": "LlamaTokenizer"}, LEFT, {}),
        (RIGHT, LEFT, {"is_encoder_decoder": True}),
        (RIGHT, LEFT, {"architectures": ["LlamaForSequenceClassification"]}),
    ],
)
def test_no_alarm(here: Any, there: Any, config: Any) -> None:
    assert found(here, there, **config) == ()


def test_a_folder_without_tokenizer_is_another_rules_matter() -> None:
    source = source_of(talking(LEFT))
    assert not list(check(merged_of(talking(None, names=(), added={})), source))
    assert list(check(merged_of(talking(None)), source))
    assert list(check(merged_of(talking(RIGHT, names=())), source))
