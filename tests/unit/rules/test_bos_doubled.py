from typing import Any

import pytest

from pairs import LLAMA
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.rendered import Rendered
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Finding, Severity, Undecided
from slowlens.rules.bos_doubled import check
from talking import ADDS_BOS, BOS, CHATML, alone, pair, talking

OPENS = "{{- bos_token }}" + CHATML
HIDDEN = "{% set start = bos_token %}{{ start }}" + CHATML
LATE = CHATML + "{{ bos_token }}"
READERS = (*GENERATE, Runtime.VLLM)


def side(template: str = OPENS, **more: Any) -> Checkpoint:
    more = {"head": {"post_processor": ADDS_BOS}, "tokens": {"bos_token": BOS}, **more}
    return talking(more.pop("settings", {}), jinja=template, **more)


def found(here: Checkpoint, there: Checkpoint | None = None) -> tuple[Finding, ...]:
    return tuple(check(*(alone(here) if there is None else pair(here, there))))


@pytest.mark.parametrize("template", [OPENS, HIDDEN, BOS + CHATML])
def test_alone_it_is_a_note(template: str) -> None:
    (finding,) = found(side(template))
    assert (finding.severity, finding.affects) == (Severity.NOTE, READERS)
    assert finding.message == "the chat template writes <s> and the tokenizer adds it again"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_what_the_source_does_not_do_is_a_warning() -> None:
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
    merged, _, _ = alone(side(HIDDEN))
    with pytest.raises(Undecided, match="needs jinja2"):
        list(check(merged, None, Rendered(problem="needs jinja2")))
    with pytest.raises(Undecided, match="not rendered"):
        list(check(merged, None, None))
