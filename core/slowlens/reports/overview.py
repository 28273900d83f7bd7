"""Several checkpoints side by side: one row each, then what to do next."""

from collections.abc import Iterator

from slowlens.batch import Batch, Broken
from slowlens.findings import Severity
from slowlens.gate import ExitCode
from slowlens.reports import commands, words
from slowlens.reports.units import counted, plain
from slowlens.run import Run
from slowlens.standing import Standing

HEAD = ("checkpoint", "verdict", *(f"{severity}s" for severity in reversed(Severity)), "worst")
NAME = 40
"""Characters of a name that are shown, the last ones."""
WIDEST = 120


def overview(batch: Batch) -> Iterator[str]:
    """Yield the lines of a table of all results."""
    rows = [HEAD, *cells(batch)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD) - 1)]
    for row in rows:
        line = "  ".join(
            f"{cell:>{width}}" if 2 <= i <= 4 else f"{cell:<{width}}"
            for i, (cell, width) in enumerate(zip(row[:-1], widths, strict=True))
        )
        yield _cut(f"{line}  {row[-1]}".rstrip())
    yield ""
    yield from _totals(batch)


def cells(batch: Batch) -> Iterator[tuple[str, ...]]:
    """Yield name, verdict, counts by severity, and the worst of each result."""
    for name, result in zip(words.names(batch.results), batch.results, strict=True):
        name = plain(name).replace("\n", "\\n")
        shown = name if len(name) <= NAME else f"…{name[1 - NAME :]}"
        verdict = words.VERDICTS[batch.code(result)]
        yield (shown, verdict, *_counts(result), plain(worst(result)))


def worst(result: Run | Broken) -> str:
    """Return what keeps it from loading, the rule of the gravest finding, or what was not read."""
    if isinstance(result, Broken):
        return result.message
    if result.unloadable:
        return f"{result.unloadable.file} {result.unloadable.message}"
    if result.findings:
        return result.findings[0].rule
    if result.problems:
        return f"{result.problems[0].file} {result.problems[0].message}"
    return ""


def _counts(result: Run | Broken) -> tuple[str, ...]:
    if isinstance(result, Broken):
        return ("", "", "")
    grades = [finding.severity for _, finding in result.findings]
    return tuple(str(grades.count(severity) or "") for severity in reversed(Severity))


def _totals(batch: Batch) -> Iterator[str]:
    yield f"{counted(len(batch.results), 'checkpoint')}: {words.verdicts(batch)}."
    yield from _not_counted(batch)
    yield from (f"{plain(item.path)}: {item.hint}" for item in batch.broken if item.hint)
    worst_code = batch.exit_code
    bad = (r for r in batch.runs if batch.code(r) is worst_code)
    if worst_code is not ExitCode.CLEAN and (first := next(bad, None)):
        yield f"To see one in full: {commands.command(batch, first)}"


def _not_counted(batch: Batch) -> Iterator[str]:
    if silenced := words.not_counted(batch, Standing.SILENCED):
        yield f"{counted(silenced, 'finding')} silenced by slowlens.toml."
    if elsewhere := words.not_counted(batch, Standing.ELSEWHERE):
        yield f"{counted(elsewhere, 'finding')} for runtimes that are not judged (--runtime)."


def _cut(line: str) -> str:
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"
