"""Runs with a text in every place that can hold one."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from pages import explained
from runs import a_run
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.provenance import Likelihood, Trace, Writer
from slowlens.findings import ValueEvidence
from slowlens.frozen import replace as changed
from slowlens.redaction.walking import mapped
from slowlens.run import Run
from slowlens.standing import Silence


def full_run() -> Run:
    """A run with something in nearly every field."""
    run = a_run(explained())
    merged = replace(
        run.merged, path="/srv/models/merged", sha256={"config.json": "0" * 64}, origin=""
    )
    return replace(
        run,
        merged=merged,
        source=replace(merged, path="/srv/models/source"),
        problems=(FileProblem("tokenizer.json", "is broken", "Copy it."),),
        silences=(Silence("mtp-heads-dropped", "we know", "/srv/models/*"),),
        provenance=(
            Writer("mergekit", Likelihood.PROBABLY, (Trace("config.json", "by", {"a": ["b"]}),)),
        ),
    )


def everywhere(value: Any, text: str) -> Any:
    """Return a run with ``text`` behind every string in it, names of files and keys too."""
    if isinstance(value, Enum | Step):
        return value
    if isinstance(value, str):
        return f"{value} {text}"
    if isinstance(value, Mapping):
        return {everywhere(key, text): everywhere(item, text) for key, item in value.items()}
    return mapped(value, lambda part: everywhere(part, text))


def with_prompt(run: Run, prompt: str, answer: str) -> Run:
    """Return a run of this prompt, to which this was the answer, each time."""
    measured = run.measurement
    assert measured
    written = tuple(replace(each, text=answer) for each in measured.generations)
    plan: Plan = changed(measured.plan, prompt=prompt)
    return replace(run, measurement=replace(measured, plan=plan, generations=written))


def with_value(run: Run, pointer: tuple[str, ...], found: Any) -> Run:
    """Return a run whose first finding rests on the value of one key more."""
    first, *others = run.outcomes
    outcomes = [first, *others]
    for number, outcome in enumerate(outcomes):
        if outcome.findings:
            finding = outcome.findings[0]
            proof = ValueEvidence("config.json", pointer, found)
            given = replace(finding, evidence=(*finding.evidence, proof))
            outcomes[number] = replace(outcome, findings=(given, *outcome.findings[1:]))
            return replace(run, outcomes=tuple(outcomes))
    raise AssertionError("nothing was found")
