from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.v5_saved_read_by_v4_rope import check

LLAMA3 = {
    "factor": 8.0,
    "high_freq_factor": 4.0,
    "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}


def rope(theta: Any, **more: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_theta": theta, "rope_type": "default", **more}}


def found(model_type: str = "llama", **config: Any) -> list[Finding]:
    return list(check(merged_of(made({"model_type": model_type, **config}))))


def edits(model_type: str = "llama", **config: Any) -> dict[str, Any]:
    finding, _ = found(model_type, **config)
    assert finding.fix is not None
    return {".".join(edit.pointer): edit.after for edit in finding.fix.edits}


def test_the_base_is_lost_on_transformers_4_and_perhaps_on_engines() -> None:
    sure, suspected = found(**rope(500000.0))
    assert sure.message == (
        "config.json: transformers 4 does not know rope_parameters and reads rope_theta 10000.0 "
        "instead of 500000.0"
    )
    assert (sure.severity, sure.confidence) == (Severity.ERROR, Confidence.READ)
    assert sure.affects == (Runtime.TRANSFORMERS_4,)
    assert (suspected.severity, suspected.confidence) == (Severity.WARNING, Confidence.SUSPECTED)
    assert suspected.affects == (*ENGINES, Runtime.LLAMA_CPP)
    assert "an engine that reads rope_parameters through transformers 4" in suspected.message
    assert [(e.file, e.pointer) for e in sure.evidence] == [("config.json", ("rope_parameters",))]
    assert sure.evidence[0].found == rope(500000.0)["rope_parameters"]
    assert "worse" in sure.cost
    assert sure.fix == suspected.fix


def test_the_fix_writes_the_older_key_beside_the_new_one() -> None:
    finding, _ = found(**rope(500000.0))
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    assert (edit.file, edit.pointer) == ("config.json", ("rope_theta",))
    assert (edit.before, edit.after) == (ABSENT, 500000.0)
    assert finding.fix.applicability is Applicability.UNSAFE
    assert "transformers 5 writes the same" in finding.fix.reason


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"rope_theta": 500000.0},
        {"rope_theta": 500000.0, "rope_scaling": LLAMA3},
        rope(10000.0),
        {**rope(500000.0), "rope_theta": 500000.0},
        {**rope(500000.0, **LLAMA3), "rope_theta": 500000.0, "rope_scaling": LLAMA3},
    ],
    ids=["nothing", "older", "older-scaled", "class-default", "both", "both-scaled"],
)
def test_what_both_versions_read_alike_is_no_finding(config: dict[str, Any]) -> None:
    assert not found(**config)


def test_both_spellings_that_disagree_are_told_and_the_older_one_is_corrected() -> None:
    config = {**rope(500000.0), "rope_theta": 20000.0}
    finding, _ = found(**config)
    assert "reads rope_theta 20000.0 instead of 500000.0" in finding.message
    assert finding.fix is not None
    assert [(e.before, e.after) for e in finding.fix.edits] == [(20000.0, 500000.0)]


def test_a_scaling_is_lost_with_the_key() -> None:
    config = rope(10000.0, **LLAMA3)
    finding, _ = found(**config)
    assert finding.message.endswith("reads positions of type default instead of llama3")
    assert edits(**config) == {"rope_theta": 10000.0, "rope_scaling": LLAMA3}


def test_parameters_of_the_same_type_are_named() -> None:
    finding, _ = found("glm4", **rope(10000.0, partial_rotary_factor=0.25))
    assert finding.message.endswith("reads partial_rotary_factor 0.5 instead of 0.25")


def test_rope_scaling_beside_it_is_what_both_versions_obey() -> None:
    assert not found(**rope(10000.0, **LLAMA3), rope_scaling={**LLAMA3, "factor": 2.0})


