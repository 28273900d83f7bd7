"""What a live run found, each with the id that ``slowlens explain`` takes."""

from collections.abc import Iterator

from slowlens.answer import sentence
from slowlens.batch import batch
from slowlens.findings import Severity
from slowlens.proofs import Proved, together
from slowlens.reports import commands, words
from slowlens.reports.measurement import factors
from slowlens.reports.text import labelled
from slowlens.run import Run


def lines(run: Run) -> Iterator[str]:
    """Yield the answer where nothing is to blame, each finding, and what to call next."""
    grave = any(finding.severity is not Severity.NOTE for _, finding in run.findings)
    if not grave:
        first = next((f" {sentence(finding.message)}" for _, finding in run.findings), "")
        yield from labelled("answer", run.answer.removesuffix(first))
    for each in together(run.findings):
        yield from _lines(each, run)
    if run.findings:
        yield ""
    yield from next_steps(run)


def _lines(each: Proved, run: Run) -> Iterator[str]:
    """Yield a finding with what the run proves of it: one cause, what it costs and its fix."""
    rule, finding = each.whole
    yield from labelled(finding.severity, f"{finding.message} [{rule}]")
    for name, proof in each.proofs:
        yield from labelled("proof", f"{proof.message} [{name}]")
    if cost := _unsaid(finding.cost, run):
        yield from labelled("cost", cost)
    if finding.fix is not None:
        yield from labelled("fix", words.fix(finding.fix))


def _unsaid(cost: str, run: Run) -> str:
    """Return a cost less the factor of the live run in it, which stands above already."""
    for factor in factors(run.measurement) if run.measurement else ():
        said = factor.partition(": ")[2].removesuffix(".")
        cost = cost.replace(said, "").removeprefix(". ")
    return cost


def next_steps(run: Run, rule: str = "") -> Iterator[str]:
    """Yield the commands that tell more of what was found, ready to be copied.

    ``rule`` is the one to read about, instead of the gravest.
    """
    first = next(together(run.findings), None)
    if first:
        yield f"To read about one: slowlens explain {rule or first.found.rule}"
    if any(finding.fix for _, finding in run.findings):
        yield f"To see the fixes: {commands.fix_command(batch(run), run)}"
