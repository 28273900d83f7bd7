"""What a person reads: one run in full, several as a table, and the same as Markdown."""

from dataclasses import replace

import pytest

from batches import (
    BROKEN,
    ELSEWHERE,
    FAILING,
    MIXED,
    OTHER,
    PASSING,
    RULE,
    SILENCE,
    SILENCED,
    UNREAD,
    a_finding,
    found,
    run_of,
)
from slowlens.batch import Batch, Broken
from slowlens.diagnose import Outcome, Status
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Fix, NumberEvidence, Severity
from slowlens.reports import render, words
from slowlens.run import Run
from slowlens.standing import Silence


def text(batch: Batch | Run) -> str:
    return render("text", batch)


def markdown(batch: Batch | Run) -> str:
    return render("md", batch)


def skipped(number: int, reason: str = "needs a live run") -> list[Outcome]:
    return [Outcome(f"rule-{n}", Status.SKIPPED, reason=reason) for n in range(number)]


def test_a_finding_names_its_line() -> None:
    assert "read      config.json:3 use_cache = false\n" in text(FAILING)
    unknown = run_of(found(RULE, a_finding(line=0)))
    assert "read      config.json use_cache = false\n" in text(unknown)


def test_what_is_elsewhere_is_told_shortly_and_not_counted() -> None:
    shown = text(ELSEWHERE)
    assert f"elsewhere under vLLM: error: the cache is off [{RULE}]\n" in shown
    assert "\nerror " not in shown
    assert "checked   1 rule: 0 passed, 1 for other runtimes\n" in shown
    assert "judged    for a bare forward loop (--runtime names others)\n" in shown
    assert "To see the fixes" not in shown


def test_a_rule_that_counts_and_is_elsewhere_is_counted_once() -> None:
    near, far = a_finding(Severity.WARNING), a_finding(Severity.ERROR, Runtime.VLLM)
    run = run_of(found(RULE, near, far), judged=(Runtime.FORWARD,))
    assert "checked   1 rule: 1 found something, 0 passed\n" in text(run)


def test_a_rule_that_found_no_more_than_a_note_is_told_apart() -> None:
    note, grave = a_finding(Severity.NOTE), a_finding(Severity.WARNING)
    assert "checked   1 rule: 1 noted something, 0 passed\n" in text(run_of(found(RULE, note)))
    both = run_of(found(RULE, note, grave))
    assert "checked   1 rule: 1 found something, 0 passed\n" in text(both)


def test_what_is_silenced_is_told_with_its_reason() -> None:
    shown = text(SILENCED)
    assert f"silenced  {RULE}, 1 error: a | reason\n" in shown
    assert "checked   1 rule: 0 passed, 1 silenced\n" in shown
    assert "judged" not in shown
    quiet = replace(PASSING, silences=(SILENCE,))
    assert "silenced" not in text(quiet)


def test_a_silence_that_silences_nothing_is_reported() -> None:
    stale = Silence(RULE, "why", "runs/*")
    shown = text(Batch((PASSING,), silences=(stale,)))
    assert f"silence   nothing to silence for {RULE} in runs/* (why). Delete it" in shown
    assert f"nothing to silence for {RULE} (a | reason)" in text(
        Batch((PASSING, FAILING), silences=(SILENCE,))
    )


def test_skipped_rules_are_grouped_by_reason() -> None:
    outcomes = (*skipped(3), *skipped(4, "needs the source"), *skipped(1, "config.json is empty"))
    lines = text(run_of(*outcomes)).splitlines()
    assert [line for line in lines if line.startswith("skipped")] == [
        "skipped   rule-0, rule-1, rule-2: needs a live run",
        "skipped   4 rules: needs the source",
        "skipped   rule-0: config.json is empty",
    ]
    crashes = [replace(outcome, status=Status.CRASHED) for outcome in skipped(4)]
    assert "crashed   rule-0, rule-1, rule-2, rule-3: needs" in text(run_of(*crashes))


