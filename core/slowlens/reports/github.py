"""GitHub Actions: an annotation a finding, and five lines for the summary of the job."""

from collections.abc import Iterator

from slowlens.batch import Batch, Broken
from slowlens.diagnose import Found, Status
from slowlens.facts.checkpoint import CONFIG
from slowlens.findings import Severity
from slowlens.reports import commands, words
from slowlens.reports.md import escaped
from slowlens.reports.units import counted, plain
from slowlens.run import Run
from slowlens.standing import Standing

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(batch: Batch) -> str:
    """Render ``batch`` as workflow commands, one a line."""
    return "".join(f"{line}\n" for line in _lines(batch))


def summary(batch: Batch) -> str:
    """Return the five lines for the summary: verdict, counts, the worst, the rest, what to do."""
    found = [found for run in batch.runs for found in run.findings]
    worst = batch.exit_code
    failing = next((r for r in batch.results if batch.code(r) is worst), None)
    answer = failing.answer if isinstance(failing, Run) else failing.message if failing else ""
    silenced = words.not_counted(batch, Standing.SILENCED)
    elsewhere = words.not_counted(batch, Standing.ELSEWHERE)
    lines = (
        f"### Slowlens: {counted(len(batch.results), 'checkpoint')}, {words.verdicts(batch)}",
        f"- {words.tally(found)}; not counted: {silenced} silenced, {elsewhere} for other runtimes",
        f"- {escaped(answer)}",
        f"- not checked: {_unchecked(batch)}",
        f"- to see it in full: {_in_full(batch, failing)}",
    )
    return "\n".join(lines) + "\n"


def _in_full(batch: Batch, failing: Run | Broken | None) -> str:
    return escaped(commands.command(batch, failing)) if failing else "slowlens check"


def _unchecked(batch: Batch) -> str:
    files = sum(len(run.problems) for run in batch.runs)
    statuses = [outcome.status for run in batch.runs for outcome in run.outcomes]
    parts = (
        *_unloadable(batch),
        counted(len(batch.broken), "checkpoint"),
        f"{counted(files, 'file')} in part or whole",
        f"{counted(statuses.count(Status.SKIPPED), 'rule')} for want of facts",
        f"{counted(statuses.count(Status.CRASHED), 'rule')} that crashed",
    )
    return ", ".join(part for part in parts if not part.startswith("0 ")) or "nothing"


def _unloadable(batch: Batch) -> Iterator[str]:
    """Name those that nothing loads, which goes before what is only slow."""
    named = zip(words.names(batch.runs), batch.runs, strict=True)
    names = [escaped(name) for name, run in named if run.unloadable]
    if names:
        more = f" and {len(names) - words.FEW} more" if len(names) > words.FEW else ""
        yield f"{CONFIG} of {', '.join(names[: words.FEW])}{more}"


def _lines(batch: Batch) -> Iterator[str]:
    for item in batch.broken:
        text = f"{item.path}: {item.message}. {item.hint}"
        yield annotation("error", text, title="not checked")
    for name, run in zip(words.names(batch.runs), batch.runs, strict=True):
        for found in run.findings:
            yield _finding(batch, run, name, found)
        for problem in run.problems:
            file = words.relative(run.merged.path, problem.file, batch.root)
            known = problem.file in run.merged.files
            text, title = words.problem(problem), f"{name}: not read"
            yield annotation("error", text, file=file if known else "", title=title)
        for outcome in run.outcomes:
            if outcome.status is Status.CRASHED:
                yield annotation("error", f"{outcome.rule} crashed: {outcome.reason}", title=name)
    for silence in batch.idle:
        yield annotation("warning", words.idle(silence), title="slowlens.toml")


def _finding(batch: Batch, run: Run, name: str, found: Found) -> str:
    rule, finding = found
    file, line = words.place(finding)
    cost = f" Cost: {finding.cost}." if finding.cost else ""
    fix = f" Fix: {words.fix(finding.fix)}" if finding.fix else ""
    return annotation(
        COMMANDS[finding.severity],
        f"{finding.message}.{cost}{fix}",
        file=words.relative(run.merged.path, file, batch.root) if file else "",
        line=str(line or ""),
        title=f"{name}: {rule}",
    )


def annotation(name: str, message: str, **properties: str) -> str:
    """Write a workflow command; properties that are empty are left out."""
    given = ",".join(f"{key}={_property(text)}" for key, text in properties.items() if text)
    return f"::{name} {given}::{_data(message)}"


def _data(text: str) -> str:
    return _escaped(text, "%\r\n")


def _property(text: str) -> str:
    return _escaped(text, "%\r\n:,")


def _escaped(text: str, special: str) -> str:
    text = "".join(c if c in "\r\n" else plain(c) for c in text)
    return "".join(f"%{ord(c):02X}" if c in special else c for c in text)
