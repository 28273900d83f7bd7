import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from literals import generation, measurement
from runs import a_run
from slowlens.comparing import compare_runs, compare_subjects
from slowlens.diagnose import Outcome, Status
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.measurement import Failure
from slowlens.facts.live.side import Side
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.facts.live.verdict import NO_SCIPY
from slowlens.findings import Confidence, Finding, Severity
from slowlens.reports import speed_github, speed_json, speed_junit, speed_md, speed_text
from slowlens.reports.speed_figures import figures, rows
from slowlens.reports.speed_words import FEW, NONE, blames
from slowlens.run import Run
from slowlens.speedverdict import SpeedVerdict

NOISE = (0.98, 1.0, 1.02)


def run(
    shipped: float, *, on: bool = False, tokens: int = 3, cached: bool = False, **changes: Any
) -> Run:
    """Merged as shipped takes ``shipped`` seconds a token, with its cache forced on 0.1.

    Nothing was found in one that is ``cached``.
    """
    answer = generation(*[1] * tokens, purpose=Purpose.LENGTH, finish=Finish.EOS, cache=Cache.ON)
    slow = [
        replace(generation(0.5, *[shipped * n] * 2, cached=cached), memory_peak=2 * 10**9)
        for n in NOISE
    ]
    fast = [generation(0.4, 0.1 * n, 0.1 * n, cache=Cache.ON) for n in NOISE] if on else []
    made = measurement(*slow, *fast, answer)
    model = replace(made.models[0], weights_read=269_000_000)
    found = a_run(replace(made, models=(model,), **changes))
    return replace(found, outcomes=()) if cached else found


PASSED = compare_runs(run(0.1), run(0.1))
FAILED = compare_runs(run(0.1, on=True, cached=True), run(0.2, on=True, tokens=9))
OPEN = compare_runs(run(0.1), run(0.11))
FASTER = compare_runs(run(0.4), run(0.1))


def unlike(*, anyway: bool = False) -> SpeedVerdict:
    after = run(0.2)
    assert after.measurement
    plan = replace(after.measurement.plan, new_tokens=64)
    after = replace(after, measurement=replace(after.measurement, plan=plan))
    return compare_runs(run(0.1), after, anyway=anyway)


def first_line(verdict: SpeedVerdict) -> str:
    head, _, _ = speed_text.render(verdict).partition("\n\n")
    head, *_ = re.split(r"\n(?:cause|finding) ", head)
    return " ".join(head.split())


def test_the_verdict_comes_first_in_one_sentence() -> None:
    assert first_line(PASSED) == (
        "PASSED: merged as shipped: 1.00 times as long per token (90 % interval 0.97 to 1.04, 3 "
        "against 3 runs): not slower by more than 10 %."
    )
    assert first_line(FAILED) == (
        "FAILED: merged as shipped: 2.00 times as long per token (90 % interval 1.93 to 2.07, 3 "
        "against 3 runs): slower by more than 10 %."
    )
    assert first_line(OPEN) == (
        "INCONCLUSIVE: merged as shipped: 1.10 times as long per token (90 % interval 1.06 to "
        "1.14, 3 against 3 runs): whether it is slower by more than 10 % is open."
    )
    assert first_line(FASTER) == (
        "PASSED: merged as shipped: 4.00 times faster per token (90 % interval 3.86 to 4.14, 3 "
        "against 3 runs)."
    )


def test_the_figures_of_both_sides_and_their_ratio() -> None:
    lines = speed_text.render(FAILED).splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("figure"))
    assert [" ".join(line.split()) for line in lines[start : start + 8]] == [
        "figure before after after / before (means)",
        "TTFT, median 500 ms 500 ms 1.00 (1.00 to 1.00)",
        "TPOT, median 100 ms (98 to 102) 200 ms (196 to 204) 2.00 (1.93 to 2.07)",
        "a step processes the newest token all tokens again",
        "weights read a step 269 MB 269 MB 1.00",
        "memory peak 2 GB 2 GB 1.00",
        "answer, free to stop 3 tokens 9 tokens 3.00",
        "",
    ]


def test_an_answer_that_was_cut_off_is_not_divided() -> None:
    ended, cut, longer = Side(answer=10, ended=True), Side(answer=24, ended=False), Side(answer=20)
    row = [*figures((ended, cut, replace(longer, ended=True)))][-1]
    assert row.told == ("10 tokens", "24 tokens, then cut off", "20 tokens")
    assert row.ratios == ("1.00", "", "2.00")
    row = [*figures((replace(cut, answer=256), cut))][-1]
    assert row.ratios == ("", ""), "it would be that of their limits"


def growing(*rises: float) -> Run:
    """Runs of 20 tokens of 100 ms, that rise by so much from one to the next."""
    made = [generation(0.5, *[0.1 + rise * n for n in range(20)]) for rise in rises]
    return a_run(measurement(*made))


