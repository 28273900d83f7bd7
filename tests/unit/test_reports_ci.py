"""What CI servers read: JUnit, GitHub's annotations and summary, and JSON of several."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

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
from slowlens.batch import Batch
from slowlens.codec import encode
from slowlens.diagnose import Outcome, Status
from slowlens.findings import Severity
from slowlens.reports import render
from slowlens.reports.github import summary
from slowlens.run import SCHEMA_VERSION

SKIPPED = Outcome(OTHER, Status.SKIPPED, reason="needs a live run")
CRASHED = Outcome("bug", Status.CRASHED, reason="KeyError: 'x'")


def junit(batch: Batch) -> ET.Element:
    """Render, check the counts that servers add up, and return the root."""
    root = ET.fromstring(render("junit", batch).encode())  # noqa: S314 - our own
    assert root.tag == "testsuites"
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        assert suite.get("tests") == str(len(cases))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(len(list(suite.iter(tag))))
    for case in root.iter("testcase"):
        assert case.get("name")
        assert case.get("classname")
        assert len([child for child in case if child.tag != "system-out"]) <= 1
    return root


def case(root: ET.Element, name: str) -> ET.Element:
    (only,) = [c for c in root.iter("testcase") if c.get("name") == name]
    return only


def test_junit_has_a_suite_for_each_checkpoint() -> None:
    root = junit(MIXED)
    suites = ["a/merged", "b/merged", "broken", "c/merged", "d/merged"]
    assert [suite.get("name") for suite in root] == suites
    assert {c.get("classname") for c in root[0]} == {"a_merged"}
    assert root[0].get("timestamp") == "2026-01-02T03:04:05"
    assert root[2].find("testcase/error").get("message") == "it is a file"
    assert root[2].find("testcase/error").text == "Pass a folder."


def test_junit_has_a_case_for_each_rule() -> None:
    run = run_of(found(RULE, a_finding()), SKIPPED, CRASHED, Outcome("fine", Status.PASSED))
    root = junit(Batch((run,)))
    failure = case(root, RULE).find("failure")
    assert failure.get("message") == "the cache is off"
    assert failure.get("type") == "failure"
    assert "read: config.json:3 use_cache = false" in failure.text
    assert "fix: Turn it on (safe)" in failure.text
    assert case(root, OTHER).find("skipped").get("message") == "needs a live run"
    assert case(root, "bug").find("error").get("message") == "KeyError: 'x'"
    assert len(case(root, "fine")) == 0
    assert len(case(root, "every-file-can-be-read")) == 0


def test_junit_fails_only_for_what_fails_the_gate() -> None:
    run = run_of(found(RULE, a_finding(Severity.WARNING), a_finding(Severity.NOTE)))
    mild = case(junit(Batch((run,))), RULE)
    assert mild.find("failure") is None
    assert "warning: the cache is off" in mild.find("system-out").text
    grave = case(junit(Batch((run,), Severity.WARNING)), RULE)
    assert "warning: the cache is off" in grave.find("failure").text
    assert grave.find("system-out").text.startswith("note: the cache is off")


def test_junit_skips_what_is_silenced_and_mentions_what_is_elsewhere() -> None:
    assert case(junit(Batch((SILENCED,))), RULE).find("skipped").get("message") == (
        "silenced: a | reason"
    )
    elsewhere = case(junit(Batch((ELSEWHERE,))), RULE)
    assert elsewhere.find("failure") is None
    assert elsewhere.find("system-out").text.startswith("under vLLM:\nerror: the cache is off")


def test_junit_skips_nothing_where_there_was_nothing_to_silence() -> None:
    quiet = replace(PASSING, silences=(SILENCE,))
    assert len(case(junit(Batch((quiet,))), RULE)) == 0


def test_junit_has_an_error_for_files_that_were_not_read() -> None:
    root = junit(Batch((replace(PASSING, problems=(UNREAD,)),)))
    error = case(root, "every-file-can-be-read").find("error")
    assert error.get("message") == "config.json is empty. Copy it from the source."


def test_junit_is_xml_whatever_a_checkpoint_says() -> None:
    nasty = "\x00\x1b]0;x\x07 <b> & \"' ]]> \ud800 \ufffe"
    run = run_of(found(RULE, a_finding(message=nasty)), name="<&>\x01")
    failure = case(junit(Batch((run,))), RULE).find("failure")
    assert "<b> & \"' ]]>" in failure.get("message")


def annotations(batch: Batch) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub's runner does."""
    read = []
    for line in render("github", batch).splitlines():
        match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert match, line
        pairs = [pair.split("=", 1) for pair in match[2].split(",")]
        read.append((match[1], {k: unescaped(v) for k, v in pairs}, unescaped(match[3])))
    return read


def unescaped(text: str) -> str:
    return re.sub("%(25|0D|0A|3A|2C)", lambda code: chr(int(code[1], 16)), text)


