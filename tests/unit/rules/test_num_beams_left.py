from typing import Any

import pytest

from literals import merged, source
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.num_beams_left import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
FILE = "generation_config.json"
BEAMS = {"num_beams": 4}
FLAGGED = {"_from_model_config": True}


def found(config: Any, generation: Any, from_source: Any = "none") -> list[Finding]:
    there = None if from_source == "none" else source({}, from_source)
    return list(check(merged(config, generation), there))


def edits(finding: Finding) -> tuple[Edit, ...]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    return finding.fix.edits


def test_beams_in_the_file_multiply_a_step() -> None:
    (finding,) = found({}, BEAMS, {})
    assert finding.message == (
        "generation_config.json sets num_beams to 4: every step computes 4 sequences"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == GENERATE
    assert finding.cost == "up to 4 times the work per token and 4 key-value caches"
    assert finding.evidence == (ValueEvidence(FILE, ("num_beams",), 4),)
    assert edits(finding) == (Edit(FILE, ("num_beams",), before=4, after=ABSENT),)


def test_the_source_has_other_beams() -> None:
    (finding,) = found({}, BEAMS, {"num_beams": 2})
    assert finding.severity is Severity.WARNING
    assert edits(finding)[0].after == 2
    assert edits(found({}, BEAMS)[0])[0].after is ABSENT


def test_what_the_source_does_too_is_a_note() -> None:
    (finding,) = found({}, BEAMS, BEAMS)
    assert (finding.severity, finding.fix) == (Severity.NOTE, None)
    assert "to 4, as in its source: every step" in finding.message


@pytest.mark.parametrize(
    ("config", "generation", "affects", "file"),
    [
        (BEAMS, None, GENERATE, "config.json"),
        (BEAMS, FLAGGED, (V4,), "config.json"),
        (BEAMS, {}, None, ""),
        ({"text_config": BEAMS}, None, GENERATE, "config.json"),
    ],
)
def test_beams_in_config_json(config: Any, generation: Any, affects: Any, file: str) -> None:
    findings = found(config, generation, {})
    if affects is None:
        assert not findings
        return
    assert (findings[0].affects, findings[0].evidence[0].file) == (affects, file)  # type: ignore[union-attr]
    pointer = ("text_config", "num_beams") if "text_config" in config else ("num_beams",)
    assert edits(findings[0])[0].pointer == pointer


def test_an_encoder_means_its_beams() -> None:
    (finding,) = found({"is_encoder_decoder": True}, BEAMS)
    assert finding.severity is Severity.NOTE
    (finding,) = found({"is_encoder_decoder": True}, BEAMS, {})
    assert finding.severity is Severity.WARNING
    (finding,) = found({"is_encoder_decoder": False}, BEAMS)
    assert finding.severity is Severity.WARNING


def test_a_class_default_is_overruled() -> None:
    here = merged({"model_type": "fsmt", "num_beams": None}, None)
    for finding in check(here, None):
        assert "the class default sets num_beams" in finding.message
        assert edits(finding)[0].file == "config.json"


@pytest.mark.parametrize(
    ("generation", "affects", "words"),
    [
        ({"num_return_sequences": 3}, GENERATE, "several sequences need do_sample"),
        ({"num_beams": "4"}, GENERATE, "no count above zero"),
        ({"num_beams": 0}, GENERATE, "no count above zero"),
        ({"num_beams": None}, (V4,), "no count above zero"),
        ({"num_return_sequences": True}, GENERATE, "no count above zero"),
        ({"num_return_sequences": [[1]]}, GENERATE, "no count above zero"),
        ({"dola_layers": "high"}, (V5,), "no longer in the library"),
    ],
)
def test_what_cannot_run_is_an_error(generation: Any, affects: Any, words: str) -> None:
    (finding,) = found({}, generation)
    assert (finding.severity, finding.affects) == (Severity.ERROR, affects)
    assert words in finding.message
    assert finding.cost == "no answer at all"


@pytest.mark.parametrize(
    ("generation", "error"),
    [
        ({**BEAMS, "num_beam_groups": 2}, "num_beam_groups"),
        ({**BEAMS, "force_words_ids": [[5]]}, "force_words_ids"),
        ({**BEAMS, "constraints": [1]}, "constraints"),
    ],
)
def test_beams_of_a_kind_that_transformers_5_dropped(generation: Any, error: str) -> None:
    beams, dropped = found({}, generation)
    assert (beams.severity, beams.affects) == (Severity.WARNING, GENERATE)
    assert (dropped.severity, dropped.affects) == (Severity.ERROR, (V5,))
    assert f"sets {error} to" in dropped.message


def test_a_value_without_effect_in_the_source_goes() -> None:
    groups = {"num_beam_groups": 2}
    _, dropped = found({}, {**BEAMS, **groups}, groups)
    assert edits(dropped) == (Edit(FILE, ("num_beam_groups",), before=2, after=ABSENT),)


def test_contrastive_search_runs_in_one_version_and_fails_in_the_other() -> None:
    slow, fails = found({}, {"penalty_alpha": 0.6, "top_k": 4})
    assert (slow.affects, slow.severity) == ((V4,), Severity.WARNING)
    assert "every step computes 4 sequences" in slow.message
    assert (fails.affects, fails.severity) == ((V5,), Severity.ERROR)


def test_guidance_is_a_second_pass() -> None:
    (finding,) = found({}, {"guidance_scale": 1.5})
    assert "every step runs the model twice" in finding.message
    assert finding.cost == "2 times the work per token, and a second key-value cache"


@pytest.mark.parametrize(
    ("config", "generation"),
    [
        ({}, {}),
        ({}, None),
        ({}, {"num_beams": 1, "num_return_sequences": 1, "num_beam_groups": 1}),
        ({}, {"penalty_alpha": 0.6, "top_k": 4, "do_sample": True}),
        ({}, {"penalty_alpha": 0.0, "top_k": 4}),
        ({}, {"penalty_alpha": 0.6, "top_k": 1}),
        ({}, {"penalty_alpha": True}),
        ({}, {"guidance_scale": 1.0}),
        ({}, {"guidance_scale": "x"}),
        ({}, {"num_beam_groups": 2}),
        ({}, {"prompt_lookup_num_tokens": 3}),
        ({"architectures": ["XForSequenceClassification"]}, BEAMS),
    ],
)
def test_no_alarm(config: Any, generation: Any) -> None:
    assert not found(config, generation)


def test_a_change_of_place_is_no_change() -> None:
    here, there = merged(BEAMS, None), source({}, BEAMS)
    (finding,) = check(here, there)
    assert finding.severity is Severity.NOTE


def test_sequences_by_chance_are_a_batch() -> None:
    (finding,) = found({}, {"num_return_sequences": 3, "do_sample": True})
    assert "every step computes 3 sequences" in finding.message
    (finding,) = found({}, {"num_return_sequences": 3, "do_sample": True}, {"num_beams": 3})
    assert finding.severity is Severity.WARNING
