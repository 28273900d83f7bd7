from typing import Any

import pytest

from slowlens.facts.runtimes import Runtime
from slowlens.facts.text.templates import ChatTemplate
from slowlens.facts.text.tokenizing import (
    adds_bos,
    has_tokenizer,
    may_begin_twice,
    opens_with_bos,
    padding_side,
    tokenizer_class,
)
from talking import ADDS_BOS, BOS, talking

FOUR, FIVE, VLLM = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.VLLM
LLAMA2 = {"tokenizer_class": "LlamaTokenizerFast"}
ROBERTA = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": [BOS, 0]}


def adds(settings: Any, post: Any = None, bos: str | None = BOS, **more: Any) -> tuple[bool, ...]:
    here = talking(settings, head={"post_processor": post}, tokens={"bos_token": bos}, **more)
    assert adds_bos(here, VLLM) is adds_bos(here, FIVE)
    return adds_bos(here, FOUR), adds_bos(here, FIVE)


@pytest.mark.parametrize(
    ("settings", "post", "expected"),
    [
        ({}, None, (False, False)),
        ({}, ADDS_BOS, (True, True)),
        ({"add_bos_token": False}, ADDS_BOS, (True, True)),
        ({"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": True}, None, (False, False)),
        (LLAMA2, None, (True, False)),
        (LLAMA2, ADDS_BOS, (True, True)),
        ({**LLAMA2, "add_bos_token": True}, None, (True, False)),
        ({**LLAMA2, "add_bos_token": False}, ADDS_BOS, (False, True)),
        ({**LLAMA2, "add_bos_token": None}, ADDS_BOS, (False, True)),
        ({"tokenizer_class": "GPTNeoXTokenizer"}, ADDS_BOS, (False, False)),
        ({"tokenizer_class": "GPTNeoXTokenizer", "add_bos_token": True}, None, (True, False)),
        ({"tokenizer_class": "CodeLlamaTokenizer", "add_bos_token": False}, None, (False, True)),
        ({}, {"type": "Sequence", "processors": [{"type": "ByteLevel"}, ADDS_BOS]}, (True, True)),
        ({}, {"type": "Sequence", "processors": [{"type": "ByteLevel"}]}, (False, False)),
        ({}, ROBERTA, (True, True)),
        ({}, {**ROBERTA, "cls": ["x", 0]}, (False, False)),
        ({}, {**ROBERTA, "cls": 5}, (False, False)),
        ({}, {**ADDS_BOS, "single": [{"Sequence": {"id": "A"}}]}, (False, False)),
        ({}, {**ADDS_BOS, "single": [{"SpecialToken": {"id": "x"}}]}, (False, False)),
        ({}, {**ADDS_BOS, "single": 5}, (False, False)),
        ({}, [], (False, False)),
    ],
)
def test_who_adds_the_begin_token(settings: Any, post: Any, expected: tuple[bool, ...]) -> None:
    """As seen with transformers 4.52.4 and 5.23."""
    assert adds(settings, post) == expected


def test_without_a_begin_token_nobody_adds_it() -> None:
    assert adds(LLAMA2, ADDS_BOS, bos=None) == (False, False)


def test_without_tokenizer_json_the_class_decides_in_both() -> None:
    assert adds(LLAMA2, names=("tokenizer.model",)) == (True, True)
    off = {**LLAMA2, "add_bos_token": False}
    assert adds(off, names=("tokenizer.model",)) == (False, False)


@pytest.mark.parametrize(
    ("settings", "head", "side", "file"),
    [
        ({"padding_side": "left"}, {}, "left", "tokenizer_config.json"),
        ({"padding_side": "left"}, {"padding": {"direction": "Right"}}, "left",
         "tokenizer_config.json"),
        ({}, {"padding": {"direction": "Left"}}, "left", "tokenizer.json"),
        ({}, {"padding": {"direction": 5}}, "right", "default"),
        ({}, {}, "right", "default"),
        (LLAMA2, {}, "left", "default"),
        ({"tokenizer_class": 5}, {}, "right", "default"),
        (None, {}, "right", "default"),
    ],
)  # fmt: skip
def test_the_side_of_padding(settings: Any, head: Any, side: str, file: str) -> None:
    found = padding_side(talking(settings, head=head))
    assert (found.value, found.decided_by) == (side, file)


def test_the_class_without_its_ending() -> None:
    assert tokenizer_class(talking(LLAMA2)) == "LlamaTokenizer"
    assert tokenizer_class(talking({"tokenizer_class": None})) == ""


@pytest.mark.parametrize(
    ("names", "settings", "expected"),
    [
        (("tokenizer.json",), {}, True),
        (("vocab.json",), {}, True),
        ((), {"auto_map": {}}, True),
        ((), {}, False),
        (("merges.txt",), {}, False),
    ],
)
def test_a_vocabulary(names: tuple[str, ...], settings: Any, expected: bool) -> None:
    assert has_tokenizer(talking(settings, names=names)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ bos_token }}x", True),
        ("{{- bos_token -}}x", True),
        ("\n {{bos_token}}", True),
        ("{{ bos_token + 'x' }}", False),
        ("x{{ bos_token }}", False),
    ],
)
def test_what_a_template_opens_with(text: str, expected: bool) -> None:
    assert opens_with_bos(ChatTemplate(text, "x")) is expected


@pytest.mark.parametrize(
    ("template", "head", "expected"),
    [
        ("{{ bos_token }}", {"post_processor": ADDS_BOS}, True),
        ("<s>", {"post_processor": ADDS_BOS}, True),
        ("x", {"post_processor": ADDS_BOS}, False),
        ("{{ bos_token }}", {}, False),
        (None, {"post_processor": ADDS_BOS}, False),
    ],
)
def test_a_prompt_that_may_begin_twice(template: str | None, head: Any, expected: bool) -> None:
    here = talking({}, jinja=template, head=head, tokens={"bos_token": BOS})
    assert may_begin_twice(here, FIVE) is expected
    nameless = talking({}, jinja=template, head=head)
    assert not may_begin_twice(nameless, FIVE)
