from dataclasses import replace
from typing import Any

import pytest

from pairs import LLAMA
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.facts.text.rendered import Rendered
from slowlens.findings import Applicability, Finding, Severity, Undecided
from slowlens.rules.bos_doubled import check
from talking import ADDS_BOS, BOS, CHATML, pair, talking

OPENS = "{{- bos_token }}" + CHATML
HIDDEN = "{% set start = bos_token %}{{ start }}" + CHATML
LATE = CHATML + "{{ bos_token }}"
READERS = (*GENERATE, Runtime.VLLM)


def side(template: str | None = OPENS, **more: Any) -> Checkpoint:
    more = {"head": {"post_processor": ADDS_BOS}, "tokens": {"bos_token": BOS}, **more}
    return talking(more.pop("settings", {}), jinja=template, **more)


ONCE = side(CHATML, head={})


def found(here: Checkpoint, there: Checkpoint = ONCE) -> tuple[Finding, ...]:
    return tuple(check(*pair(here, there)))


@pytest.mark.parametrize("template", [OPENS, HIDDEN, BOS + CHATML])
def test_what_the_source_does_not_do(template: str) -> None:
    (finding,) = found(side(template))
    assert (finding.severity, finding.affects) == (Severity.WARNING, READERS)
    assert finding.message == (
        "the chat template writes <s> and the tokenizer adds it again, which the source does not"
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_the_template_or_the_tokenizer_is_new() -> None:
    (finding,) = found(side(), side(head={}))
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("again, which the source does not")
    (finding,) = found(side(HIDDEN), side(CHATML))
    assert finding.severity is Severity.WARNING
    (finding,) = found(side(HIDDEN), side(LATE))
    assert finding.severity is Severity.WARNING
    assert found(side(OPENS), talking({}))


def test_what_the_source_does_as_well_is_no_finding() -> None:
    assert found(side(), side()) == ()
    assert found(side(HIDDEN), side(HIDDEN)) == ()
    assert found(side(OPENS), side(HIDDEN)) == ()
    assert found(side(HIDDEN), side(OPENS)) == ()


def test_a_template_that_a_processor_did_not_look_for_is_not_new() -> None:
    """The next save moves it from tokenizer_config.json to a file that processors read."""
    processor = {"preprocessor_config_json": {}}
    there = side(None, settings={"chat_template": OPENS, "bos_token": BOS}, **processor)
    assert found(side(OPENS, **processor), there) == ()
    assert found(side(OPENS, **processor), side(None, settings={}, **processor))
    (finding,) = found(side(OPENS, **processor), replace(there, tokenizer=ONCE.tokenizer))
    assert finding.affects == READERS


@pytest.mark.parametrize(
    "here",
    [
        side(CHATML),
        side(LATE),
        side(head={}),
        side(head={"post_processor": {"type": "ByteLevel"}}),
        side(tokens={"bos_token": None}),
        side("{{ raise_exception(bos_token) }}"),
        talking({}, head={"post_processor": ADDS_BOS}, tokens={"bos_token": BOS}),
        side(config={**LLAMA, "architectures": ["LlamaForSequenceClassification"]}),
    ],
)
def test_no_alarm(here: Checkpoint) -> None:
    assert found(here) == ()


def test_transformers_4_asks_the_class() -> None:
    (finding,) = found(side(head={}, settings={"tokenizer_class": "LlamaTokenizer"}))
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    off = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": False}
    (finding,) = found(side(settings=off))
    assert finding.affects == (Runtime.TRANSFORMERS_5, Runtime.VLLM)


def test_what_was_not_rendered_is_not_fine() -> None:
    merged, source, _ = pair(side(HIDDEN), ONCE)
    with pytest.raises(Undecided, match="needs jinja2"):
        list(check(merged, source, Rendered(problem="needs jinja2")))
    with pytest.raises(Undecided, match="not rendered"):
        list(check(merged, source, None))
