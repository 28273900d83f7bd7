import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from runs import a_measurement, a_run
from slowlens.codec import decode, encode
from slowlens.diagnose import Outcome, Status
from slowlens.errors import RunFileError
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Finding, Severity, ValueEvidence
from slowlens.reports import render
from slowlens.run import SCHEMA_VERSION
from slowlens.standing import Silence


def test_a_run_survives_the_round_trip() -> None:
    run = a_run(a_measurement())
    assert decode(encode(run)) == run


def test_what_counts_survives_the_round_trip() -> None:
    silence = Silence("gen-use-cache-false", "why", "runs/*")
    run = replace(a_run(), judged=(Runtime.VLLM, Runtime.FORWARD), silences=(silence,))
    again = decode(encode(run))
    assert (again.judged, again.silences) == (run.judged, run.silences)
    assert again.findings == run.findings
    assert "gen-use-cache-false" in {rule for rule, _ in a_run().findings}
    assert "gen-use-cache-false" not in {rule for rule, _ in run.findings}


def test_a_run_from_before_judged_means_every_runtime() -> None:
    values = json.loads(encode(a_run()))
    del values["judged"], values["silences"]
    assert decode(json.dumps(values)) == a_run()
    assert decode(json.dumps(values)).judged == ()


def test_evidence_from_before_lines_has_none() -> None:
    values = json.loads(encode(a_run()))
    for outcome in values["outcomes"]:
        for finding in outcome["findings"]:
            for item in finding["evidence"]:
                item.pop("line", None)
    assert decode(json.dumps(values)) == a_run()


def test_settings_and_outcomes_have_the_promised_form() -> None:
    values = json.loads(encode(a_run()))
    assert values["schema_version"] == SCHEMA_VERSION == 2
    assert set(values["settings"]["use_cache"]) == {
        "transformers-4",
        "transformers-5",
        "forward",
        "vllm",
    }
    setting = values["settings"]["use_cache"]["transformers-5"]
    assert (setting["value"], setting["decided_by"]) == (False, "generation_config.json")
    outcome = next(o for o in values["outcomes"] if o["rule"] == "gen-use-cache-false")
    assert outcome["status"] == "found"
    keys = {"severity", "confidence", "message", "affects", "fix"}
    assert keys <= set(outcome["findings"][0])


def test_an_absent_value_is_an_absent_key() -> None:
    values = json.loads(encode(a_run()))
    outcome = next(o for o in values["outcomes"] if o["rule"] == "gen-use-cache-false")
    edits = outcome["findings"][0]["fix"]["edits"]
    assert [("before" in edit, "after" in edit) for edit in edits][-1] == (True, False)
    (difference,) = values["diff"]["differences"]
    assert "source" not in difference
    assert difference["merged"] is False


def test_what_is_no_json_in_a_config_does_not_spoil_the_run() -> None:
    evidence = ValueEvidence("config.json", ("rope_theta",), float("nan"))
    finding = Finding("m", Severity.NOTE, Confidence.READ, (), (evidence,))
    outcome = Outcome("r", Status.FOUND, (finding,))
    text = encode(replace(a_run(), outcomes=(outcome,)))
    assert json.loads(text)["outcomes"][0]["findings"][0]["evidence"][0]["found"] == {
        "__float__": "NaN"
    }


def test_keys_of_a_later_version_are_passed_over() -> None:
    values = json.loads(encode(a_run()))
    values["new"] = 1
    values["settings"]["use_cache"]["vllm"]["new"] = 1
    values["diff"]["differences"][0]["new"] = 1
    assert decode(json.dumps(values)) == a_run()


def test_a_path_need_not_be_text() -> None:
    run = replace(a_run(), answer="folder \udcff")
    assert decode(encode(run).encode().decode()) == run


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema_version": "2"}', "not a run file"),
        ('{"a":' * 100_000, "not a run file"),
        ("{", "not a run file"),
        ("[]", "not a run file"),
        ('{"a": 1}', "not a run file"),
        ('{"schema_version": 1}', "damaged"),
        ('{"schema_version": 99}', "schema 99"),
    ],
)
def test_what_is_no_run_is_refused(text: str, message: str) -> None:
    with pytest.raises(RunFileError, match=message):
        decode(text)


OLD = (Path(__file__).parents[1] / "fixtures" / "runs" / "schema-1.json").read_text()
"""Measured and written by the last version before schema 2, some outcomes left out."""


def test_a_run_of_schema_1_loads_with_its_steps() -> None:
    values = json.loads(OLD)
    assert values["schema_version"] == 1
    run = decode(OLD)
    assert run.measurement is not None
    for found, written in zip(
        run.measurement.generations, values["measurement"]["generations"], strict=True
    ):
        assert [asdict(step) for step in found.steps] == [
            step | {"kv_length": 0, "dispatch": None, "gpu": None} for step in written["steps"]
        ]
    proof = run.measurement.generations[0]
    assert (proof.recomputes, proof.input_lengths) == (True, (25, 26, 27))
    assert run.measurement.plan.rounds == 1
    assert "gen-use-cache-false" in {rule for rule, _ in run.findings}


def test_a_run_of_schema_1_can_be_told_and_kept_again() -> None:
    run = decode(OLD)
    for name in ("text", "md", "json"):
        assert render(name, run)
    again = decode(encode(run))
    assert again.measurement is not None
    assert run.measurement is not None
    steps = [(g.input_lengths, g.total_seconds) for g in again.measurement.generations]
    assert steps == [(g.input_lengths, g.total_seconds) for g in run.measurement.generations]
