from dataclasses import replace
from typing import Any

import pytest

from literals import equality, measurement, merged
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Edit, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.gen_use_cache_false import check

REGENERATED = {"_from_model_config": True, "use_cache": False, "eos_token_id": 2}


def test_a_regenerated_file_is_found_with_every_edit_that_a_fix_needs() -> None:
    (finding,) = check(merged({"use_cache": False}, REGENERATED))
    assert finding.message == (
        "generate() runs without its key-value cache: generation_config.json turns it off"
    )
    assert finding.severity is Severity.ERROR
    assert finding.affects == (
        Runtime.TRANSFORMERS_4,
        Runtime.TRANSFORMERS_5,
        Runtime.FORWARD,
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (
        Edit("config.json", ("use_cache",), before=False, after=True),
        Edit("generation_config.json", ("use_cache",), before=False, after=True),
        Edit("generation_config.json", ("_from_model_config",), before=True, after=ABSENT),
    )


def test_the_text_config_is_edited_too() -> None:
    (finding,) = check(merged({"text_config": {"use_cache": False}}))
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit("config.json", ("text_config", "use_cache"), before=False, after=True),
    )


def test_a_file_that_only_transformers_4_throws_away_affects_it_alone() -> None:
    flagged = {"_from_model_config": True, "use_cache": True, "eos_token_id": 2}
    config = {"use_cache": False, "repetition_penalty": 1.05, "eos_token_id": 2}
    (finding,) = check(merged(config, flagged))
    assert finding.affects == (Runtime.TRANSFORMERS_4, Runtime.FORWARD)
    assert "key-value cache under transformers 4 generate: config.json" in finding.message
    assert "throws the file away)" in finding.message
    assert finding.fix is not None
    assert [edit.file for edit in finding.fix.edits] == ["config.json"]


def test_a_value_that_breaks_a_runtime_is_found() -> None:
    (finding,) = check(merged({}, {"use_cache": None}))
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert "null" in finding.message


def test_a_class_default_is_overruled_in_config() -> None:
    (finding,) = check(merged({"model_type": "mpt"}))
    assert finding.message == (
        "generate() runs without its key-value cache under transformers 4 generate: "
        "the class default turns it off"
    )
    assert "the class default turns it off" in finding.message
    assert finding.fix is not None
    assert finding.fix.edits == (Edit("config.json", ("use_cache",), before=ABSENT, after=True),)


def test_what_does_not_load_has_no_cost_per_answer() -> None:
    (finding,) = check(merged({"use_cache": "false"}, {"eos_token_id": 2}))
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert finding.cost == ""


def test_the_thinker_of_an_omni_model() -> None:
    thinker = {"text_config": {"use_cache": False}}
    (finding,) = check(merged({"model_type": "qwen2_5_omni", "thinker_config": thinker}))
    assert finding.fix is not None
    assert finding.fix.edits[0].pointer == ("thinker_config", "text_config", "use_cache")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("auto_map", {"AutoModel": "m.M"}),
        ("num_kv_shared_layers", 10),
        ("text_config", {"num_kv_shared_layers": 10}),
    ],
)
def test_the_fix_is_not_called_safe_where_the_cache_changes_the_numbers(
    key: str, value: Any
) -> None:
    (finding,) = check(merged({"use_cache": False, key: value}))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.reason


@pytest.mark.parametrize(
    ("kl", "applicability", "words"),
    [
        (1e-11, Applicability.SAFE, "the same with the cache, but for rounding"),
        (5e-6, Applicability.SAFE, "float32 cannot tell"),
        (0.5, Applicability.UNSAFE, "at most 0.5 over 32 tokens in float32"),
    ],
)
def test_the_fix_says_what_a_run_found(kl: float, applicability: Applicability, words: str) -> None:
    run = replace(measurement(), equalities=(equality(cached=kl),))
    (finding,) = check(merged({"use_cache": False}), run)
    assert finding.fix is not None
    assert finding.fix.applicability is applicability
    assert words in finding.fix.reason


def test_a_run_that_did_not_compare_leaves_the_fix_as_it_is() -> None:
    (finding,) = check(merged({"use_cache": False}), measurement())
    assert finding.fix is not None
    assert (finding.fix.applicability, finding.fix.reason) == (Applicability.SAFE, "")


def test_own_code_stays_unsafe_whatever_was_measured() -> None:
    run = replace(measurement(), equalities=(equality(cached=0.0),))
    (finding,) = check(merged({"use_cache": False, "auto_map": {"AutoModel": "m.M"}}), run)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert "code of its own" in finding.fix.reason
    assert "the same with the cache" in finding.fix.reason


def test_without_config_a_readable_generation_config_still_decides() -> None:
    assert list(check(merged(None, {"use_cache": False})))
    with pytest.raises(Undecided, match="could not be read"):
        list(check(merged(None, {})))


@pytest.mark.parametrize(
    ("config", "generation"),
    [
        ({}, {}),
        ({"use_cache": True}, {"use_cache": True}),
        ({"use_cache": False}, {"eos_token_id": 2}),
        ({"use_cache": False, "architectures": ["LlamaForSequenceClassification"]}, None),
        ({"use_cache": False, "architectures": ["BertModel"], "model_type": "bert"}, None),
    ],
)
def test_no_alarm(config: Any, generation: Any) -> None:
    assert not list(check(merged(config, generation)))
