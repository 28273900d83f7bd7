"""Which findings are called the cause of a verdict, and which are only findings."""

from dataclasses import replace

import pytest

from literals import generation, measurement
from runs import a_run
from slowlens.blame import CACHE, CONDITIONS, blamed
from slowlens.comparing import compare_runs, compare_subjects
from slowlens.diagnose import Outcome, Status, needs
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Finding, NumberEvidence, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules import RULES
from slowlens.run import Run
from slowlens.speedverdict import Answer, SpeedVerdict
from slowlens.standing import Silence

SLOWS, LENGTHENS = "gen-use-cache-false", "eos-lost-or-wrong"
FILE = "generation_config.json"


def finding(rule: str, **changes: object) -> Outcome:
    said = Finding(
        f"{rule} says so",
        Severity.ERROR,
        Confidence.READ,
        (),
        (ValueEvidence(FILE, ("x",), ABSENT),),
    )
    return Outcome(rule, Status.FOUND, (replace(said, **changes),))  # type: ignore[arg-type]


def run(seconds: float, *outcomes: Outcome, source: float = 0.1, cached: bool = True) -> Run:
    """Merged takes so long a token, its source 0.1; their files are not the same."""
    made = measurement(
        *[generation(1, s, s, cached=False) for s in (seconds, 1.01 * seconds, seconds)],
        *[generation(1, source, source, subject=Subject.SOURCE, cached=cached)] * 3,
    )
    found = a_run(made)
    assert found.source
    theirs = replace(found.source, sha256={FILE: "other"})
    ours = replace(found.merged, sha256={FILE: "one"})
    return replace(found, merged=ours, source=theirs, outcomes=outcomes)


def causes(verdict: SpeedVerdict) -> list[str]:
    return [each.rule for each in blamed(verdict) if each.cause]


def others(verdict: SpeedVerdict) -> list[str]:
    return [each.rule for each in blamed(verdict) if not each.cause]


def test_what_takes_no_time_of_a_token_is_no_cause_whatever_its_rule_may_find() -> None:
    verdict = compare_subjects(run(0.2, finding(SLOWS, slows=False)))
    assert (causes(verdict), others(verdict)) == ([], [SLOWS])


BOTH = (finding(LENGTHENS), finding(SLOWS))


def test_a_cause_slows_each_token_and_comes_first() -> None:
    verdict = compare_subjects(run(0.2, *BOTH))
    assert (causes(verdict), others(verdict)) == ([SLOWS], [LENGTHENS])
    assert blamed(verdict)[0].rule == SLOWS


def test_what_is_open_has_findings_and_no_cause() -> None:
    verdict = compare_subjects(run(0.11, *BOTH))
    assert verdict.answer is Answer.INCONCLUSIVE
    assert (causes(verdict), others(verdict)) == ([], [LENGTHENS, SLOWS])


def test_what_passes_has_neither() -> None:
    assert blamed(compare_subjects(run(0.1, *BOTH))) == ()
    assert blamed(replace(compare_runs(run(0.1), run(0.2, *BOTH)), judged=())) == ()


def test_what_stands_in_the_very_files_of_the_source_is_no_cause() -> None:
    found = run(0.2, *BOTH)
    assert found.source
    same = replace(found, source=replace(found.source, sha256=found.merged.sha256))
    assert causes(compare_subjects(same)) == []
    shown = run(0.2, finding(SLOWS, evidence=(NumberEvidence("n", 1.0, "tokens"),)))
    assert causes(compare_subjects(replace(shown, source=same.source))) == [SLOWS]
    seen = run(0.2, finding(SLOWS, confidence=Confidence.MEASURED))
    assert causes(compare_subjects(replace(seen, source=same.source))) == [SLOWS]


def test_weights_have_no_digest_so_that_they_are_not_known_to_be_the_same() -> None:
    weights = (ValueEvidence("model.safetensors", (), "float32"),)
    found = run(0.2, finding("fp32-saved-or-loaded", evidence=weights))
    assert found.source
    assert causes(compare_subjects(found)) == [], "neither side has the file"
    there = {"model.safetensors": 9}
    ours = replace(found, merged=replace(found.merged, files=there))
    theirs = replace(found, source=replace(found.source, files=there))
    for one in (ours, theirs):
        assert causes(compare_subjects(one)) == ["fp32-saved-or-loaded"]
    assert causes(compare_subjects(replace(found, source=None))) == ["fp32-saved-or-loaded"]


def test_one_proof_in_another_file_is_enough() -> None:
    places = (ValueEvidence("config.json", ("x",), 1), ValueEvidence(FILE, ("x",), 1))
    found = run(0.2, finding(SLOWS, evidence=places))
    assert causes(compare_subjects(found)) == [SLOWS]


@pytest.mark.parametrize("rule", CACHE)
def test_a_cache_that_is_off_on_both_sides_is_no_cause(rule: str) -> None:
    assert causes(compare_subjects(run(0.2, finding(rule), cached=False))) == []
    assert causes(compare_subjects(run(0.2, finding(rule)))) == [rule]
    weights = finding("fp32-saved-or-loaded")
    assert causes(compare_subjects(run(0.2, weights, cached=False))) == ["fp32-saved-or-loaded"]


