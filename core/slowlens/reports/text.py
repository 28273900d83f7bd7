"""The verdict for a terminal: the answer, then each finding with its proof and its fix."""

import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

from slowlens.diagnose import Status, ranked
from slowlens.findings import Applicability, Evidence, Finding, Fix, ValueEvidence
from slowlens.reports.units import counted, plain, value
from slowlens.run import Run

WIDTH = 96
LABEL = 10


def render(run: Run) -> str:
    """Render ``run`` for a terminal."""
    return plain("\n".join(_lines(run)) + "\n")


def _lines(run: Run) -> Iterator[str]:
    name = Path(run.merged.path).name
    yield from textwrap.wrap(f"{name}: {run.answer}", WIDTH, break_on_hyphens=False)
    for rule, finding in ranked(run.outcomes):
        yield ""
        yield from _finding(rule, finding)
    if run.problems:
        yield ""
    for problem in run.problems:
        yield from labelled("unread", f"{problem.file} {problem.message}. {problem.hint}")
    yield ""
    yield from _rest(run)
    yield from _next(run)


def _finding(rule: str, finding: Finding) -> Iterator[str]:
    yield from labelled(finding.severity, f"{finding.message} [{rule}]")
    if finding.affects:
        yield from labelled("affects", ", ".join(r.label for r in finding.affects))
    if finding.evidence:
        yield from labelled(
            finding.confidence, "; ".join(_evidence(item) for item in finding.evidence)
        )
    if finding.cost:
        yield from labelled("cost", finding.cost)
    if finding.fix is not None:
        yield from labelled("fix", _fix(finding.fix))


def _evidence(evidence: Evidence) -> str:
    if isinstance(evidence, ValueEvidence):
        return f"{evidence.file} {'.'.join(evidence.pointer)} = {value(evidence.found)}"
    return f"{evidence.label} = {evidence.value:g} {evidence.unit}"


def _fix(fix: Fix) -> str:
    match fix.applicability:
        case Applicability.SAFE:
            return f"{fix.title} (safe)"
        case Applicability.UNSAFE:
            return f"{fix.title} (changes outputs, needs --unsafe): {fix.reason}"
        case Applicability.MANUAL:
            return f"{fix.title} (by hand): {fix.reason}"


def _rest(run: Run) -> Iterator[str]:
    """Say what passed, and never count what was not checked as fine."""
    counts = [
        f"{counted(sum(o.status is status for o in run.outcomes), 'rule')} {status}"
        for status in (Status.FOUND, Status.PASSED)
    ]
    yield from labelled("checked", ", ".join(counts))
    for status in (Status.SKIPPED, Status.CRASHED):
        rules = [f"{o.rule} ({o.reason})" for o in run.outcomes if o.status is status]
        if rules:
            yield from labelled(status, ", ".join(rules))


def _next(run: Run) -> Iterator[str]:
    """Name the command that shows the fixes, ready to be copied."""
    if any(finding.fix for outcome in run.outcomes for finding in outcome.findings):
        source = ["--source", run.source.path] if run.source else []
        yield ""
        yield f"To see the fixes: {shlex.join(['slowlens', 'fix', run.merged.path, *source])}"


def labelled(label: str, text: str) -> Iterator[str]:
    """Yield ``text`` wrapped behind a label that stands in a column of its own."""
    yield from textwrap.wrap(
        plain(text),
        WIDTH,
        initial_indent=f"{label:<{LABEL}}",
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
        break_long_words=False,
    )
