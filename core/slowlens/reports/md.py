"""Markdown, to be pasted into a pull request or an issue."""

import re
from collections.abc import Iterable, Iterator
from html import escape

from slowlens.batch import Batch, Broken
from slowlens.diagnose import Found
from slowlens.reports import words
from slowlens.reports.overview import HEAD, cells
from slowlens.reports.units import plain
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere

_MARKS = re.compile(r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)")


def render(batch: Batch) -> str:
    """Render one run with its findings; of several a table, then those that do not pass."""
    match batch.results:
        case [Run() as run]:
            blocks = [*_run(batch, run, words.names([run])[0], "##")]
        case _:
            blocks = [*_several(batch)]
    if batch.idle:
        blocks.append("\n".join(f"- {escaped(words.idle(silence))}" for silence in batch.idle))
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Keep text of a checkpoint from being Markdown, HTML, a mention or the number of an issue."""
    safe = _MARKS.sub(lambda mark: f"\\{mark[0]}", plain(text).replace("\n", " "))
    return escape(safe, quote=False).replace("#", "&#35;").replace("@", "&#64;")


def _several(batch: Batch) -> Iterator[str]:
    yield f"## Slowlens: {words.VERDICTS[batch.exit_code]}"
    yield table(HEAD, cells(batch))
    for name, result in zip(words.names(batch.results), batch.results, strict=True):
        if isinstance(result, Broken):
            yield f"### {escaped(name)}\n\n{escaped(f'{result.message}. {result.hint}')}"
        elif result.findings or result.problems:
            yield from _run(batch, result, name, "###")


def _run(batch: Batch, run: Run, name: str, heading: str) -> Iterator[str]:
    yield f"{heading} {escaped(name)}: {words.VERDICTS[batch.code(run)]}"
    yield escaped(run.answer)
    if run.findings:
        head = ("severity", "finding", "where", "cost", "fix")
        yield table(head, (_row(found) for found in run.findings))
    rest = [*not_counted(run), *(f"{status}: {text}" for status, text in words.unasked(run))]
    rest += [f"judged {words.judged(run)}"] if run.judged else []
    if rest:
        yield "\n".join(f"- {escaped(line)}" for line in rest)


def _row(found: Found) -> tuple[str, ...]:
    rule, finding = found
    fix = words.fix(finding.fix) if finding.fix else ""
    return finding.severity, f"{finding.message} ({rule})", words.proof(finding), finding.cost, fix


def not_counted(run: Run) -> Iterator[str]:
    """Say what could not be read, what is silenced, and what concerns others."""
    for problem in run.problems:
        yield f"not read: {words.problem(problem)}"
    found = run.standings
    for silence in run.silences:
        silenced = [f for f in found[Standing.SILENCED] if f.rule == silence.rule]
        if silenced:
            yield f"silenced: {silence.rule}, {words.tally(silenced)}: {silence.reason}"
    for rule, finding in found[Standing.ELSEWHERE]:
        where = elsewhere(finding, run.judged)
        yield f"under {where}: {finding.severity}: {finding.message} ({rule})"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table; cells are escaped, the head is not."""
    columns = [*head]
    lines = [columns, ["---"] * len(columns), *([escaped(c) for c in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
