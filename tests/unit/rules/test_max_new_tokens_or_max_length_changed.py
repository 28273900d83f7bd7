from typing import Any

import pytest

from literals import merged, source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.max_new_tokens_or_max_length_changed import check

V4, V5, VLLM = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.VLLM
FILE = "generation_config.json"


def found(here: Any, there: Any = None, config: Any = None, origin: Any = None) -> list[Finding]:
    return list(check(merged(config or {}, here), source(origin or {}, there)))


def edits(finding: Finding) -> tuple[Edit, ...]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    return finding.fix.edits


def test_a_longer_limit() -> None:
    (finding,) = found({"max_new_tokens": 32768}, {"max_new_tokens": 2048})
    assert finding.message == (
        "generation_config.json lets an answer run up to 32768 new tokens, the source's "
        "up to 2048 new tokens"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*GENERATE, VLLM)
    assert finding.cost.startswith("16.0 times the longest answer")
    assert edits(finding) == (Edit(FILE, ("max_new_tokens",), before=32768, after=2048),)


def test_another_kind_of_limit() -> None:
    generate, vllm = found({"max_new_tokens": 100}, {"max_length": 4096})
    assert "the source's up to 4096 tokens with its prompt" in generate.message
    assert generate.cost == "answers of another length; the time for a token stays the same"
    assert generate.affects == GENERATE
    assert edits(generate) == (
        Edit(FILE, ("max_new_tokens",), before=100, after=ABSENT),
        Edit(FILE, ("max_length",), before=ABSENT, after=4096),
    )
    assert vllm.affects == (VLLM,)
    assert "the source's to the end of the context" in vllm.message
    assert edits(vllm) == (Edit(FILE, ("max_new_tokens",), before=100, after=ABSENT),)


def test_a_limit_beside_the_sources_own() -> None:
    generate, _ = found({"max_new_tokens": 100, "max_length": 4096}, {"max_length": 4096})
    assert edits(generate) == (Edit(FILE, ("max_new_tokens",), before=100, after=ABSENT),)


def test_the_librarys_twenty_where_config_json_had_a_limit() -> None:
    (finding,) = found({}, None, origin={"max_length": 500})
    assert finding.message == (
        "answers run up to 20 new tokens and are cut off (transformers 4 generate, transformers 5 "
        "generate), by default: the source's run up to 500 tokens with its prompt"
    )
    assert finding.severity is Severity.WARNING
    assert edits(finding) == (Edit(FILE, ("max_length",), before=ABSENT, after=500),)


def test_a_null_instead_of_a_limit() -> None:
    generate, vllm = found({"max_new_tokens": None}, {"max_new_tokens": 512})
    assert generate.affects == GENERATE
    assert "up to 20 new tokens and are cut off" in generate.message
    assert edits(generate) == (Edit(FILE, ("max_new_tokens",), before=None, after=512),)
    assert (vllm.affects, vllm.severity) == ((VLLM,), Severity.WARNING)
    assert vllm.message == (
        "no file limits an answer any more (vLLM): the source's run up to 512 new tokens"
    )


def test_a_limit_where_the_source_has_none_is_a_note_for_generate() -> None:
    generate, vllm = found({"max_new_tokens": 512}, {"eos_token_id": 2})
    assert (generate.severity, generate.affects) == (Severity.NOTE, GENERATE)
    assert edits(generate) == (Edit(FILE, ("max_new_tokens",), before=512, after=ABSENT),)
    assert (vllm.severity, vllm.affects) == (Severity.WARNING, (VLLM,))


def test_a_total_of_null_breaks_transformers_4() -> None:
    (finding,) = check(merged({}, {"max_length": None}), None)
    assert (finding.severity, finding.affects) == (Severity.WARNING, (V4,))
    assert "sets max_length to null" in finding.message
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (Edit(FILE, ("max_length",), before=None, after=ABSENT),)


def test_a_limit_in_config_json_that_comes_into_force() -> None:
    (finding,) = found(None, None, config={"max_length": 64}, origin={"max_length": 500})
    assert edits(finding) == (Edit("config.json", ("max_length",), before=64, after=500),)


@pytest.mark.parametrize(
    ("here", "there", "config", "origin"),
    [
        ({}, {}, {}, {}),
        ({}, {"eos_token_id": 2}, {}, {}),
        ({"max_new_tokens": 5}, {"max_new_tokens": 5}, {}, {}),
        ({"eos_token_id": 2}, {"max_new_tokens": 512}, {}, {}),
        (None, {"max_new_tokens": 512}, {}, {}),
        (None, {"max_length": 512}, {"max_length": 512}, {}),
        ({"max_length": 512}, {"max_new_tokens": 512}, {}, {}),
        ({"max_new_tokens": "x"}, {"max_new_tokens": True}, {}, {}),
        ({"max_new_tokens": 5}, {"max_new_tokens": 9}, {"architectures": ["XForMaskedLM"]}, {}),
        ({"max_length": None, "max_new_tokens": 7}, {"max_new_tokens": 7}, {}, {}),
        (None, None, {"max_length": None}, {}),
    ],
)
def test_no_alarm(here: Any, there: Any, config: Any, origin: Any) -> None:
    assert not found(here, there, config, origin)


def test_what_transformers_4_throws_away_is_another_rules_business() -> None:
    config = {"repetition_penalty": 1.5}
    flagged = {"_from_model_config": True, "max_new_tokens": 9, "max_length": None}
    findings = found(flagged, {"max_new_tokens": 512}, config)
    assert [finding.affects for finding in findings] == [(V5, VLLM)]


@pytest.mark.parametrize("odd", ["x", [], {}, True, -1, 0, 1.5, [[1]], 10**400])
def test_odd_values_never_crash(odd: Any) -> None:
    for key in ("max_new_tokens", "max_length"):
        assert not found({"max_new_tokens": 4, key: odd}, {"max_new_tokens": odd})
        assert not found({"max_new_tokens": odd}, {"max_new_tokens": 4})
        found({"max_new_tokens": 4}, {key: odd})
