from typing import Any

import pytest

from literals import merged, source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.cache_implementation_odd import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
KEY, FILE = "cache_implementation", "generation_config.json"


def found(kind: Any, config: Any = None, there: Any = "none") -> list[Finding]:
    origin = None if there == "none" else source({}, {} if there is None else {KEY: there})
    return list(check(merged(config or {}, {KEY: kind}), origin))


def edits(finding: Finding, applicability: Applicability = Applicability.SAFE) -> tuple[Edit, ...]:
    assert finding.fix is not None
    assert finding.fix.applicability is applicability
    return finding.fix.edits


def test_hybrid_without_a_window_fails_in_transformers_4_alone() -> None:
    (finding,) = found("hybrid")
    assert finding.message == (
        'generation_config.json sets cache_implementation to "hybrid" (transformers 4 generate): '
        "the model has no sliding window: transformers 4.52 raises an error"
    )
    assert (finding.severity, finding.affects) == (Severity.ERROR, (V4,))
    assert finding.cost == "no answer at all"
    assert finding.evidence == (ValueEvidence(FILE, (KEY,), "hybrid"),)
    assert edits(finding) == (Edit(FILE, (KEY,), before="hybrid", after=ABSENT),)


@pytest.mark.parametrize(
    ("kind", "severity", "affects", "words"),
    [
        ("offloaded", Severity.WARNING, GENERATE, "between CPU and GPU in every step"),
        ("offloaded_static", Severity.WARNING, GENERATE, "between CPU and GPU in every step"),
        ("dynamic_full", Severity.ERROR, GENERATE, "no kind of cache that this version knows"),
        (["static"], Severity.ERROR, GENERATE, "no kind of cache that this version knows"),
    ],
)
def test_a_special_kind(kind: Any, severity: Severity, affects: Any, words: str) -> None:
    (finding,) = found(kind)
    assert (finding.severity, finding.affects) == (severity, affects)
    assert words in finding.message
    assert edits(finding) == (Edit(FILE, (KEY,), before=kind, after=ABSENT),)


@pytest.mark.parametrize("kind", ["static", "hybrid_chunked"])
@pytest.mark.parametrize("there", ["none", None, "offloaded", "static"])
def test_a_static_kind_is_a_trade_that_nothing_takes_back(kind: str, there: Any) -> None:
    (finding,) = found(kind, there=there)
    assert (finding.severity, finding.affects) == (Severity.NOTE, GENERATE)
    assert "compiled for each new shape" in finding.message
    assert finding.evidence == (ValueEvidence(FILE, (KEY,), kind),)
    assert edits(finding, Applicability.MANUAL) == ()
    assert finding.fix is not None
    assert "script" in finding.fix.reason


def test_a_quantized_cache_changes_answers() -> None:
    (finding,) = found("quantized")
    assert finding.severity is Severity.WARNING
    assert "optimum-quanto or hqq" in finding.message
    edits(finding, Applicability.UNSAFE)
    assert finding.fix is not None
    assert finding.fix.reason


def test_versions_that_disagree_have_findings_of_their_own() -> None:
    four, five = found("mamba")
    assert (four.affects, five.affects) == ((V4,), (V5,))
    assert "cannot make this cache" in four.message
    (finding,) = found("paged")
    assert (finding.affects, finding.severity) == ((V4,), Severity.ERROR)


def test_what_the_source_asks_for_too_is_a_note() -> None:
    (finding,) = found("offloaded", there="offloaded")
    assert finding.severity is Severity.NOTE
    assert '"offloaded", as in its source: it copies' in finding.message
    assert edits(finding)[0].after is ABSENT
    (finding,) = found("hybrid", there="hybrid")
    assert finding.severity is Severity.ERROR


def test_the_sources_kind_is_put_back() -> None:
    assert edits(found("offloaded", there="static")[0])[0].after == "static"
    assert edits(found("offloaded", there=None)[0])[0].after is ABSENT
    assert edits(found("offloaded", there="nonsense")[0])[0].after is ABSENT


def test_a_kind_in_config_json_counts_without_the_other_file() -> None:
    (finding,) = check(merged({KEY: "offloaded"}, None), None)
    assert edits(finding) == (Edit("config.json", (KEY,), before="offloaded", after=ABSENT),)
    assert not list(check(merged({KEY: "offloaded"}, {}), None))


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("dynamic", {}),
        (None, {}),
        ("hybrid", {"sliding_window": 64}),
        ("hybrid", {"model_type": "gemma2"}),
        ("hybrid", {"model_type": "gemma3", "text_config": {}}),
        ("hybrid", {"model_type": "a_model_of_its_own"}),
        ("static", {"architectures": ["XForMaskedLM"]}),
    ],
)
def test_no_alarm(kind: Any, config: Any) -> None:
    assert not found(kind, config)


def test_a_window_of_null_is_none() -> None:
    assert found("hybrid", {"model_type": "gemma2", "sliding_window": None})


def test_a_sliding_window_kind_is_ordinary_for_a_model_with_one() -> None:
    assert not found("sliding_window", {"sliding_window": 64})
    (finding,) = found("sliding_window")
    assert finding.affects == (V4,)


def test_no_alarm_where_the_cache_is_off() -> None:
    off = {KEY: "static", "use_cache": False}
    assert not list(check(merged({}, off), None))


@pytest.mark.parametrize("odd", ["", 1, [], {}, True, [[1]]])
def test_odd_values_are_kinds_that_nobody_knows(odd: Any) -> None:
    (finding,) = found(odd)
    assert finding.severity is Severity.ERROR
    found("static", there=odd)
