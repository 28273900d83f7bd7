from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.rules.moe_output_router_logits import CRASHING, check

KEY = "output_router_logits"
LEFT = (Runtime.TRANSFORMERS_5, Runtime.FORWARD)


def found(model_type: str = "qwen3_moe", **config: Any) -> list[Finding]:
    return list(check(merged_of(made({"model_type": model_type, **config}))))


@pytest.mark.parametrize("model_type", sorted(CRASHING))
def test_transformers_4_cannot_generate(model_type: str) -> None:
    error, note = found(model_type, output_router_logits=True)
    assert (error.severity, error.confidence) == (Severity.ERROR, Confidence.READ)
    assert error.affects == (Runtime.TRANSFORMERS_4,)
    assert error.message == (
        f"config.json: {KEY} is true: generate() of transformers 4 stops with an error"
    )
    assert "RuntimeError" in error.cost
    assert (note.severity, note.affects) == (Severity.NOTE, LEFT)
    assert [(e.pointer, e.found) for e in error.evidence] == [((KEY,), True)]
    assert error.fix == note.fix
    assert error.fix is not None
    assert error.fix.applicability is Applicability.SAFE
    assert [(e.pointer, e.before, e.after) for e in error.fix.edits] == [((KEY,), True, False)]


@pytest.mark.parametrize("config", [{"num_experts": 8}, {"n_routed_experts": 64}, {}])
def test_other_mixtures_generate_all_the_same(config: dict[str, Any]) -> None:
    (note,) = found("jamba" if not config else "of_my_own", **config, output_router_logits=True)
    assert note.severity is Severity.NOTE


def test_the_key_of_the_text_part_crashes_nothing() -> None:
    text = {"num_experts": 4, KEY: True}
    (note,) = found("qwen3_vl_moe", text_config=text)
    assert note.affects == LEFT
    assert "text_config.output_router_logits is true" in note.message
    assert note.fix is not None
    assert [edit.pointer for edit in note.fix.edits] == [("text_config", KEY)]


def test_both_levels_are_mended_together() -> None:
    (note,) = found("qwen3_vl_moe", text_config={KEY: True}, output_router_logits=True)
    assert note.fix is not None
    assert [edit.pointer for edit in note.fix.edits] == [(KEY,), ("text_config", KEY)]


@pytest.mark.parametrize("value", [False, None, "true", 1])
def test_off_is_no_finding(value: Any) -> None:
    assert not found(output_router_logits=value)
    assert not found()


@pytest.mark.parametrize("config", [{}, {"num_experts": 0}, {"num_experts": "8"}])
def test_a_model_without_experts_does_not_read_it(config: dict[str, Any]) -> None:
    assert not found("llama", output_router_logits=True, **config)


@pytest.mark.parametrize("odd", [None, [], {}, "x", 5, True])
def test_odd_values_do_no_harm(odd: Any) -> None:
    found(output_router_logits=odd, num_experts=odd)
    found("llama", text_config=odd, num_experts=odd, output_router_logits=True)


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None))))
