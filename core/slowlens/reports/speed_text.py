"""A verdict on speed for a terminal: one line first, then what differs and the figures."""

import textwrap
from collections.abc import Iterator

from slowlens.reports.speed_words import (
    cause,
    failures,
    head,
    headline,
    rows,
    sentence,
    unlikes,
)
from slowlens.reports.tables import aligned
from slowlens.reports.text import WIDTH, labelled
from slowlens.reports.units import plain
from slowlens.run import Run
from slowlens.speedverdict import Answer, SpeedVerdict


def render(verdict: SpeedVerdict) -> str:
    """Render the verdict, and its figures unless the sides may not be compared."""
    lines = [*_wrapped(headline(verdict)), *_why(verdict), *_notes(verdict), "", *_sides(verdict)]
    if verdict.answer is not Answer.INCOMPARABLE:
        for judged in verdict.judged:
            told = sentence(judged) if len(verdict.judged) > 1 else judged.label
            table = (f"  {line}" for line in aligned([head(verdict), *rows(judged)]))
            lines += ["", *_wrapped(told), *table]
    return plain("\n".join(lines) + "\n")


def _why(verdict: SpeedVerdict) -> Iterator[str]:
    if said := cause(verdict):
        yield from labelled("cause", said)


def _notes(verdict: SpeedVerdict) -> Iterator[str]:
    for line in unlikes(verdict):
        yield from labelled("unlike", line)
    if verdict.unlike and not (verdict.anyway or verdict.hopeless):
        yield from labelled("note", "--anyway compares them all the same.")
    for line in failures(verdict):
        yield from labelled("failed", line)


def _sides(verdict: SpeedVerdict) -> Iterator[str]:
    if verdict.before is verdict.after:
        yield from labelled("run", _named(verdict.after))
        return
    for title, run in zip(verdict.titles, (verdict.before, verdict.after), strict=True):
        yield from labelled(title, _named(run))


def _named(run: Run) -> str:
    where = run.merged.argument or "a model that the file does not name"
    return f"{run.id}, {run.created[:16].replace('T', ' ')} UTC: {where}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(plain(text), WIDTH, break_on_hyphens=False, break_long_words=False)