def test_what_the_other_run_has_as_well_is_no_cause() -> None:
    weights = finding("fp32-saved-or-loaded")
    fast, slow = run(0.1, finding(LENGTHENS)), run(0.2, *BOTH, weights)
    assert causes(compare_runs(fast, slow)) == ["fp32-saved-or-loaded"], "no cache on both sides"
    assert causes(compare_runs(run(0.1, weights), slow)) == []


def test_what_the_other_run_has_in_a_milder_form_is_not_the_same() -> None:
    rule = "unmerged-adapter"
    lora, dora = finding(rule, severity=Severity.WARNING), finding(rule)
    assert causes(compare_runs(run(0.1, lora), run(0.2, dora))) == [rule]
    assert causes(compare_runs(run(0.1, dora), run(0.2, lora))) == []


def test_what_the_other_run_has_silenced_is_there_all_the_same() -> None:
    weights = finding("fp32-saved-or-loaded")
    silenced = (Silence("fp32-saved-or-loaded", "we time it"),)
    fast = replace(run(0.1, weights), silences=silenced)
    assert causes(compare_runs(fast, run(0.2, weights))) == []
    elsewhere = finding("fp32-saved-or-loaded", affects=(Runtime.VLLM,))
    fast = replace(run(0.1, elsewhere), silences=silenced, judged=(Runtime.FORWARD,))
    assert causes(compare_runs(fast, run(0.2, weights))) == ["fp32-saved-or-loaded"]


def seen(rule: str, **changes: object) -> Outcome:
    return finding(rule, confidence=Confidence.MEASURED, evidence=(), **changes)


def proofs(verdict: SpeedVerdict) -> dict[str, str]:
    return {each.rule: each.proves for each in blamed(verdict) if each.proves}


def test_what_a_run_shows_of_a_cause_is_its_proof() -> None:
    verdict = compare_subjects(run(0.2, seen("recomputed-steps"), finding(SLOWS)))
    assert causes(verdict) == [SLOWS]
    assert proofs(verdict) == {"recomputed-steps": SLOWS}
    alone = compare_subjects(run(0.2, seen("recomputed-steps")))
    assert (causes(alone), proofs(alone)) == (["recomputed-steps"], {})


def test_what_is_the_same_in_the_source_is_no_setting_that_a_run_would_prove() -> None:
    found = run(0.2, seen("recomputed-steps"), finding(SLOWS))
    assert found.source
    same = replace(found, source=replace(found.source, sha256=found.merged.sha256))
    verdict = compare_subjects(same)
    assert (causes(verdict), proofs(verdict)) == (["recomputed-steps"], {})


def test_another_dtype_proves_no_attention_that_a_file_names() -> None:
    precision, eager = "runtime-precision-differs", "eager-attention-forced"
    dtype = seen(precision, proves=("fp32-saved-or-loaded",))
    verdict = compare_subjects(run(0.2, dtype, finding(eager)))
    assert (causes(verdict), proofs(verdict)) == ([precision, eager], {})
    kernel = seen(precision, proves=(eager,))
    assert proofs(compare_subjects(run(0.2, kernel, finding(eager)))) == {precision: eager}


@pytest.mark.parametrize("rule", ["mbu-below-source", "decode-slows-with-position"])
def test_how_it_shows_that_time_is_lost_is_no_cause(rule: str) -> None:
    verdict = compare_subjects(run(0.2, seen(rule)))
    assert (causes(verdict), others(verdict)) == ([], [rule])


def test_notes_are_left_out_but_for_what_disturbed_the_run() -> None:
    mild = finding(SLOWS, severity=Severity.NOTE)
    busy = finding(CONDITIONS, severity=Severity.NOTE)
    verdict = compare_subjects(run(0.2, busy, mild, finding(LENGTHENS)))
    assert (causes(verdict), others(verdict)) == ([], [LENGTHENS, CONDITIONS])
    grave = compare_subjects(run(0.2, finding(CONDITIONS)))
    assert others(grave) == [CONDITIONS]


def test_the_rules_that_are_named_exist() -> None:
    slowing = {rule.id: rule.slows for rule in RULES}
    assert all(slowing[rule] for rule in CACHE)
    assert not slowing[CONDITIONS]
    assert not slowing[LENGTHENS]


def test_what_a_rule_proves_is_a_rule_about_files() -> None:
    live = {rule.id for rule in RULES if Measurement in needs(rule).values()}
    for rule in RULES:
        assert set(rule.proves) <= {one.id for one in RULES} - live
        assert not rule.proves or rule.id in live


def test_what_makes_answers_worse_is_no_cause() -> None:
    """They are found where the source is packed too, and where a window has become shorter."""
    slowing = {rule.id: rule.slows for rule in RULES}
    assert not slowing["merged-into-4bit"]
    assert not slowing["sliding-window-changed"]


@pytest.mark.parametrize("rule", CACHE)
def test_a_cache_that_was_forced_on_is_not_why_a_token_takes_longer(rule: str) -> None:
    fast = replace(a_run(measurement(*[generation(1, 0.1, 0.1, cache=Cache.ON)] * 3)), outcomes=())
    made = measurement(*[generation(1, 0.2, 0.2, cache=Cache.ON)] * 3)
    slow = replace(a_run(made), outcomes=(finding(rule), finding("eager-attention-forced")))
    verdict = compare_runs(fast, slow)
    assert (causes(verdict), others(verdict)) == (["eager-attention-forced"], [rule])
