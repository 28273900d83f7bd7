from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.moe_experts_implementation import check

PUBLIC, PRIVATE = "experts_implementation", "_experts_implementation"
MOE = {"model_type": "qwen3_moe"}


def found(source: dict[str, Any] | None = None, **config: Any) -> list[Finding]:
    there = None if source is None else source_of(made({**MOE, **source}))
    return list(check(merged_of(made({**MOE, **config})), there))


@pytest.mark.parametrize("key", [PUBLIC, PRIVATE])
@pytest.mark.parametrize(
    ("value", "cost"),
    [
        ("batched_mm", "2.5 times as long per token on a CPU"),
        ("eager", "3 to 4 times on an H100"),
        ("deepgemm", "bfloat16"),
    ],
)
def test_another_kernel_than_the_default(key: str, value: str, cost: str) -> None:
    (finding,) = found(**{key: value})
    assert finding.message == f"config.json: {key} is '{value}'"
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == (Runtime.TRANSFORMERS_5, Runtime.FORWARD)
    assert cost in finding.cost
    assert [(e.pointer, e.found) for e in finding.evidence] == [((key,), value)]
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    (edit,) = finding.fix.edits
    assert (edit.pointer, edit.before, edit.after) == ((key,), value, ABSENT)


def test_the_private_key_is_the_stronger_one() -> None:
    (finding,) = found(**{PUBLIC: "eager", PRIVATE: "batched_mm"})
    assert "_experts_implementation is 'batched_mm'" in finding.message
    assert finding.fix is not None
    assert {edit.pointer for edit in finding.fix.edits} == {(PUBLIC,), (PRIVATE,)}
    assert not found(**{PUBLIC: "eager", PRIVATE: "grouped_mm"})


@pytest.mark.parametrize("value", ["fast", 5, True])
def test_a_name_that_nobody_knows_does_not_load(value: Any) -> None:
    for model_type in ("qwen3_moe", "llama"):
        (finding,) = found(**{PUBLIC: value}, model_type=model_type)
        assert finding.severity is Severity.ERROR
        assert finding.message.endswith("which nobody knows")
        assert "does not load" in finding.cost


@pytest.mark.parametrize("value", [None, "grouped_mm", {"text_config": "eager"}])
def test_the_default_is_no_finding(value: Any) -> None:
    assert not found(**{PUBLIC: value})


def test_what_is_not_read_is_no_finding() -> None:
    assert not found()
    assert not found(_experts_implementation_internal="eager")
    assert not found(model_type="qwen3_vl_moe", text_config={PUBLIC: "eager"})


def test_a_model_without_experts_has_nothing_to_run() -> None:
    assert not found(model_type="llama", **{PUBLIC: "batched_mm"})


def test_a_source_that_says_the_same_was_published_so() -> None:
    assert not found({PRIVATE: "eager"}, **{PUBLIC: "eager"})
    assert found({PUBLIC: "batched_mm"}, **{PUBLIC: "eager"})
    assert found({}, **{PUBLIC: "eager"})


@pytest.mark.parametrize("odd", [None, [], {}, 5.5, [{}]])
def test_odd_values_do_no_harm(odd: Any) -> None:
    found(**{PUBLIC: odd}, num_experts=odd)
    found({PRIVATE: odd}, **{PRIVATE: odd})


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None)), None))