def test_growth_is_left_out_where_no_side_can_see_it() -> None:
    short, clear = growing(-0.001, 0.0, 0.001), growing(0.01, 0.0101, 0.0102)
    assert "growth" not in speed_text.render(compare_runs(short, short))
    (row,) = [r for r in rows(compare_runs(short, clear).judged[0]) if r[0].startswith("growth")]
    assert row[1] == "n/a: runs too short"
    assert row[2].startswith("+10,100 ms (")


def test_each_kind_of_trial_has_its_sentence() -> None:
    text = " ".join(speed_text.render(FAILED).split())
    assert "merged, cache on: 1.00 times as long per token (90 % interval" in text


def test_a_single_run_has_no_median() -> None:
    measured = measurement(generation(0.4, 0.1, 0.1))
    text = speed_text.render(compare_runs(a_run(measured), a_run(measured)))
    assert "\nTPOT  " in text
    assert "median" not in text


def test_what_the_first_line_said_is_not_said_again() -> None:
    text = " ".join(speed_text.render(FAILED).split())
    assert text.count("2.00 times as long per token") == 1
    assert "\n\nmerged as shipped\nfigure  " in speed_text.render(FAILED)
    for each in blames(FAILED):
        assert "times as long" not in each.message


def test_what_was_not_measured_has_no_id_and_a_made_up_model_no_folder() -> None:
    refused = unlike()
    text = speed_text.render(replace(refused, after=replace(refused.after, id="")))
    assert "after     not measured: /m\n" in text
    found = run(0.1)
    assert found.measurement
    plan = replace(found.measurement.plan, merged="/x/gpt2", random_weights=True)
    shape = replace(found, measurement=replace(found.measurement, plan=plan))
    assert "UTC: the shape gpt2, random weights\n" in speed_text.render(compare_runs(shape, shape))


def test_where_no_cause_was_found_only_a_failure_says_so() -> None:
    for verdict, said in ((FAILED, 1), (OPEN, 0)):
        after = replace(verdict.after, outcomes=(Outcome("x", Status.PASSED),))
        text = speed_text.render(replace(verdict, after=after))
        assert text.count(f"\ncause     {NONE}") == said
        assert text.count("\ncause ") == said
    other = unlike(anyway=True)
    other = replace(other, after=replace(other.after, outcomes=(Outcome("x", Status.PASSED),)))
    cause = "cause     none was found, and the two runs are unlike in new tokens: that may be it\n"
    assert cause in speed_text.render(other)
    nobody_asked = replace(FAILED, after=replace(FAILED.after, outcomes=()))
    assert "cause" not in speed_text.render(nobody_asked)


def test_findings_are_few_and_what_disturbed_a_run_comes_last() -> None:
    (grave,) = [o for o in FAILED.after.outcomes if o.rule == "gen-use-cache-false"]
    busy = Finding("the machine was busy", Severity.NOTE, Confidence.MEASURED, ())
    outcomes = (
        Outcome("throttled-or-shared-gpu", Status.FOUND, (busy,)),
        replace(grave, findings=grave.findings * 5),
    )
    *first, more, last = blames(replace(FAILED, after=replace(FAILED.after, outcomes=outcomes)))
    assert [(each.label, each.rule) for each in first] == [("cause", "gen-use-cache-false")] * FEW
    assert (more.label, more.text) == ("finding", "and 2 more findings")
    assert (last.label, last.rule) == ("finding", "throttled-or-shared-gpu")
    assert last.text == "the machine was busy [throttled-or-shared-gpu]"


def proved() -> SpeedVerdict:
    """The run saw each step processing all tokens again: the cache that a file turns off."""
    made = FAILED.after.measurement
    assert made
    seen = generation(1, 0.4, 0.4, purpose=Purpose.PROOF, cached=False)
    measured = replace(made, generations=(seen, *made.generations))
    return replace(FAILED, after=a_run(measured))


def test_one_cause_is_named_once_and_its_proof_below_it() -> None:
    cause, proof, *_ = blames(proved())
    assert (cause.label, cause.rule) == ("cause", "gen-use-cache-false")
    assert (proof.label, proof.rule) == ("proof", "recomputed-steps")
    for report in (speed_text, speed_md, speed_github, speed_junit):
        text = report.render(proved())
        assert text.count("cause: ") + text.count("\ncause ") == 1
        assert text.count("proof: ") + text.count("\nproof ") == 1
    first, second, *_ = json.loads(speed_json.render(proved()))["findings"]
    assert (first["cause"], first["proves"]) == (True, None)
    assert (second["cause"], second["proves"]) == (False, "gen-use-cache-false")