def test_github_annotates_the_line() -> None:
    ((command, properties, message),) = annotations(Batch((FAILING,), root="/data"))
    assert command == "error"
    assert properties == {
        "file": "runs/a/merged/config.json",
        "line": "3",
        "title": f"merged: {RULE}",
    }
    assert message == "the cache is off. Cost: 2 to 24 times per answer. Fix: Turn it on (safe)"


@pytest.mark.parametrize(
    ("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")]
)
def test_github_has_its_own_words_for_severities(severity: str, command: str) -> None:
    run = run_of(found(RULE, a_finding(Severity(severity))))
    assert annotations(Batch((run,)))[0][0] == command


def test_github_escapes_what_would_end_a_command() -> None:
    nasty = "100%, a: b\r\n::warning::x %0A"
    run = run_of(found(RULE, a_finding(message=nasty)), name="a,b:c%")
    other = run_of(Outcome(RULE, Status.PASSED), name="z")
    ((_, properties, message),) = annotations(Batch((run, other), root="/data"))
    assert message.startswith(nasty)
    assert properties["title"] == f"a,b:c%/merged: {RULE}"
    assert properties["file"] == "runs/a,b:c%/merged/config.json"


def test_github_tells_what_was_not_checked() -> None:
    run = run_of(CRASHED, problems=(UNREAD, replace(UNREAD, file="source: config.json")))
    told = annotations(Batch((run, BROKEN), root="/data", silences=(SILENCE,)))
    assert [(name, properties) for name, properties, _ in told] == [
        ("error", {"title": "not checked"}),
        ("error", {"file": "runs/a/merged/config.json", "title": "merged: not read"}),
        ("error", {"title": "merged: not read"}),
        ("error", {"title": "merged"}),
        ("warning", {"title": "slowlens.toml"}),
    ]
    assert told[0][2] == "/data/runs/broken: it is a file. Pass a folder."
    assert "KeyError" in told[3][2]


def test_github_says_nothing_of_what_does_not_count() -> None:
    assert render("github", Batch((PASSING, SILENCED, ELSEWHERE))) == ""


def test_the_summary_has_five_lines() -> None:
    lines = summary(MIXED).splitlines()
    assert lines == [
        "### Slowlens: 5 checkpoints, 3 passed, 1 failed, 1 unchecked",
        "- 1 error; not counted: 1 silenced, 1 for other runtimes",
        f"- {FAILING.answer}",
        "- not checked: 1 checkpoint",
        "- to see it in full: slowlens check /data/runs/a/merged",
    ]


def test_the_summary_of_what_could_not_be_checked() -> None:
    run = run_of(SKIPPED, CRASHED, problems=(UNREAD,))
    assert (
        "- not checked: config.json of merged, 1 file in part or whole, "
        "1 rule for want of facts, 1 rule that crashed" in (summary(Batch((run,))).splitlines())
    )
    alone = summary(Batch((BROKEN,))).splitlines()
    assert alone[2] == "- it is a file"
    assert alone[4].endswith("slowlens check /data/runs/broken")
    assert len(summary(Batch(())).splitlines()) == 5
    assert "- not checked: nothing" in summary(Batch((PASSING,)))


def test_json_of_one_run_is_that_run() -> None:
    assert render("json", FAILING) == encode(FAILING)


def test_json_of_several_is_a_list_of_runs() -> None:
    values = json.loads(render("json", MIXED))
    assert values["schema_version"] == SCHEMA_VERSION
    assert values["exit_code"] == 1
    assert [run["merged"]["path"][11] for run in values["runs"]] == ["a", "b", "c", "d"]
    assert values["runs"][0] == json.loads(encode(FAILING))
    assert values["broken"] == [
        {"path": "/data/runs/broken", "message": "it is a file", "hint": "Pass a folder."}
    ]
    assert json.loads(render("json", Batch((BROKEN,))))["runs"] == []


def test_json_lines_keep_the_order() -> None:
    lines = [json.loads(line) for line in render("jsonl", MIXED).splitlines()]
    assert lines[0] == json.loads(encode(FAILING))
    assert [line.get("error") for line in lines] == [None, None, "it is a file", None, None]
    assert lines[2]["path"] == "/data/runs/broken"
    assert all(line["schema_version"] == SCHEMA_VERSION for line in lines)


def test_the_summary_names_what_does_not_load_beside_what_is_only_slow() -> None:
    unread = [run_of(SKIPPED, name=name, problems=(UNREAD,)) for name in "vwxyz"]
    told = summary(Batch((FAILING, *unread[:2])))
    assert "- not checked: config.json of v/merged, w/merged, 2 files" in told
    told = summary(Batch(tuple(unread)))
    assert "config.json of v/merged, w/merged, x/merged and 2 more, 5 files" in told
    odd = replace(unread[0], merged=replace(unread[0].merged, sha256={"config.json": "ab"}))
    assert "- not checked: 1 file in part or whole" in summary(Batch((odd,)))
