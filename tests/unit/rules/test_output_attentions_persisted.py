from typing import Any

import pytest

from literals import merged, source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity, ValueEvidence
from slowlens.rules.output_attentions_persisted import check

V4, V5, FORWARD = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.FORWARD
CONFIG, FILE = "config.json", "generation_config.json"
DICT = {"return_dict_in_generate": True}


def found(config: Any, generation: Any, there: Any = None) -> list[Finding]:
    return list(check(merged(config, generation), None if there is None else source(*there)))


def test_attention_matrices_in_every_call() -> None:
    (finding,) = found({"output_attentions": True}, {})
    assert finding.message == (
        "config.json sets output_attentions to true: generate() computes them in every step"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*GENERATE, FORWARD)
    assert finding.cost.startswith("layers * heads * length²")
    assert finding.evidence == (ValueEvidence(CONFIG, ("output_attentions",), found=True),)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (Edit(CONFIG, ("output_attentions",), before=True, after=False),)


def test_the_config_of_what_writes_text_counts_too() -> None:
    (finding,) = found({"text_config": {"output_hidden_states": True}}, {})
    assert finding.fix is not None
    assert finding.fix.edits[0].pointer == ("text_config", "output_hidden_states")
    assert finding.severity is Severity.NOTE


def test_hidden_states_that_are_kept() -> None:
    (finding,) = found({"output_hidden_states": True}, DICT)
    assert "generate() keeps them for every token" in finding.message
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("key", "severity"),
    [("output_attentions", Severity.WARNING), ("output_hidden_states", Severity.NOTE)],
)
def test_the_generation_config_concerns_generate_alone(key: str, severity: Severity) -> None:
    (finding,) = found({}, {key: True})
    assert (finding.affects, finding.severity) == (GENERATE, severity)
    assert finding.evidence == (ValueEvidence(FILE, (key,), found=True),)


@pytest.mark.parametrize("key", ["output_scores", "output_logits"])
def test_scores_count_where_a_dict_is_returned(key: str) -> None:
    assert not found({}, {key: True})
    assert not found({key: True}, {})
    (finding,) = found({}, {key: True, **DICT})
    assert (finding.severity, finding.affects) == (Severity.WARNING, GENERATE)
    assert finding.cost == "4 bytes * vocabulary per new token"
    (finding,) = found({key: True}, None)
    assert finding.evidence == (ValueEvidence(CONFIG, (key,), found=True),)
    (finding,) = found({"text_config": {key: True}}, None)
    assert finding.fix is not None
    assert finding.fix.edits[0].pointer == ("text_config", key)


def test_a_dict_that_only_one_version_returns() -> None:
    flagged = {"_from_model_config": True, "output_scores": True, **DICT}
    (finding,) = found({"repetition_penalty": 1.5}, flagged)
    assert finding.affects == (V5,)


def test_what_the_source_does_too_is_a_note() -> None:
    (finding,) = found({"output_attentions": True}, {}, ({"output_attentions": True}, {}))
    assert finding.severity is Severity.NOTE
    assert "to true, as in its source: generate()" in finding.message
    (finding,) = found({"output_attentions": True}, {}, ({}, {"output_hidden_states": True}))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("config", "generation"),
    [
        ({}, {}),
        ({}, None),
        ({}, {"output_attentions": False, "output_hidden_states": False, "use_cache": True}),
        ({"output_attentions": False}, None),
        ({"output_attentions": "true"}, {"output_attentions": 1}),
        ({}, DICT),
        ({"return_dict_in_generate": True}, None),
        ({"return_dict": True}, {}),
    ],
)
def test_no_alarm(config: Any, generation: Any) -> None:
    assert not found(config, generation)


@pytest.mark.parametrize("odd", ["true", [], {}, 1, None, [True]])
def test_odd_values_never_crash(odd: Any) -> None:
    for key in ("output_attentions", "output_scores", "return_dict_in_generate"):
        assert not found({key: odd}, {key: odd})
        assert not found({key: odd}, None)
        assert not found({"text_config": odd}, None)
