from typing import Any

import pytest

from literals import merged, source
from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.sampling_params_changed import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
FILE = "generation_config.json"
WARM = {"do_sample": True, "temperature": 0.6}


def found(here: Any, there: Any, config: Any = None, origin: Any = None) -> list[Finding]:
    return list(check(merged(config or {}, here), source(origin or {}, there)))


def edits(finding: Finding) -> tuple[Edit, ...]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    return finding.fix.edits


def test_another_temperature_concerns_every_sampler() -> None:
    (finding,) = found({**WARM, "temperature": 0.9}, WARM)
    assert finding.message == "temperature is 0.9 instead of 0.6 (generation_config.json)"
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*GENERATE, *ENGINES)
    assert edits(finding) == (Edit(FILE, ("temperature",), before=0.9, after=0.6),)


def test_a_greedy_source_and_a_merged_model_that_samples() -> None:
    (finding,) = found({"do_sample": True, "temperature": 1.0}, {"do_sample": False})
    assert finding.message == (
        "tokens are drawn by chance, where the source takes the likeliest: do_sample is true "
        "instead of false (generation_config.json)"
    )
    assert finding.affects == GENERATE
    assert edits(finding) == (Edit(FILE, ("do_sample",), before=True, after=False),)
    (finding,) = found({"do_sample": True}, {"eos_token_id": 2})
    assert edits(finding) == (Edit(FILE, ("do_sample",), before=True, after=ABSENT),)


def test_a_source_that_samples_and_a_greedy_merged_model() -> None:
    (finding,) = found({**WARM, "do_sample": False}, WARM)
    assert finding.message.startswith("the likeliest token is taken, where the source draws by")
    assert finding.affects == GENERATE


def test_a_temperature_as_good_as_zero_is_greedy() -> None:
    (finding,) = found({**WARM, "temperature": 1e-6}, {"temperature": 0.6})
    assert finding.affects == ENGINES
    assert "the likeliest token is taken" in finding.message
    (finding,) = found({**WARM, "temperature": 1e-6}, WARM)
    assert finding.affects == (*GENERATE, *ENGINES)
    assert "temperature is 1e-06 instead of 0.6" in finding.message


def test_one_candidate_is_greedy() -> None:
    generate, engines = found({**WARM, "top_k": 1}, WARM)
    assert "the likeliest token is taken" in generate.message
    assert "top_k is 1 instead of 50" in generate.message
    assert (generate.affects, engines.affects) == (GENERATE, ENGINES)


def test_a_penalty_counts_for_greedy_models_too() -> None:
    (finding,) = found({"repetition_penalty": 1.3}, {"repetition_penalty": 1.05})
    assert finding.message == "repetition_penalty is 1.3 instead of 1.05 (generation_config.json)"
    (finding,) = found({"no_repeat_ngram_size": 3}, {"eos_token_id": 2})
    assert finding.affects == GENERATE


def test_engines_sample_whatever_do_sample_says() -> None:
    (finding,) = found({"temperature": 0.2}, {"temperature": 0.7})
    assert finding.affects == ENGINES


def test_what_was_lost_is_another_rules_business() -> None:
    (finding,) = found({"temperature": 0.9}, {**WARM, "repetition_penalty": 1.05})
    assert finding.affects == ENGINES
    assert "temperature" in finding.message
    (finding,) = found({"repetition_penalty": 1.3}, {"do_sample": True, "repetition_penalty": 1.1})
    assert "by chance" not in finding.message
    assert finding.affects == (*GENERATE, *ENGINES)


def test_an_unreadable_file_decides_nothing() -> None:
    unread = made(generation=None, unreadable=(FILE,))
    with pytest.raises(Undecided, match=f"^{FILE} could not be read"):
        list(check(merged_of(unread), source({}, WARM)))
    with pytest.raises(Undecided, match=f"^the source's {FILE} could not be read"):
        list(check(merged({}, WARM), source_of(unread)))


def test_parameters_in_config_json_that_come_into_force() -> None:
    (finding,) = found(None, None, {"repetition_penalty": 1.3}, {})
    assert edits(finding) == (
        Edit("config.json", ("repetition_penalty",), before=1.3, after=ABSENT),
    )


def test_what_transformers_4_throws_away_is_another_rules_business() -> None:
    flagged = {"_from_model_config": True, "repetition_penalty": 1.05}
    findings = found(flagged, {"repetition_penalty": 1.2}, {"repetition_penalty": 1.5})
    assert [finding.affects for finding in findings] == [(V5, *ENGINES)]


@pytest.mark.parametrize(
    ("here", "there", "config"),
    [
        (WARM, WARM, {}),
        ({}, {}, {}),
        ({"temperature": 1.0, "top_p": 1.0}, {"eos_token_id": 2}, {}),
        ({"top_k": 50}, {"eos_token_id": 2}, {}),
        ({"eos_token_id": 2}, WARM, {}),
        (None, WARM, {}),
        ({**WARM, "temperature": None, "top_p": None}, {"do_sample": True}, {}),
        ({"do_sample": True, "temperature": 1e-6}, {"temperature": 1e-6}, {}),
        ({"min_p": None, "no_repeat_ngram_size": 0}, {"eos_token_id": 2}, {}),
        ({**WARM, "temperature": 0.9}, WARM, {"architectures": ["XForMaskedLM"]}),
        ({"num_beams": 4}, {}, {}),
    ],
)
def test_no_alarm(here: Any, there: Any, config: Any) -> None:
    assert not found(here, there, config)


@pytest.mark.parametrize("odd", ["x", [], {}, True, -1, [[1]], 10**400, float("nan")])
def test_odd_values_never_crash(odd: Any) -> None:
    for key in ("do_sample", "temperature", "top_k", "repetition_penalty"):
        found({**WARM, key: odd}, WARM)
        found(WARM, {**WARM, key: odd})
