from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import EVERY
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.sliding_window_changed import check

QWEN = {"num_hidden_layers": 4, "sliding_window": 1024, "max_window_layers": 0}
NONE, FOUR_K = {"sliding_window": None}, {"sliding_window": 4096}
FULL, SLIDING = "full_attention", "sliding_attention"


def found(
    source: dict[str, Any], merged: dict[str, Any], model: str = "mistral", other: str = ""
) -> list[Finding]:
    there = made({"model_type": other or model, **source})
    return list(check(merged_of(made({"model_type": model, **merged})), source_of(there)))


def edits(finding: Finding) -> dict[str, Any]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.reason
    return {".".join(edit.pointer): (edit.before, edit.after) for edit in finding.fix.edits}


def test_a_null_that_was_dropped_is_a_window_of_4096_in_mistral() -> None:
    (finding,) = found(NONE, {})
    assert finding.message == (
        "config.json: 32 of 32 layers see 4096 tokens back, the source all layers see the whole "
        "text (sliding_window is not written, and that is not the same as null)"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert finding.affects == EVERY
    assert finding.cost == "worse answers to texts longer than 4096 tokens"
    assert edits(finding) == {"sliding_window": (ABSENT, None)}
    assert [(e.pointer, e.found) for e in finding.evidence] == [(("sliding_window",), ABSENT)]


def test_a_window_that_is_written_needs_no_explanation() -> None:
    (finding,) = found(NONE, FOUR_K)
    assert "not written" not in finding.message


def test_a_window_that_was_lost_costs_memory_and_time() -> None:
    (finding,) = found({}, NONE)
    assert finding.message.endswith("the source 32 of 32 layers see 4096 tokens back")
    assert finding.cost.startswith("other answers to texts longer than 4096 tokens, and more mem")
    assert edits(finding) == {"sliding_window": (None, ABSENT)}


def test_another_length_of_the_window() -> None:
    (shorter,) = found(FOUR_K, {"sliding_window": 1024})
    assert shorter.cost == "worse answers to texts longer than 1024 tokens"
    (longer,) = found({"sliding_window": 1024}, FOUR_K)
    assert longer.cost.startswith("other answers to texts longer than 1024 tokens")


def test_more_layers_or_fewer_have_it() -> None:
    on = {**QWEN, "use_sliding_window": True}
    half = {**on, "max_window_layers": 2}
    (more,) = found(half, on, "qwen2")
    assert "4 of 4 layers see 1024 tokens back, the source 2 of 4 layers" in more.message
    assert more.cost.startswith("worse answers")
    (fewer,) = found(on, half, "qwen2")
    assert fewer.cost.startswith("other answers")
    assert edits(fewer) == {"max_window_layers": (2, 0)}


def test_the_keys_of_the_text_part_are_restored_where_they_stand() -> None:
    text = {"num_hidden_layers": 6}
    (finding,) = found({"text_config": text}, {"text_config": {**text, **NONE}}, "gemma3")
    assert edits(finding) == {"text_config.sliding_window": (None, ABSENT)}


def test_the_layers_of_a_class_of_one_s_own_are_not_counted() -> None:
    (finding,) = found(NONE, FOUR_K, "of_my_own")
    assert "config.json: layers see 4096 tokens back" in finding.message


@pytest.mark.parametrize(
    ("source", "merged", "model"),
    [
        (NONE, NONE, "mistral"),
        ({}, FOUR_K, "mistral"),
        (NONE, {}, "phi3"),
        (QWEN, {"num_hidden_layers": 4, "sliding_window": None}, "qwen2"),
        ({**QWEN, "use_sliding_window": False}, {"num_hidden_layers": 4}, "qwen2"),
        ({"num_hidden_layers": 4, "sliding_window": 32768, "use_sliding_window": True},
         {"num_hidden_layers": 4}, "qwen2"),
        ({"sliding_window": 8192, "max_position_embeddings": 4096},
         {**NONE, "max_position_embeddings": 4096}, "mistral"),
        ({"num_hidden_layers": 2}, {"num_hidden_layers": 2, "layer_types": [FULL, FULL]}, "qwen2"),
        ({"num_hidden_layers": 6}, {"num_hidden_layers": 6, "layer_types": [SLIDING] * 5 + [FULL]},
         "gemma3_text"),
        ({"num_hidden_layers": 6, "sliding_window_pattern": 6}, {"num_hidden_layers": 6},
         "gemma3_text"),
        (NONE, FOUR_K, "llama"),
    ],
    ids=[
        "same", "default-written", "null-is-the-default", "switched-off-by-default", "switched-off",
        "beyond-the-last-layer", "longer-than-any-text", "list-written-out", "list-of-gemma",
        "pattern-or-list", "a-class-without-windows",
    ],
)  # fmt: skip
def test_what_changes_nothing(source: dict[str, Any], merged: dict[str, Any], model: str) -> None:
    assert not found(source, merged, model)
    assert not found(merged, source, model)


def test_a_model_of_another_depth_has_another_number_of_such_layers() -> None:
    assert not found({"num_hidden_layers": 12}, {"num_hidden_layers": 6}, "gemma3_text")


@pytest.mark.parametrize("odd", [None, [], {}, "x", True, 10**400, -1, 1.5, {"a": 1}, [None, {}]])
@pytest.mark.parametrize("key", ["sliding_window", "layer_types", "use_sliding_window",
                                 "max_window_layers", "num_hidden_layers"])  # fmt: skip
def test_odd_values_do_no_harm(odd: Any, key: str) -> None:
    for model in ("mistral", "qwen2", "gemma3_text", "of_my_own"):
        found({key: odd}, {}, model)
        found({}, {key: odd}, model)
        found({"text_config": odd}, {"text_config": {key: odd}}, "gemma3")


@pytest.mark.parametrize(("here", "there"), [(None, {}), ({}, None)])
def test_without_config_json_it_is_undecided(here: Any, there: Any) -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(here)), source_of(made(there))))
