"""A result of another benchmark for a terminal: its figures, and what they mean."""

import textwrap
from collections.abc import Iterator, Sequence

from slowlens.facts.live.imported import Imported, ImportedFigure
from slowlens.reports.tables import aligned
from slowlens.reports.text import WIDTH, labelled
from slowlens.reports.units import milliseconds, moment, plain

ACRONYMS = {"ttft", "tpot", "itl", "icl", "e2e"}
HEAD = ("figure", "mean", "median", "p90", "p95", "p99", "n")


def render(result: Imported) -> str:
    """Render its figures, a dash for what it does not tell, then its definition."""
    lines = [*textwrap.wrap(title(result), WIDTH), *table(result)]
    lines += labelled("TPOT is", result.definition)
    for note in result.notes:
        lines += labelled("note", note)
    if result.settings:
        lines += labelled("settings", "; ".join(settings(result)))
    if result.missing:
        lines += labelled("not told", ", ".join(words(name) for name in result.missing))
    return plain("\n".join(lines) + "\n")


def title(result: Imported) -> str:
    """Name the tool, the model and when it ran, as far as they are told."""
    tool = f"{result.tool} {result.version}".strip()
    ran = f", ran at {moment(result.created)}" if result.created else ""
    return f"{tool}: {result.model or 'model not told'}{ran}"


def table(result: Imported) -> Iterator[str]:
    """Return the lines of the table, names to the left and numbers to the right."""
    return aligned([HEAD, *rows_of(result)])


def rows_of(result: Imported, untold: str = "-") -> Iterator[Sequence[str]]:
    """Yield the cells of each figure, ``untold`` for what the file does not tell."""
    for figure in result.figures:
        values = (figure.mean, figure.median, figure.p90, figure.p95, figure.p99)
        number = untold if figure.n is None else str(figure.n)
        cells = (untold if value is None else _cell(figure, value) for value in values)
        yield (words(figure.name), *cells, number)


def settings(result: Imported) -> Iterator[str]:
    """Yield each setting with its value."""
    for name, value in result.settings.items():
        yield f"{words(name)} {value:g}" if isinstance(value, float) else f"{words(name)} {value}"


def words(name: str) -> str:
    """Write a key as a person would: acronyms in capitals, no underscores."""
    if name in ACRONYMS:
        return name.upper()
    return name.replace("_per_second", "/s").replace("_", " ")


def _cell(figure: ImportedFigure, value: float) -> str:
    return milliseconds(value) if figure.unit == "s" else f"{value:,.4g}"
