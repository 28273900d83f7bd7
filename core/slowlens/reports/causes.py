"""What a live run found, each with the id that ``slowlens explain`` takes."""

from collections.abc import Iterator

from slowlens.answer import sentence
from slowlens.batch import batch
from slowlens.findings import Severity
from slowlens.reports import words
from slowlens.reports.measurement import factors
from slowlens.reports.text import labelled
from slowlens.run import Run

FEW = 3


def lines(run: Run) -> Iterator[str]:
    """Yield the answer where nothing is to blame, each finding, and what to call next.

    A cost that stands above, among the factors of the live run, is not said again.
    """
    said = (*factors(run.measurement),) if run.measurement else ()
    grave = any(finding.severity is not Severity.NOTE for _, finding in run.findings)
    if not grave:
        first = next((f" {sentence(finding.message)}" for _, finding in run.findings), "")
        yield from labelled("answer", run.answer.removesuffix(first))
    for rule, finding in run.findings:
        yield from labelled(finding.severity, f"{finding.message} [{rule}]")
        if finding.cost and not any(finding.cost in sentence for sentence in said):
            yield from labelled("cost", finding.cost)
        if finding.fix is not None:
            yield from labelled("fix", words.fix(finding.fix))
    if run.findings:
        yield ""
    yield from next_steps(run)


def next_steps(run: Run) -> Iterator[str]:
    """Yield the commands that tell more of what was found, ready to be copied."""
    if run.findings:
        yield f"To read about one: slowlens explain {run.findings[0].rule}"
    if any(finding.fix for _, finding in run.findings):
        yield f"To see the fixes: {words.fix_command(batch(run), run)}"


def causes(run: Run) -> tuple[str, ...]:
    """Say why a run may be slow, the gravest first, without what it costs."""
    found = [f for f in run.findings if f.finding.severity is not Severity.NOTE]
    told = [f"{finding.message} [{rule}]" for rule, finding in found[:FEW]]
    if len(found) > FEW:
        told.append(f"and {len(found) - FEW} more findings")
    return tuple(told) or (run.answer,)