def test_lines_stay_narrow() -> None:
    many = [found(f"rule-{n}", a_finding(message="word " * 60)) for n in range(60)]
    shown = text(run_of(*many, *skipped(60), problems=(UNREAD,)))
    assert max(map(len, shown.splitlines())) <= 96
    assert "60 rules: needs a live run" in shown


def test_several_are_a_table_with_one_row_each() -> None:
    lines = text(MIXED).splitlines()
    assert [line.split()[:3] for line in lines[:6]] == [
        ["checkpoint", "verdict", "errors"],
        ["a/merged", "failed", "1"],
        ["b/merged", "passed"],
        ["broken", "unchecked", "it"],
        ["c/merged", "passed"],
        ["d/merged", "passed"],
    ]
    assert lines[1].endswith(RULE)
    assert lines[7:] == [
        "5 checkpoints: 3 passed, 1 failed, 1 unchecked.",
        "1 finding silenced by slowlens.toml.",
        "1 finding for runtimes that are not judged (--runtime).",
        "/data/runs/broken: Pass a folder.",
        "To see one in full: slowlens check /data/runs/a/merged",
    ]


def test_a_table_of_sound_ones_has_nothing_to_add() -> None:
    lines = text(Batch((PASSING, replace(PASSING, problems=())))).splitlines()
    assert lines[-2:] == ["", "2 checkpoints: 2 passed."]


def test_a_row_says_what_could_not_be_read() -> None:
    unread = run_of(Outcome(RULE, Status.PASSED), problems=(UNREAD,), name="u")
    rows = text(Batch((PASSING, unread))).splitlines()
    assert rows[2].split("  ")[-1].strip() == "config.json is empty"
    assert rows[-1] == "To see one in full: slowlens check /data/runs/u/merged"


def test_counts_by_severity_stand_in_their_columns() -> None:
    grades = (Severity.NOTE, Severity.ERROR, Severity.NOTE, Severity.WARNING)
    run = run_of(*(found(f"r{n}", a_finding(grade)) for n, grade in enumerate(grades)))
    head, row = text(Batch((run, PASSING))).splitlines()[:2]
    assert row.split() == ["a/merged", "failed", "1", "1", "2", "r1"]
    assert row.index("2") == head.index("notes") + len("notes") - 1


def test_long_names_and_messages_are_cut() -> None:
    long = run_of(Outcome(RULE, Status.PASSED), name="x" * 80)
    broken = Broken("/data/runs/y", "word " * 60, "")
    lines = text(Batch((long, broken, PASSING))).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[1].startswith(f"…{'x' * 32}/merged")
    assert lines[2].endswith("…")


def test_a_name_of_two_lines_is_one_row() -> None:
    rows = text(Batch((run_of(name="a\nb"), PASSING))).splitlines()
    assert rows[1].startswith("a\\nb/merged  passed")


def test_one_that_is_broken_says_why() -> None:
    assert text(Batch((BROKEN,))) == "unread    it is a file. Pass a folder.\n"
    assert "0 checkpoints" in text(Batch(()))


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/a/b/c"], ["c"]),
        (["/a/b/c", "/a/d"], ["b/c", "d"]),
        (["/a/b", "/a/b/c"], ["b", "b/c"]),
        (["/a/b", "/a/b"], ["b", "b"]),
        (["org/name", "/a/b"], ["org/name", "b"]),
        (["org/name"], ["org/name"]),
        ([], []),
    ],
)
def test_names_are_short_and_tell_apart(paths: list[str], names: list[str]) -> None:
    assert list(words.names([Broken(path, "", "") for path in paths])) == names


def test_each_kind_of_fix_says_who_may_apply_it() -> None:
    fix = Fix("Do it", Applicability.SAFE, (), "because")
    assert words.fix(fix) == "Do it (safe)"
    unsafe = replace(fix, applicability=Applicability.UNSAFE)
    assert words.fix(unsafe) == "Do it (changes outputs, needs --unsafe): because"
    manual = replace(fix, applicability=Applicability.MANUAL)
    assert words.fix(manual) == "Do it (by hand): because"


def test_evidence_without_a_key_is_its_file() -> None:
    (evidence,) = a_finding(line=0).evidence
    assert words.evidence(replace(evidence, pointer=(), file="model.safetensors")) == (
        "model.safetensors"
    )
    assert words.evidence(NumberEvidence("time", 0.5, "s")) == "time = 0.5 s"


