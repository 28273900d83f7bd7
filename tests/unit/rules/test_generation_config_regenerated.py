from typing import Any

import pytest

from literals import merged, source
from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.generation_config_regenerated import check

GOOD = {"eos_token_id": [2, 0], "do_sample": True, "temperature": 0.6, "top_k": 50}


def test_lost_parameters_are_named_and_restored() -> None:
    here = merged({}, {"_from_model_config": True, "eos_token_id": 2})
    (finding,) = check(here, source({}, GOOD))
    assert finding.message == (
        "generation_config.json lost do_sample, temperature when it was made anew from config.json"
    )
    assert finding.affects == (*GENERATE, Runtime.VLLM)
    assert {e.pointer[0] for e in finding.evidence} == {
        *("_from_model_config", "do_sample", "temperature")
    }
    assert "top_k" not in finding.message, "50 is the default"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (
        Edit("generation_config.json", ("do_sample",), before=ABSENT, after=True),
        Edit("generation_config.json", ("temperature",), before=ABSENT, after=0.6),
        Edit("generation_config.json", ("_from_model_config",), before=True, after=ABSENT),
    )


def test_a_parameter_may_be_lost_without_a_regeneration() -> None:
    (finding,) = check(merged({}, {"eos_token_id": 2}), source({}, GOOD))
    assert finding.message == "generation_config.json lost do_sample, temperature"
    assert finding.fix is not None
    assert "back to how the source decodes" in finding.fix.reason
    assert {e.pointer[0] for e in finding.evidence} == {"do_sample", "temperature"}


def test_a_missing_file_is_made_again_with_its_end_tokens() -> None:
    (finding,) = check(merged({"eos_token_id": 5}), source({}, GOOD))
    assert "gone" in finding.message
    assert finding.affects == (*GENERATE, Runtime.VLLM)
    assert "back to how the source decodes" in finding.fix.reason if finding.fix else False
    assert finding.fix is not None
    edits = {edit.pointer[0]: edit.after for edit in finding.fix.edits}
    assert edits == {"do_sample": True, "temperature": 0.6, "eos_token_id": [0, 2, 5]}


def test_a_file_that_transformers_4_throws_away_needs_no_source() -> None:
    here = merged({"repetition_penalty": 1.05}, {"_from_model_config": True, "eos_token_id": 2})
    (finding,) = check(here, None)
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.fix is not None
    assert "how transformers 4 decodes" in finding.fix.reason
    assert finding.fix.edits == (
        Edit("generation_config.json", ("_from_model_config",), before=True, after=ABSENT),
    )


@pytest.mark.parametrize(
    ("config", "generation", "from_source"),
    [
        ({}, {"_from_model_config": True, "eos_token_id": 2}, None),
        ({}, GOOD, GOOD),
        ({}, {**GOOD, "temperature": 0.9}, GOOD),
        ({}, {"eos_token_id": 2}, {"eos_token_id": 2, "transformers_version": "5.0"}),
        ({}, {"eos_token_id": 2}, {"eos_token_id": 2, "return_dict": True, "torch_dtype": "x"}),
        ({}, {"eos_token_id": 2}, {"eos_token_id": 2, "output_scores": False, "use_cache": True}),
    ],
)
def test_no_alarm(config: Any, generation: Any, from_source: Any) -> None:
    there = None if from_source is None else source({}, from_source)
    assert not list(check(merged(config, generation), there))


def test_an_adapter_alone_decodes_as_its_base_model_does() -> None:
    assert list(check(merged({}), source({}, GOOD)))
    assert not list(check(merged(None), source({}, GOOD)))


def test_an_unreadable_file_decides_nothing() -> None:
    file = "generation_config.json"
    unread = made(generation=None, unreadable=(file,))
    for there in (None, source({}, GOOD)):
        with pytest.raises(Undecided, match=f"^{file} could not be read"):
            list(check(merged_of(unread), there))
    with pytest.raises(Undecided, match=f"^the source's {file} could not be read"):
        list(check(merged({}, {"eos_token_id": 2}), source_of(unread)))
    discarded = merged({"repetition_penalty": 1.1}, {"_from_model_config": True})
    (finding,) = check(discarded, source_of(unread))
    assert finding.affects == (Runtime.TRANSFORMERS_4,)


def test_a_file_that_neither_side_has_is_no_unreadable_one() -> None:
    assert not list(check(merged({}), source({})))
