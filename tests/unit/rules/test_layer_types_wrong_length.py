from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import ENGINES, TRANSFORMERS
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.layer_types_wrong_length import check

FULL, SLIDING = "full_attention", "sliding_attention"
QWEN = {"model_type": "qwen2", "num_hidden_layers": 4}
GEMMA = {"model_type": "gemma3", "text_config": {"num_hidden_layers": 6}}


def found(config: dict[str, Any], source: dict[str, Any] | None = None) -> list[Finding]:
    there = None if source is None else source_of(made(source))
    return list(check(merged_of(made(config)), there))


def edit(finding: Finding) -> tuple[tuple[str, ...], Any, Any]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.reason
    (only,) = finding.fix.edits
    return only.pointer, only.before, only.after


def test_a_list_that_is_too_short_does_not_load() -> None:
    (finding,) = found({**QWEN, "layer_types": [FULL] * 3})
    assert finding.message == (
        "config.json: layer_types has 3 entries for 4 layers (num_hidden_layers): transformers "
        "refuses to load it"
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.READ)
    assert finding.affects == (*TRANSFORMERS, *ENGINES)
    assert "does not load" in finding.cost
    assert edit(finding) == (("layer_types",), [FULL] * 3, ABSENT)
    assert [e.found for e in finding.evidence] == [[FULL] * 3]


def test_a_list_that_is_too_long_is_cut() -> None:
    (finding,) = found({**QWEN, "layer_types": [FULL, SLIDING, FULL, FULL, SLIDING]})
    assert edit(finding)[2] == [FULL, SLIDING, FULL, FULL]


def test_the_source_s_list_is_copied_where_it_fits() -> None:
    wanted = [SLIDING] * 4
    for types in ([FULL] * 3, [FULL] * 5):
        (finding,) = found({**QWEN, "layer_types": types}, {**QWEN, "layer_types": wanted})
        assert edit(finding)[2] == wanted


def test_a_source_of_another_depth_is_no_model() -> None:
    deeper = {**QWEN, "num_hidden_layers": 5, "layer_types": [SLIDING] * 5}
    (finding,) = found({**QWEN, "layer_types": [FULL] * 3}, deeper)
    assert edit(finding)[2] is ABSENT


def test_the_list_of_the_text_part_is_meant() -> None:
    text = {"num_hidden_layers": 6, "layer_types": [FULL]}
    (finding,) = found({**GEMMA, "text_config": text})
    assert "text_config.layer_types has 1 entries for 6 layers" in finding.message
    assert edit(finding)[0] == ("text_config", "layer_types")


def test_the_depth_of_the_class_counts_where_none_is_written() -> None:
    (finding,) = found({"model_type": "llama", "layer_types": [FULL]})
    assert "1 entries for 32 layers" in finding.message


def test_what_no_class_derives_is_written_by_hand() -> None:
    (finding,) = found({"model_type": "llama", "layer_types": [FULL]})
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "one entry for each layer" in finding.fix.reason


@pytest.mark.parametrize(
    "config",
    [
        QWEN,
        {**QWEN, "layer_types": None},
        {**QWEN, "layer_types": [FULL] * 4},
        {"model_type": "of_my_own", "layer_types": [FULL]},
        {**GEMMA, "layer_types": [FULL]},
    ],
    ids=["missing", "null", "right", "unknown-depth", "not-where-it-is-read"],
)
def test_what_loads_is_no_finding(config: dict[str, Any]) -> None:
    assert not found(config)


@pytest.mark.parametrize("odd", [None, {}, "xxx", True, 5, [None], [{}], {"a": 1}])
def test_odd_values_do_no_harm(odd: Any) -> None:
    found({**QWEN, "layer_types": odd})
    found({**QWEN, "num_hidden_layers": odd, "layer_types": [FULL]})
    found({**QWEN, "num_hidden_layers": odd, "layer_types": odd})


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None)), None))