def test_a_proof_takes_no_place_of_another_finding() -> None:
    (grave,) = [o for o in FAILED.after.outcomes if o.rule == "gen-use-cache-false"]
    (seen,) = [o for o in proved().after.outcomes if o.rule == "recomputed-steps"]
    outcomes = (seen, replace(grave, findings=grave.findings * 4))
    told = [*blames(replace(FAILED, after=replace(FAILED.after, outcomes=outcomes)))]
    assert [each.label for each in told] == ["cause", "proof", "cause", "cause", "finding"]
    assert told[-1].text == "and 1 more finding"


def test_what_is_open_says_what_would_decide_it() -> None:
    said = "\n\nTo decide it: more --rounds or --new-tokens on both sides, and nothing else "
    assert said in speed_text.render(OPEN)
    (judged,) = OPEN.judged
    for changes in ({"why": NO_SCIPY}, {"ratio": None}):
        other = replace(judged, slower=replace(judged.slower, **changes))  # type: ignore[arg-type]
        assert "To decide it" not in speed_text.render(replace(OPEN, judged=(other,)))
    for decided in (PASSED, FAILED, unlike()):
        assert "To decide it" not in speed_text.render(decided)


def test_the_page_that_is_offered_is_that_of_the_first_cause() -> None:
    said = Finding("nothing ends an answer", Severity.ERROR, Confidence.READ, ())
    outcomes = (Outcome("eos-lost-or-wrong", Status.FOUND, (said,)), *FAILED.after.outcomes)
    text = speed_text.render(replace(FAILED, after=replace(FAILED.after, outcomes=outcomes)))
    assert "\nTo read about one: slowlens explain gen-use-cache-false\n" in text


def test_what_is_no_cause_is_called_a_finding_in_every_format() -> None:
    assert "\nfinding   generate() runs " in speed_text.render(OPEN)
    assert "\n- finding: generate() runs " in speed_md.render(OPEN)
    assert "%0Afinding: generate() runs " in speed_github.render(OPEN)
    assert ">finding: generate() runs " in speed_junit.render(OPEN)
    for report in (speed_text, speed_md, speed_github, speed_junit):
        assert "cause" not in report.render(OPEN).replace("because", "")
    assert "\n- cause: generate() runs " in speed_md.render(FAILED)
    assert "%0Acause: generate() runs " in speed_github.render(FAILED)
    assert ">cause: generate() runs " in speed_junit.render(FAILED)


def test_the_cause_is_named_unless_it_passes() -> None:
    text = speed_text.render(FAILED)
    assert "\ncause     " in text
    assert "[gen-use-cache-false]\n" in text
    assert "\nTo see the fixes: slowlens fix /m --source /m\n" in text
    for report in (speed_md, speed_github, speed_junit):
        assert "gen-use-cache-false" in report.render(FAILED)
    for other in (PASSED, unlike()):
        assert "cause" not in speed_text.render(other)


def test_unlike_runs_have_no_figures_but_what_differs() -> None:
    text = speed_text.render(unlike())
    assert text.startswith("NOT COMPARABLE: the two runs are unlike in new tokens.\n")
    assert "unlike    new tokens: 4 (before), 64 (after)\n" in text
    assert "--anyway compares them all the same" in text
    assert "TPOT" not in text
    anyway = speed_text.render(unlike(anyway=True))
    assert anyway.startswith("FAILED: ")
    assert "unlike    new tokens: 4 (before), 64 (after)\n" in anyway
    assert "--anyway" not in anyway
    assert "TPOT" in anyway


def test_anyway_is_not_offered_where_it_cannot_help() -> None:
    on = measurement(*[generation(0.4, 0.1, 0.1, cache=Cache.ON)] * 3)
    result = Imported("vLLM", "", "org/m", "", "mean", True, ())
    for other in (a_run(on), replace(a_run(), imported=result)):
        text = speed_text.render(compare_runs(other, run(0.1)))
        assert text.startswith("NOT COMPARABLE: ")
        assert "--anyway" not in text


def test_a_trial_that_could_not_be_run_is_told() -> None:
    trial = Trial(Subject.SOURCE, Cache.AS_SHIPPED, Purpose.SPEED, 4)
    rounds = tuple(Failure(replace(trial, round=n), "out of memory") for n in range(3))
    text = speed_text.render(compare_subjects(run(0.1, failures=rounds)))
    assert text.startswith("INCONCLUSIVE: merged against source, both as shipped: no verdict: a ")
    told = "failed    source as shipped (speed) could not be run: out of memory\n"
    assert text.count(told) == 1, "once for all rounds"


def test_an_estimate_says_so() -> None:
    judged = replace(FAILED.judged[0], after=replace(FAILED.judged[0].after, estimated=True))
    text = " ".join(speed_text.render(replace(FAILED, judged=(judged,))).split())
    assert "10 %. This is estimated from a few steps of each run." in text


