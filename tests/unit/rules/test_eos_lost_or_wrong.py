from typing import Any

import pytest

from literals import CHAT, merged, source
from slowlens.facts.checkpoint import Tokenizer
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Confidence, Edit, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.eos_lost_or_wrong import check

BASE = Tokenizer({"<|im_end|>": 2, "<|endoftext|>": 0}, "<|endoftext|>", "{{ m }}<|im_end|>")


def test_a_generation_config_without_eos_never_stops_whatever_config_says() -> None:
    (finding,) = check(merged({"eos_token_id": 2}, {}, CHAT), None)
    assert finding.severity is Severity.ERROR
    assert finding.affects == GENERATE, "vLLM takes the tokenizer's end token"
    assert "ends an answer: generation_config.json has no usable" in finding.message
    assert "2 (<|im_end|>)" in finding.message
    assert [e.file for e in finding.evidence] == ["generation_config.json", "config.json"]
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (
        Edit("generation_config.json", ("eos_token_id",), before=ABSENT, after=2),
    )


def test_the_wrong_token_is_an_error_and_the_fix_keeps_what_was_there() -> None:
    (finding,) = check(merged({}, {"eos_token_id": 7}, CHAT), None)
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert finding.fix.edits[0].after == [2, 7]


def test_a_shorter_list_than_the_sources_is_a_warning() -> None:
    here = merged({}, {"eos_token_id": 2}, CHAT)
    (finding,) = check(here, source({}, {"eos_token_id": [2, 0]}, CHAT))
    assert finding.severity is Severity.WARNING
    assert finding.fix is not None
    assert finding.fix.edits[0].after == [0, 2]


def test_a_defect_of_the_source_is_still_one() -> None:
    there = source({}, {"eos_token_id": 7}, CHAT)
    (finding,) = check(merged({}, {"eos_token_id": 7}, CHAT), there)
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("as its source does")


def test_what_only_config_says_is_no_end_token_when_the_tokenizer_knows_better() -> None:
    (finding,) = check(merged({"eos_token_id": 100}, {}, CHAT), source({}, {"eos_token_id": 2}))
    assert finding.fix is not None
    assert finding.fix.edits[0].after == 2


def test_the_vocabulary_may_be_nested() -> None:
    config = {"text_config": {"vocab_size": 10}}
    (finding,) = check(merged(config, {"eos_token_id": 99}, CHAT), None)
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert finding.fix.edits[0].after == 2


def test_a_template_that_ends_turns_with_another_token_is_a_suspicion() -> None:
    (finding,) = check(merged({}, {"eos_token_id": 0}, BASE), None)
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.SUSPECTED)


def test_an_id_outside_the_vocabulary_stops_nothing() -> None:
    config = {"vocab_size": 10, "eos_token_id": 2}
    (finding,) = check(merged(config, {"eos_token_id": 50}), None)
    assert finding.severity is Severity.ERROR
    assert finding.fix is not None
    assert finding.fix.edits[0].after == 2


def test_where_config_is_to_blame_it_is_named() -> None:
    (finding,) = check(merged({"vocab_size": 10, "eos_token_id": 50}, None, CHAT), None)
    assert "ends an answer: config.json has no usable" in finding.message


def test_without_generation_config_the_edit_goes_to_config() -> None:
    (finding,) = check(merged({"eos_token_id": 7}, None, CHAT), None)
    assert [e.file for e in finding.evidence] == ["config.json"]
    assert finding.fix is not None
    assert [edit.file for edit in finding.fix.edits] == ["config.json"]


def test_a_file_that_transformers_4_throws_away_is_mended_in_both_places() -> None:
    config = {"eos_token_id": 7, "repetition_penalty": 1.05}
    here = merged(config, {"_from_model_config": True, "eos_token_id": 2}, CHAT)
    (finding,) = check(here, None)
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    assert finding.fix is not None
    assert {edit.file for edit in finding.fix.edits} == {"config.json", "generation_config.json"}


def test_unreadable_files_are_not_fine() -> None:
    with pytest.raises(Undecided):
        list(check(merged(None), None))


@pytest.mark.parametrize(
    ("config", "generation"), [({}, {}), ({}, None)], ids=["empty file", "class default"]
)
def test_where_no_file_knows_it_is_only_said(config: Any, generation: Any) -> None:
    (finding,) = check(merged(config, generation), None)
    assert finding.severity is Severity.NOTE
    assert finding.fix is None


@pytest.mark.parametrize(
    ("config", "generation", "tokenizer", "from_source"),
    [
        ({}, {"eos_token_id": [2, 0]}, CHAT, None),
        ({}, {"eos_token_id": 2}, CHAT, None),
        ({"eos_token_id": 7}, {"eos_token_id": 2}, CHAT, None),
        ({}, {"eos_token_id": 0}, BASE, {"eos_token_id": 0}),
        ({"architectures": ["BertForMaskedLM"]}, {}, CHAT, None),
    ],
)
def test_no_alarm(config: Any, generation: Any, tokenizer: Any, from_source: Any) -> None:
    there = None if from_source is None else source({}, from_source, tokenizer)
    assert not list(check(merged(config, generation, tokenizer), there))
