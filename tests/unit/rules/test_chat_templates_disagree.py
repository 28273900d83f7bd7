from typing import Any

import pytest

from pairs import merged_of, source_of
from slowlens.facts.checkpoint import Checkpoint
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Finding, Severity
from slowlens.rules.chat_templates_disagree import check
from talking import CHATML, talking

PICTURES: dict[str, Any] = {"preprocessor_config_json": {}}
STALE: dict[str, Any] = {"chat_template_json": {"chat_template": "old"}}
BOTH = talking({"chat_template": "old"}, jinja=CHATML)


def found(here: Checkpoint, there: Checkpoint | None = None) -> tuple[Finding, ...]:
    return tuple(check(merged_of(here), None if there is None else source_of(there)))


def test_the_converter_takes_the_other_one() -> None:
    (finding,) = found(BOTH)
    assert (finding.severity, finding.affects) == (Severity.WARNING, (Runtime.LLAMA_CPP,))
    assert finding.message == (
        "the chat templates differ: transformers 4 generate, transformers 5 generate, vLLM, SGLang "
        "read chat_template.jinja; llama.cpp reads tokenizer_config.json"
    )
    assert [getattr(e, "pointer", None) for e in finding.evidence] == [(), ("chat_template",)]
    assert finding.cost
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL


def test_a_stale_file_that_nobody_reads_is_a_note() -> None:
    (finding,) = found(talking({"chat_template": CHATML}, jinja=CHATML, **STALE))
    assert (finding.severity, finding.affects, finding.cost) == (Severity.NOTE, (), "")
    assert finding.message.endswith("nobody reads chat_template.json")


def test_processors_prefer_chat_template_json() -> None:
    (finding,) = found(talking({}, jinja=CHATML, **STALE, **PICTURES))
    assert finding.affects == (Runtime.LLAMA_CPP,)
    own = {"processor_config_json": {"chat_template": "own"}}
    (finding,) = found(talking({"chat_template": CHATML}, **STALE, **own))
    assert finding.affects == (Runtime.TRANSFORMERS_4, Runtime.LLAMA_CPP)


@pytest.mark.parametrize(
    "here",
    [
        talking({"chat_template": CHATML}, jinja=CHATML),
        talking({"chat_template": CHATML}, jinja="{# c #}" + CHATML + "\n"),
        talking({}, jinja=CHATML),
        talking({"chat_template": 5}, jinja=CHATML),
        talking({}),
    ],
)
def test_no_alarm(here: Checkpoint) -> None:
    assert found(here) == ()


def test_what_the_source_has_as_well_is_no_finding() -> None:
    assert found(BOTH, BOTH) == ()
    assert found(BOTH, talking({"chat_template": CHATML}, jinja=CHATML))
    assert found(BOTH, talking({}, jinja=CHATML))


def test_models_that_write_nothing() -> None:
    kind = {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"]}
    assert found(talking({"chat_template": "old"}, jinja=CHATML, config=kind)) == ()


def test_all_that_read_otherwise_than_most_are_named() -> None:
    own = {"processor_config_json": {"chat_template": CHATML}}
    (finding,) = found(talking({"chat_template": "old"}, jinja="new", **own))
    assert finding.affects == (GENERATE[0], Runtime.LLAMA_CPP)
