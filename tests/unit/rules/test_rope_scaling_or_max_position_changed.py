from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import ENGINES, EVERY
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.rope_scaling_or_max_position_changed import check

YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
DEFAULT = {"rope_type": "default"}
MROPE = {"type": "mrope", "mrope_section": [16, 24, 24]}


def found(source: dict[str, Any], merged: dict[str, Any], model: str = "llama") -> list[Finding]:
    sides = ({"model_type": model, **side} for side in (source, merged))
    there, here = (made(side) for side in sides)
    return list(check(merged_of(here), source_of(there)))


def edits(finding: Finding) -> dict[str, Any]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.reason
    return {".".join(edit.pointer): (edit.before, edit.after) for edit in finding.fix.edits}


def test_a_base_that_fell_back_to_the_default_is_an_error() -> None:
    (finding,) = found({"rope_theta": 500000.0}, {})
    assert finding.message == (
        "config.json: rotary positions are not the source's: rope_theta 10000.0, the default of "
        "its class (source 500000.0)"
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.READ)
    assert finding.affects == EVERY
    assert edits(finding) == {"rope_theta": (ABSENT, 500000.0)}
    assert [e.pointer for e in finding.evidence] == [("rope_theta",)]
    assert "token limit" in finding.cost


def test_another_base_may_be_meant() -> None:
    (finding,) = found({"rope_theta": 10000.0}, {"rope_theta": 1e6})
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.SUSPECTED)
    assert finding.message.endswith("rope_theta 1000000.0 (source 10000.0), unless it was trained "
                                    "so on purpose")  # fmt: skip
    assert edits(finding) == {"rope_theta": (1e6, 10000.0)}


def test_a_base_that_was_written_back_to_ten_thousand_is_somebody_s_word() -> None:
    (finding,) = found({"rope_theta": 1e6}, {"rope_theta": 10000.0})
    assert finding.severity is Severity.WARNING


def test_a_lost_scaling_is_an_error() -> None:
    (finding,) = found({"rope_scaling": YARN, "rope_theta": 1e6}, {"rope_theta": 1e6})
    assert finding.severity is Severity.ERROR
    assert finding.message.endswith("type default (source yarn)")
    assert edits(finding) == {"rope_scaling": (ABSENT, YARN)}


def test_an_added_scaling_may_be_meant() -> None:
    (finding,) = found({}, {"rope_scaling": YARN})
    assert finding.severity is Severity.WARNING
    assert "type yarn (source default), unless" in finding.message
    assert edits(finding) == {"rope_scaling": (YARN, ABSENT)}


def test_another_factor_is_named() -> None:
    (finding,) = found({"rope_scaling": YARN}, {"rope_scaling": {**YARN, "factor": 2.0}})
    assert finding.severity is Severity.WARNING
    assert "another factor" in finding.message
    assert edits(finding) == {"rope_scaling": ({**YARN, "factor": 2.0}, YARN)}


def test_another_type_names_the_types_alone() -> None:
    linear = {"rope_type": "linear", "factor": 2.0}
    (finding,) = found({"rope_scaling": YARN}, {"rope_scaling": linear})
    assert finding.severity is Severity.WARNING
    assert "type linear (source yarn)" in finding.message
    assert "another" not in finding.message


@pytest.mark.parametrize(
    ("source", "merged", "model"),
    [
        ({}, {}, "llama"),
        ({"rope_theta": 1e6}, {"rope_parameters": {"rope_theta": 1e6, **DEFAULT}}, "llama"),
        ({"rope_scaling": YARN}, {"rope_parameters": {"rope_theta": 1e4, **YARN}}, "llama"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}},
         {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}, "llama"),
        ({"rope_scaling": MROPE}, {"text_config": {"rope_scaling": {**MROPE, **DEFAULT}}},
         "qwen2_5_vl"),
        ({}, {"rope_theta": 10000.0}, "llama"),
        ({"rope_theta": None}, {"rope_scaling": None}, "llama"),
    ],
)  # fmt: skip
def test_another_spelling_is_no_change(
    source: dict[str, Any], merged: dict[str, Any], model: str
) -> None:
    assert not found(source, merged, model)


def test_the_keys_of_an_older_file_are_copied_to_where_the_newer_one_has_them() -> None:
    source = {"rope_theta": 5e5, "rope_scaling": MROPE}
    rope = {"rope_theta": 1e6, "mrope_section": [16, 24, 24], **DEFAULT}
    (finding,) = found(source, {"text_config": {"rope_parameters": rope}}, "qwen2_5_vl")
    assert "in text_config" in finding.message
    assert edits(finding) == {
        "text_config.rope_parameters": (rope, ABSENT),
        "text_config.rope_theta": (ABSENT, 5e5),
        "text_config.rope_scaling": (ABSENT, MROPE),
    }


def test_kinds_of_layers_are_told_apart() -> None:
    local = {"text_config": {"rope_local_base_freq": 5000.0}}
    (finding,) = found({"text_config": {}}, local, "gemma3")
    assert "rope_theta 5000.0 (source 10000.0) in text_config.sliding_attention" in finding.message


def test_a_longer_text_makes_engines_plan_for_it() -> None:
    long, short = {"max_position_embeddings": 131072}, {"max_position_embeddings": 32768}
    (finding,) = found(short, long)
    assert finding.message == (
        "config.json: max_position_embeddings is 131072, the source has 32768: engines plan "
        "memory for such requests and may refuse to start"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == ENGINES
    assert finding.cost == "4 times the key-value cache for the longest request"
    assert edits(finding) == {"max_position_embeddings": (131072, 32768)}
    assert finding.evidence[0].found == 131072


def test_a_shorter_one_makes_them_refuse() -> None:
    (finding,) = found({"max_position_embeddings": 4096}, {})
    assert finding.message.endswith("engines refuse longer requests")
    assert finding.cost == "requests between 2048 and 4096 tokens are refused"
    assert edits(finding) == {"max_position_embeddings": (ABSENT, 4096)}


def test_a_class_with_another_name_for_it_keeps_that_name() -> None:
    (finding,) = found({"n_positions": 2048}, {"n_positions": 512}, "gpt2")
    assert "n_positions is 512" in finding.message
    assert edits(finding) == {"n_positions": (512, 2048)}


def test_where_no_file_and_no_class_says_a_length_nothing_is_said() -> None:
    long = {"max_position_embeddings": 131072}
    assert not found(long, {}, "of_my_own")
    assert not found({}, long, "of_my_own")


@pytest.mark.parametrize("odd", [None, [], {}, "x", True, 10**400, -1, {"a": 1}])
def test_odd_values_do_no_harm(odd: Any) -> None:
    keys = ("rope_theta", "rope_scaling", "rope_parameters", "max_position_embeddings")
    for key in keys:
        found({key: odd}, {})
        found({}, {key: odd})
        found({"text_config": odd}, {"text_config": {key: odd}}, "qwen2_5_vl")


@pytest.mark.parametrize(("here", "there"), [(None, {}), ({}, None)])
def test_without_config_json_it_is_undecided(here: Any, there: Any) -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(here)), source_of(made(there))))
