"""Which fixes go together, and what is said about the others."""

from dataclasses import replace
from typing import Any

import pytest

from slowlens.diagnose import Outcome, Status
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.repair import Repair, fixes
from slowlens.run import CheckpointSummary, Run
from slowlens.standing import Silence

SAFE, UNSAFE, MANUAL = Applicability


def edit(file: str, pointer: str, after: Any) -> Edit:
    return Edit(file, tuple(pointer.split(".")), before=False, after=after)


CACHE = Fix("Turn the cache on", SAFE, (edit("config.json", "use_cache", True),))
EOS = Fix("Stop at the end", UNSAFE, (edit("config.json", "eos_token_id", [2, 7]),), "Answers end.")
BY_HAND = Fix("Merge again", MANUAL, reason="Weights are missing.")


def found(rule: str, *offered: Fix | None) -> Outcome:
    findings = (
        Finding("slow", Severity.ERROR, Confidence.READ, affects=(), fix=fix) for fix in offered
    )
    return Outcome(rule, Status.FOUND, tuple(findings))


def run_with(*outcomes: Outcome) -> Run:
    return Run(
        id="1",
        created="2026-01-01T00:00:00+00:00",
        slowlens="0.1.0",
        environment=Environment("3.11", "Linux"),
        merged=CheckpointSummary("/merged", "llama", {}, 0, 0, {}),
        source=None,
        settings={},
        source_settings={},
        answer="",
        outcomes=outcomes,
    )


def test_safe_fixes_are_chosen_and_others_left_out_with_a_reason() -> None:
    run = run_with(found("cache", CACHE), found("eos", EOS), found("weights", BY_HAND))
    repair = fixes(run, unsafe=False)
    assert repair.edits == CACHE.edits
    assert repair.titles == ("Turn the cache on",)
    assert repair.left_out == (
        ("eos", "Stop at the end: this changes what the model writes. Answers end."),
        ("weights", "Merge again: this is to be done by hand. Weights are missing."),
    )


def test_unsafe_fixes_are_chosen_when_asked_for_and_manual_ones_never() -> None:
    run = run_with(found("cache", CACHE), found("eos", EOS), found("weights", BY_HAND))
    repair = fixes(run, unsafe=True)
    assert repair.edits == CACHE.edits + EOS.edits
    assert [rule for rule, _ in repair.left_out] == ["weights"]


def test_only_the_rules_asked_for() -> None:
    run = run_with(found("cache", CACHE), found("eos", EOS))
    repair = fixes(run, unsafe=True, rules=["eos"])
    assert [rule for rule, _ in repair.chosen] == ["eos"]
    assert repair.left_out == ()
    assert fixes(run, unsafe=True, rules=[]) == Repair()


def test_what_two_rules_want_is_edited_once() -> None:
    mark = edit("generation_config.json", "_from_model_config", ABSENT)
    one = Fix("Turn the cache on", SAFE, (*CACHE.edits, mark))
    other = Fix("Take the mark away", SAFE, (mark,))
    repair = fixes(run_with(found("cache", one, one), found("mark", other)), unsafe=False)
    assert repair.edits == (*CACHE.edits, mark)
    assert repair.titles == ("Turn the cache on", "Take the mark away")
    assert repair.left_out == ()


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (edit("config.json", "use_cache", ABSENT), "use_cache"),
        (edit("config.json", "use_cache", 1), "use_cache"),
        (edit("config.json", "use_cache.deeper", True), "use_cache"),
    ],
)
def test_of_two_rules_that_disagree_the_first_wins(wanted: Edit, named: str) -> None:
    other = Fix("Another way", SAFE, (edit("config.json", "x", 1), wanted))
    repair = fixes(run_with(found("cache", CACHE), found("other", other)), unsafe=False)
    assert repair.edits == CACHE.edits
    (left_out,) = repair.left_out
    assert left_out.rule == "other"
    assert left_out.reason == (
        f"Another way: cache wants {named} of config.json otherwise, and comes first."
    )


def test_the_same_key_of_two_files_is_no_conflict() -> None:
    other = Fix("There too", SAFE, (edit("generation_config.json", "use_cache", ABSENT),))
    run = run_with(found("cache", CACHE), found("other", other))
    assert fixes(run, unsafe=False).edits == CACHE.edits + other.edits


def test_what_concerns_other_runtimes_is_left_out_where_it_is_not_wanted() -> None:
    far = Fix("For engines", SAFE, (edit("config.json", "torch_dtype", "bfloat16"),))
    here, there, same = found("cache", CACHE), found("dtype", far), found("again", CACHE)
    affects, flags = (Runtime.VLLM, Runtime.SGLANG), "--runtime vllm or --runtime sglang"
    there, same = (
        replace(o, findings=tuple(replace(f, affects=affects) for f in o.findings))
        for o in (there, same)
    )
    run = replace(run_with(same, here, there), judged=(Runtime.FORWARD, Runtime.SGLANG))
    assert fixes(run, unsafe=False, others=False).left_out == ()
    run = replace(run, judged=(Runtime.FORWARD,))
    repair = fixes(run, unsafe=False, others=False)
    assert repair.edits == CACHE.edits
    assert repair.left_out == (
        ("dtype", f"For engines: it concerns only vLLM, SGLang. For that, add {flags}."),
    )
    assert fixes(run, unsafe=False).edits == CACHE.edits + far.edits


def test_one_fix_for_several_findings_is_left_out_once_with_all_runtimes() -> None:
    far = Fix("For others", UNSAFE, (edit("config.json", "rope_theta", 1),), "Answers change.")
    several = found("rope", far, far, replace(far, title="By another way"))
    affects = ((Runtime.TRANSFORMERS_4,), (Runtime.VLLM, Runtime.SGLANG), (Runtime.VLLM,))
    findings = zip(several.findings, affects, strict=True)
    several = replace(several, findings=tuple(replace(f, affects=a) for f, a in findings))
    run = replace(run_with(several), judged=(Runtime.FORWARD,))
    where = "transformers 4 generate, vLLM, SGLang"
    flags = "--runtime transformers-4 or --runtime vllm or --runtime sglang"
    assert fixes(run, unsafe=True, others=False).left_out == (
        ("rope", f"For others: it concerns only {where}. For that, add {flags}."),
        ("rope", "By another way: it concerns only vLLM. For that, add --runtime vllm."),
    )


def test_a_fix_without_edits_is_left_out() -> None:
    run = run_with(found("dtype", Fix("Convert the weights", SAFE)))
    assert fixes(run, unsafe=False).left_out == (
        ("dtype", "Convert the weights: no edit of a JSON file does this."),
    )


def test_findings_without_a_fix_and_rules_without_findings() -> None:
    run = run_with(found("measured", None), Outcome("passed", Status.PASSED))
    assert fixes(run, unsafe=True) == Repair()


def test_what_is_silenced_is_left_as_it_is() -> None:
    run = replace(
        run_with(found("cache", CACHE), found("eos", EOS)),
        silences=(Silence("cache", "timed that way."),),
    )
    repair = fixes(run, unsafe=True)
    assert repair.edits == EOS.edits
    ((rule, reason),) = repair.left_out
    assert rule == "cache"
    assert reason == "Turn the cache on: this is silenced. timed that way."


def test_a_fix_that_two_findings_of_a_rule_offer_is_told_once() -> None:
    repair = fixes(run_with(found("cache", CACHE, CACHE), found("other", CACHE)), unsafe=False)
    assert [rule for rule, _ in repair.chosen] == ["cache", "other"]