def test_no_line_is_wider_than_a_terminal() -> None:
    for verdict in (PASSED, FAILED, unlike()):
        assert all(len(line) <= 110 for line in speed_text.render(verdict).splitlines())


def test_what_a_checkpoint_says_cannot_drive_a_terminal() -> None:
    said = Finding("\x1b[2J", Severity.ERROR, Confidence.READ, ())
    outcomes = (Outcome("x", Status.FOUND, (said,)),)
    evil = replace(FAILED, after=replace(FAILED.after, outcomes=outcomes))
    for report in (speed_text, speed_md, speed_github, speed_junit):
        assert "\x1b" not in report.render(evil)
        assert "\\x1b" in report.render(evil).replace("\\\\", "\\")


def test_json() -> None:
    values = json.loads(speed_json.render(FAILED))
    assert values["schema_version"] == 1
    assert (values["answer"], values["exit_code"]) == ("fail", 1)
    assert values["before"]["run"] == "20260102-030405-abcd"
    assert [kind["label"] for kind in values["kinds"]] == ["merged as shipped", "merged, cache on"]
    shipped = values["kinds"][0]
    assert shipped["verdict"]["outcome"] == "fail"
    assert shipped["before"]["tpots"] == pytest.approx([0.098, 0.1, 0.102])
    assert shipped["before"]["memory_peak"] == 2 * 10**9
    assert shipped["before"]["growth"] is None
    told = values["findings"][0]
    assert told.pop("message").startswith("generate() runs ")
    rule = "gen-use-cache-false"
    assert told == {"rule": rule, "severity": "error", "cause": True, "proves": None}
    assert not any(each["cause"] for each in json.loads(speed_json.render(OPEN))["findings"])
    assert json.loads(speed_json.render(PASSED))["findings"] == []
    assert json.loads(speed_json.render(unlike()))["unlike"] == [
        {"what": "new tokens", "before": "4", "after": "64"}
    ]


def test_markdown() -> None:
    text = speed_md.render(FAILED)
    assert text.startswith("## Slowlens, speed: failed\n\nFAILED: merged as shipped: 2.00 times")
    row = "| TPOT, median | 100 ms (98 to 102) | 200 ms (196 to 204) | 2.00 (1.93 to 2.07) |"
    assert row in text
    refused = speed_md.render(unlike())
    assert "- new tokens: 4 (before), 64 (after)\n" in refused
    assert "TPOT" not in refused


def test_markdown_names_each_run_and_its_checkpoint() -> None:
    ran = "20260102-030405-abcd, 2026-01-02 03:04 UTC: /m\n"
    for verdict in (FAILED, unlike()):
        assert f"\n- before: {ran}- after: {ran}" in speed_md.render(verdict)
    alone = speed_md.render(compare_subjects(run(0.1)))
    assert f"\n- run: {ran}" in alone
    assert "- before" not in alone


def cases(verdict: SpeedVerdict) -> dict[str, list[str]]:
    suite = ET.fromstring(speed_junit.render(verdict)).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    return {str(case.get("name")): [child.tag for child in case] for case in suite}


def test_junit_fails_what_fails_the_gate() -> None:
    alike = "both-sides-are-comparable"
    assert cases(PASSED) == {alike: [], "merged as shipped": ["system-out"]}
    assert cases(FAILED) == {
        alike: [],
        "merged as shipped": ["failure"],
        "merged, cache on": ["system-out"],
    }
    assert cases(OPEN) == {alike: [], "merged as shipped": ["error"]}
    assert cases(unlike()) == {alike: ["error"]}
    assert cases(unlike(anyway=True)) == {alike: ["system-out"], "merged as shipped": ["failure"]}


def test_junit_passes_what_decides_nothing() -> None:
    before, after = run(0.1, on=True), run(0.1)
    assert after.measurement
    slower = [generation(0.4, 0.3 * n, 0.3 * n, cache=Cache.ON) for n in NOISE]
    generations = (*after.measurement.generations, *slower)
    after = replace(after, measurement=replace(after.measurement, generations=generations))
    verdict = compare_runs(before, after)
    assert [judged.slower.outcome for judged in verdict.judged] == ["pass", "fail"]
    assert cases(verdict)["merged, cache on"] == ["system-out"]


def test_github_has_one_annotation_and_a_summary() -> None:
    assert speed_github.render(PASSED).startswith("::notice title=slowlens gate::PASSED: merged")
    assert speed_github.render(FAILED).startswith("::error title=slowlens gate::FAILED: merged")
    for verdict in (OPEN, unlike()):
        assert speed_github.render(verdict).startswith("::warning title=slowlens gate::")
        assert speed_github.render(verdict).count("\n") == 1
    assert speed_github.summary(FAILED) == speed_md.render(FAILED)
