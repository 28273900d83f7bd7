"""The verdict for a terminal: the answer, then each finding with its proof and its fix."""

import textwrap
from collections.abc import Iterator

from slowlens.batch import Batch, Broken
from slowlens.diagnose import Status
from slowlens.findings import Finding
from slowlens.reports import commands, words
from slowlens.reports.overview import overview
from slowlens.reports.units import counted, plain
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere, only_noted

WIDTH = 96
LABEL = 10
FEW_WRITERS = 3


def render(batch: Batch) -> str:
    """Render one run in full, several as a table."""
    match batch.results:
        case [Run() as run]:
            lines = [*_lines(batch, run)]
        case [Broken(message=message, hint=hint)]:
            lines = [*labelled("unread", f"{message}. {hint}")]
        case _:
            lines = [*overview(batch)]
    for silence in batch.idle:
        lines += labelled("silence", words.idle(silence))
    return plain("\n".join(lines) + "\n")


def _lines(batch: Batch, run: Run) -> Iterator[str]:
    verdict = words.VERDICTS[batch.code(run)]
    first = f"{run.merged.title}: {verdict}. {run.answer}"
    yield from textwrap.wrap(first, WIDTH, break_on_hyphens=False)
    for rule, finding in run.findings:
        yield ""
        yield from _finding(rule, finding)
    if run.problems:
        yield ""
    for problem in run.problems:
        yield from labelled("unread", words.problem(problem))
    yield ""
    yield from written_by(run)
    yield from _not_counted(run)
    yield from _rest(run)
    yield from _next(batch, run)


def _finding(rule: str, finding: Finding) -> Iterator[str]:
    yield from labelled(finding.severity, f"{finding.message} [{rule}]")
    if finding.affects:
        yield from labelled("affects", ", ".join(r.label for r in finding.affects))
    if finding.evidence:
        yield from labelled(finding.confidence, words.proof(finding))
    if finding.cost:
        yield from labelled("cost", finding.cost)
    if finding.fix is not None:
        yield from labelled("fix", words.fix(finding.fix))


def written_by(run: Run) -> Iterator[str]:
    """Name the tools that most likely had a hand in it; a few, the most telling."""
    told = "; ".join(words.writer(writer) for writer in run.provenance[:FEW_WRITERS])
    if told:
        yield from labelled("written by ", told)


def _not_counted(run: Run) -> Iterator[str]:
    """Name what was found and does not count, shortly, and why it does not."""
    found = run.standings
    for silence in run.silences:
        silenced = [f for f in found[Standing.SILENCED] if f.rule == silence.rule]
        if silenced:
            text = f"{silence.rule}, {words.tally(silenced)}: {silence.reason}"
            yield from labelled("silenced", text)
    yield from for_others(run)


def for_others(run: Run) -> Iterator[str]:
    """Name shortly what concerns only runtimes that are not judged."""
    for rule, finding in run.standings[Standing.ELSEWHERE]:
        where = elsewhere(finding, run.judged)
        text = f"under {where}: {finding.severity}: {finding.message} [{rule}]"
        yield from labelled("elsewhere", text)


def _rest(run: Run) -> Iterator[str]:
    """Say what passed, and never count what was not checked as fine."""
    kinds = {kind: {rule for rule, _ in found} for kind, found in run.standings.items()}
    counted_rules = kinds[Standing.COUNTED]
    noted = only_noted(run.findings)
    statuses = [outcome.status for outcome in run.outcomes]
    parts = {
        "found something": len(counted_rules - noted),
        "noted something": len(noted),
        "passed": statuses.count(Status.PASSED),
        "for other runtimes": len(kinds[Standing.ELSEWHERE] - counted_rules),
        "silenced": len(kinds[Standing.SILENCED]),
        "skipped": statuses.count(Status.SKIPPED),
        "crashed": statuses.count(Status.CRASHED),
    }
    counts = [f"{n} {what}" for what, n in parts.items() if n or what == "passed"]
    yield from labelled("checked", f"{counted(len(run.outcomes), 'rule')}: {', '.join(counts)}")
    for status, text in words.unasked(run):
        yield from labelled(status, text)
    if run.judged:
        yield from labelled("judged", words.judged(run))


def _next(batch: Batch, run: Run) -> Iterator[str]:
    """Name the command that shows the fixes, ready to be copied."""
    if any(finding.fix for _, finding in run.findings):
        yield ""
        yield f"To see the fixes: {commands.fix_command(batch, run)}"


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
