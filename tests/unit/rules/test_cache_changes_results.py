from dataclasses import replace
from typing import Any

import pytest

from literals import equality, measurement, merged
from slowlens.facts.environment import Environment
from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.rules.cache_changes_results import check

DIFFERENT = replace(equality(floor=1e-12), cached=Agreement(0.2, 1.6, 12, 2.5, 8.0, 0.1))


def run(*equalities: Equality) -> Measurement:
    return replace(measurement(), equalities=equalities)


def only(found: Equality, config: Any = None) -> Finding:
    (finding,) = check(run(found), merged(config or {}))
    return finding


def reason(finding: Finding) -> str:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert not finding.fix.edits
    return finding.fix.reason


def test_what_lies_beyond_rounding_is_found_with_its_figures() -> None:
    finding = only(DIFFERENT)
    assert finding.message == (
        "its key-value cache changes the results: the most likely token differs at 12 of 32 "
        "positions (float32)"
    )
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.MEASURED
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert [getattr(e, "value", None) for e in finding.evidence] == [
        0.2, 1.6, 1e-12, 1e-12, 2.5, 8.0
    ]  # fmt: skip


def test_a_change_that_moves_no_most_likely_token_is_told_by_its_size() -> None:
    finding = only(replace(DIFFERENT, cached=Agreement(2e-5, 4e-5, 0, 0.0, 0.01, 2e-5)))
    assert finding.message == (
        "its key-value cache changes the results: distributions of the next token lie up to 4e-05 "
        "nats apart, while the most likely token is the same at all 32 positions (float32)"
    )


def test_steps_with_the_cache_that_stand_alone_are_likely_wrong() -> None:
    assert "the steps with the cache are wrong" in reason(only(DIFFERENT))


def test_what_depends_on_the_length_of_a_pass_is_right_nowhere() -> None:
    assert "not known" in reason(only(equality(cached=0.5, floor=0.5)))
    assert "scaled by the length" in reason(only(equality(cached=0.5, floor=0.5)))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "not known"),
        ({"num_kv_shared_layers": 0}, "not known"),
        ({"num_kv_shared_layers": 2}, "With the cache it is likely right"),
        ({"text_config": {"num_kv_shared_layers": 2}}, "With the cache it is likely right"),
    ],
)
def test_layers_that_share_need_the_cache(config: Any, words: str) -> None:
    assert words in reason(only(equality(cached=0.5, prefill=0.5), config))


def test_what_the_source_does_as_well_is_not_the_merges_fault() -> None:
    source = replace(DIFFERENT, subject=Subject.SOURCE)
    (finding,) = check(run(DIFFERENT, source), merged({}))
    assert finding.severity is Severity.WARNING
    assert "changes the results, and so does its source: " in finding.message


def test_the_version_that_ran_is_the_one_affected() -> None:
    for environment, runtime in (
        (Environment("3.12", "Linux", {"transformers": "4.52.4"}), Runtime.TRANSFORMERS_4),
        (None, Runtime.TRANSFORMERS_5),
    ):
        (finding,) = check(replace(run(DIFFERENT), environment=environment), merged({}))
        assert finding.affects == (runtime,)


def test_rounding_passes() -> None:
    assert not list(check(run(equality(cached=1e-11)), merged({})))
    assert not list(check(run(equality(cached=2e-3, dtype="bfloat16")), merged({})))


def test_what_16_bits_cannot_tell_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"bfloat16 cannot tell .* --dtype float32"):
        list(check(run(equality(cached=5e-3, dtype="bfloat16")), merged({})))


def test_what_was_not_compared_is_undecided() -> None:
    for found in (run(), run(replace(DIFFERENT, subject=Subject.SOURCE))):
        with pytest.raises(Undecided, match="did not compare"):
            list(check(found, merged({})))
