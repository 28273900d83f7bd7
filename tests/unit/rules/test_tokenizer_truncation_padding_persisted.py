from typing import Any

import pytest

from pairs import LLAMA, merged_of, source_of
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.rules.tokenizer_truncation_padding_persisted import check
from talking import talking

CUT = {"direction": "Right", "max_length": 512, "strategy": "LongestFirst", "stride": 0}
FILL = {"strategy": {"Fixed": 512}, "direction": "Right", "pad_id": 0, "pad_token": "x"}
BATCH = {**FILL, "strategy": "BatchLongest"}


def found(head: Any, source: Any = None, **config: Any) -> tuple[Finding, ...]:
    here = merged_of(talking({}, head=head, config={**LLAMA, **config}))
    return tuple(check(here, None if source is None else source_of(talking({}, head=source))))


def test_both_left_in_the_file() -> None:
    (finding,) = found({"truncation": CUT, "padding": FILL, "post_processor": {"type": "x"}})
    assert finding.message == (
        "tokenizer.json cuts every text after 512 tokens and fills every text up to 512 tokens"
    )
    assert (finding.severity, finding.affects) == (Severity.WARNING, (Runtime.VLLM,))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (
        Edit("tokenizer.json", ("truncation",), before=CUT, after=None),
        Edit("tokenizer.json", ("padding",), before=FILL, after=None),
    )


def test_one_of_them() -> None:
    (finding,) = found({"truncation": None, "padding": FILL})
    assert finding.fix is not None
    assert [edit.pointer for edit in finding.fix.edits] == [("padding",)]
    (finding,) = found({"truncation": {"strategy": "LongestFirst"}})
    assert finding.message == "tokenizer.json cuts every text"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("head", "config", "severity"),
    [
        ({"truncation": CUT}, {"max_position_embeddings": 512}, Severity.NOTE),
        ({"truncation": CUT}, {"max_position_embeddings": 513}, Severity.WARNING),
        ({"truncation": CUT}, {"max_position_embeddings": "512"}, Severity.WARNING),
        (
            {"truncation": CUT},
            {"text_config": {"max_position_embeddings": 512}},
            Severity.NOTE,
        ),
        ({"padding": BATCH}, {}, Severity.NOTE),
        ({"padding": BATCH, "truncation": CUT}, {}, Severity.WARNING),
        ({"padding": {"strategy": {"Fixed": "x"}}}, {}, Severity.WARNING),
    ],
)
def test_how_much_it_matters(head: Any, config: Any, severity: Severity) -> None:
    (finding,) = found(head, **config)
    assert finding.severity is severity


def test_what_the_source_has_as_well_is_a_note() -> None:
    (finding,) = found({"truncation": CUT}, {"truncation": CUT})
    assert finding.severity is Severity.NOTE
    assert finding.message.endswith(", as its source does")
    (finding,) = found({"truncation": CUT}, {"truncation": {**CUT, "max_length": 9}})
    assert finding.severity is Severity.WARNING
    (finding,) = found({"truncation": CUT, "padding": FILL}, {"truncation": CUT})
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("head", [{}, {"truncation": None, "padding": None}, {"truncation": 5}])
def test_no_alarm(head: Any) -> None:
    assert found(head) == ()


def test_models_that_write_nothing_may_cut() -> None:
    assert found({"truncation": CUT}, architectures=["BertForSequenceClassification"]) == ()