def test_each_kind_of_layer_has_its_own_name_in_gemma_3() -> None:
    kinds = {
        "full_attention": {"rope_theta": 2e6, "rope_type": "linear", "factor": 8.0},
        "sliding_attention": {"rope_theta": 5000.0, "rope_type": "default"},
    }
    nested = {"text_config": {"rope_parameters": kinds}}
    finding, _ = found("gemma3", **nested)
    assert "instead of linear in text_config for full_attention" in finding.message
    assert "10000.0 instead of 5000.0 in text_config for sliding_attention" in finding.message
    assert [e.pointer for e in finding.evidence] == [("text_config", "rope_parameters")]
    assert edits("gemma3", **nested) == {
        "text_config.rope_theta": 2e6,
        "text_config.rope_local_base_freq": 5000.0,
        "text_config.rope_scaling": {"rope_type": "linear", "factor": 8.0},
    }


def test_modernbert_and_gpt_neox_have_names_of_their_own() -> None:
    kinds = {
        "full_attention": {"rope_theta": 80000.0, "rope_type": "default"},
        "sliding_attention": {"rope_theta": 20000.0, "rope_type": "default"},
    }
    wanted = {"global_rope_theta": 80000.0, "local_rope_theta": 20000.0}
    assert edits("modernbert", rope_parameters=kinds) == wanted
    neox = edits("gpt_neox", **rope(20000.0, partial_rotary_factor=1.0))
    assert neox == {"rotary_emb_base": 20000.0, "rotary_pct": 1.0}


def test_a_part_of_the_head_that_rotates_is_written_beside_too() -> None:
    wanted = {"rope_theta": 10000.0, "partial_rotary_factor": 0.25}
    assert edits("glm4", **rope(10000.0, partial_rotary_factor=0.25)) == wanted
    assert not found("glm4", **rope(10000.0, partial_rotary_factor=0.5))


def test_without_mrope_transformers_4_does_not_even_generate() -> None:
    text = rope(1e6, mrope_section=[16, 24, 24])
    finding, _ = found("qwen2_5_vl", text_config=text)
    assert "reads no mrope_section in text_config" in finding.message
    assert "TypeError" in finding.cost
    assert edits("qwen2_5_vl", text_config=text) == {
        "text_config.rope_theta": 1e6,
        "text_config.rope_scaling": {"rope_type": "default", "mrope_section": [16, 24, 24]},
    }


def test_the_flat_spelling_of_a_composite_model_is_mended_where_it_stands() -> None:
    wanted = {"rope_theta": 5e5, "rope_scaling": {"rope_type": "default", "mrope_section": [1]}}
    assert edits("qwen2_5_vl", **rope(5e5, mrope_section=[1])) == wanted


def test_phi_3_takes_three_keys_and_no_more() -> None:
    lists = {"short_factor": [1.0], "long_factor": [2.0]}
    scaled = rope(10000.0, **lists, rope_type="longrope", original_max_position_embeddings=4096)
    assert edits("phi3", **scaled, max_position_embeddings=131072) == {
        "rope_theta": 10000.0,
        "rope_scaling": {"type": "longrope", **lists},
        "original_max_position_embeddings": 4096,
    }


def test_axial_positions_of_vision_parts_are_a_new_name_only() -> None:
    vision = {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "axial"}}
    assert not found("mistral3", vision_config=vision)


@pytest.mark.parametrize("model_type", ["qwen4_exp", "of_my_own"])
def test_a_model_that_transformers_4_does_not_have_cannot_be_misread(model_type: str) -> None:
    assert not found(model_type, **rope(1e7))


def test_what_no_older_key_can_say_is_left_to_the_user() -> None:
    kinds = {
        "full_attention": {"rope_theta": 5e5, "rope_type": "default"},
        "sliding_attention": {"rope_theta": 1e4, "rope_type": "default"},
    }
    finding, _ = found("olmo3", rope_parameters=kinds, layer_types=["full_attention"])
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert not finding.fix.edits
    assert "transformers>=5" in finding.fix.reason


@pytest.mark.parametrize(
    "odd",
    [None, [], {}, "x", 5, {"rope_theta": None}, {"rope_theta": {"a": [1]}}, {"full_attention": 3}],
)
def test_odd_values_do_no_harm(odd: Any) -> None:
    for model_type in ("llama", "gemma3_text", "phi3", "unheard"):
        found(model_type, rope_parameters=odd, rope_theta=odd, rope_scaling=odd)
        found(model_type, rope_parameters=odd)
    found("qwen2_5_vl", text_config={"rope_parameters": odd}, vision_config=odd)


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None))))