def test_a_line_that_would_be_empty_is_left_out() -> None:
    bare = replace(a_finding(), cost="", evidence=(), fix=None)
    lines = text(run_of(found(RULE, bare))).splitlines()
    assert lines[-3:] == [
        f"error     the cache is off [{RULE}]",
        "",
        "checked   1 rule: 1 found something, 0 passed",
    ]
    shown = text(run_of(found(RULE, a_finding(Severity.ERROR, Runtime.VLLM))))
    assert "affects   vLLM\n" in shown
    assert "cost      2 to 24 times per answer\n" in shown
    assert "\n\nunread    config.json is empty." in text(replace(FAILING, problems=(UNREAD,)))
    assert "\n\n\n" not in shown


def test_the_place_to_point_to_is_the_first_key_with_a_line() -> None:
    (evidence,) = a_finding().evidence
    unknown = replace(evidence, file="model.safetensors", pointer=(), line=0)
    both = replace(a_finding(), evidence=(NumberEvidence("n", 1, "s"), unknown, evidence))
    assert words.place(both) == ("config.json", 3)
    assert words.place(replace(both, evidence=(unknown,))) == ("model.safetensors", 0)
    assert words.place(replace(both, evidence=())) == ("", 0)


def test_markdown_has_a_row_for_each_finding() -> None:
    shown = markdown(replace(FAILING, problems=(UNREAD,)))
    assert shown.startswith("## merged: failed\n\n")
    row = (
        f"| error | the cache is off ({RULE}) | config.json:3 use_cache = false "
        "| 2 to 24 times per answer | Turn it on (safe) |"
    )
    assert row in shown.splitlines()
    assert "- not read: config.json is empty. Copy it from the source." in shown


def test_markdown_of_several_has_a_table_and_then_what_does_not_pass() -> None:
    lines = markdown(MIXED).splitlines()
    assert lines[0] == "## Slowlens: failed"
    assert lines[2] == "| checkpoint | verdict | errors | warnings | notes | worst |"
    assert f"| a/merged | failed | 1 |  |  | {RULE} |" in lines
    headings = [line for line in lines if line.startswith("###")]
    assert headings == ["### a/merged: failed", "### broken"]
    assert "it is a file. Pass a folder." in lines


def test_markdown_tells_what_does_not_count() -> None:
    assert f"- silenced: {RULE}, 1 error: a \\| reason" in markdown(SILENCED)
    shown = markdown(replace(ELSEWHERE, outcomes=(*ELSEWHERE.outcomes, *skipped(5))))
    assert f"- under vLLM: error: the cache is off ({RULE})" in shown
    assert "- judged for a bare forward loop" in shown
    assert "- skipped: 5 rules: needs a live run" in shown
    assert "nothing to silence" in markdown(Batch((PASSING,), silences=(SILENCE,)))
    assert "silenced" not in markdown(replace(PASSING, silences=(SILENCE,)))


def test_a_checkpoint_writes_no_markdown() -> None:
    nasty = "`x` *b* [l](u) <img src=x> | @team _i_ $m$ ~s~\n# h \x1b snake_case & \\"
    shown = markdown(run_of(found(OTHER, a_finding(message=nasty))))
    row = next(line for line in shown.splitlines() if "team" in line)
    assert (
        "\\`x\\` \\*b\\* \\[l\\](u) &lt;img src=x&gt; \\| &#64;team \\_i\\_ \\$m\\$ \\~s\\~ &#35; h"
        " \\\\x1b snake_case &amp; \\\\"
    ) in row
    assert row.count(" | ") == 4


def test_the_table_names_what_does_not_load_before_what_is_slow() -> None:
    broken = run_of(found(RULE, a_finding()), problems=(UNREAD,))
    assert "config.json is empty" in render("text", Batch((broken, PASSING)))
    read = replace(broken, merged=replace(broken.merged, sha256={"config.json": "ab"}))
    assert f"  {RULE}\n" in render("text", Batch((read, PASSING)))
