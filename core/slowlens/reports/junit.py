"""JUnit XML, for CI servers: a suite a checkpoint, a case a rule."""

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from slowlens.batch import Batch, Broken
from slowlens.diagnose import Found, Outcome, Status
from slowlens.reports import words
from slowlens.reports.units import plain
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere

FILES = "every-file-can-be-read"
"""The case that stands for what no rule is about."""


def render(batch: Batch) -> str:
    """Render ``batch`` as one JUnit document."""
    return document(_suites(batch))


def document(suites: Iterable[tuple[str, str, Sequence[ET.Element]]]) -> str:
    """Write suites: the name of each, when it ran (or nothing), and its cases."""
    root = ET.Element("testsuites", name="slowlens")
    for name, timestamp, cases in suites:
        suite = ET.SubElement(root, "testsuite", name=plain(name))
        suite.extend(cases)
        _count(suite, cases)
        if timestamp:
            suite.set("timestamp", timestamp)
    _count(root, list(root.iter("testcase")))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _suites(batch: Batch) -> Iterator[tuple[str, str, Sequence[ET.Element]]]:
    for name, result in zip(words.names(batch.results), batch.results, strict=True):
        cases = [*_cases(batch, result)]
        for case in cases:
            case.set("classname", re.sub(r"[./\\]+", "_", plain(name)).strip("_"))
        yield name, result.created[:19] if isinstance(result, Run) else "", cases


def _count(suite: ET.Element, cases: Sequence[ET.Element]) -> None:
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", "0")


def _cases(batch: Batch, result: Run | Broken) -> Iterator[ET.Element]:
    files = ET.Element("testcase", name=FILES, time="0")
    if isinstance(result, Broken):
        say(files, "error", result.message, result.hint)
        yield files
        return
    if result.problems:
        lines = [*map(words.problem, result.problems)]
        say(files, "error", lines[0], "\n".join(lines))
    yield files
    for outcome in result.outcomes:
        case = ET.Element("testcase", name=outcome.rule, time="0")
        _judge(case, batch, result, outcome)
        yield case


def _judge(case: ET.Element, batch: Batch, run: Run, outcome: Outcome) -> None:
    """Fail for what fails the gate; what does not is kept as output."""
    by_kind = {k: [f for f in v if f.rule == outcome.rule] for k, v in run.standings.items()}
    grave = [f for f in by_kind[Standing.COUNTED] if batch.fails(f.finding.severity)]
    mild = [f for f in by_kind[Standing.COUNTED] if f not in grave]
    silence = next((s for s in run.silences if s.rule == outcome.rule), None)
    if outcome.status is Status.SKIPPED:
        say(case, "skipped", outcome.reason)
    elif outcome.status is Status.CRASHED:
        say(case, "error", outcome.reason)
    elif silence and by_kind[Standing.SILENCED]:
        say(case, "skipped", f"silenced: {silence.reason}")
    elif grave:
        say(case, "failure", grave[0].finding.message, "\n\n".join(map(_text, grave)))
    notes = [*map(_text, mild), *(_elsewhere(run, f) for f in by_kind[Standing.ELSEWHERE])]
    if notes:
        ET.SubElement(case, "system-out").text = plain("\n\n".join(notes))


def say(case: ET.Element, tag: str, message: str, text: str = "") -> None:
    """Put into a case why it failed, could not be judged, or was skipped."""
    told = ET.SubElement(case, tag, message=plain(message))
    if tag != "skipped":
        told.set("type", tag)
    told.text = plain(text) or None


def _text(found: Found) -> str:
    finding = found.finding
    parts = {
        str(finding.severity): finding.message,
        str(finding.confidence): words.proof(finding),
        "cost": finding.cost,
        "fix": words.fix(finding.fix) if finding.fix else "",
    }
    return "\n".join(f"{label}: {text}" for label, text in parts.items() if text)


def _elsewhere(run: Run, found: Found) -> str:
    return f"under {elsewhere(found.finding, run.judged)}:\n{_text(found)}"
