"""A verdict on speed for a terminal: one line first, then what differs and the figures."""

from collections.abc import Iterator

from slowlens.blame import blamed
from slowlens.facts.live.verdict import NO_SCIPY
from slowlens.reports.causes import next_steps
from slowlens.reports.speed_figures import head, rows
from slowlens.reports.speed_words import blames, failures, headline, sentence, sides, unlikes
from slowlens.reports.tables import fitted, prose
from slowlens.reports.text import labelled
from slowlens.reports.units import plain
from slowlens.speedverdict import Answer, SpeedVerdict


def render(verdict: SpeedVerdict) -> str:
    """Render the verdict, and its figures unless the sides may not be compared."""
    first = headline(verdict)
    lines = [*prose(first, hanging=""), *_notes(verdict), ""]
    for title, run in sides(verdict):
        lines += labelled(title, run)
    if verdict.answer is not Answer.INCOMPARABLE:
        for judged in verdict.judged:
            told = sentence(judged)
            title = judged.label if first.endswith(told) else told
            lines += ["", *prose(title, hanging=""), *fitted([head(verdict), *rows(judged)])]
    if steps := [*_next(verdict)]:
        lines += ["", *steps]
    return plain("\n".join(lines) + "\n")


def _notes(verdict: SpeedVerdict) -> Iterator[str]:
    for each in blames(verdict):
        yield from labelled(each.label, each.text)
    for line in unlikes(verdict):
        yield from labelled("unlike", line)
    if verdict.unlike and not (verdict.anyway or verdict.hopeless):
        first = f"{verdict.alike} Else, " if verdict.alike else ""
        yield from labelled("note", f"{first}--anyway compares them all the same.")
    for line in failures(verdict):
        yield from labelled("failed", line)


def _next(verdict: SpeedVerdict) -> Iterator[str]:
    """Say what would decide it, and how to read about what was found."""
    if verdict.answer is Answer.INCONCLUSIVE and _more_tells(verdict):
        yield "To decide it: more --rounds or --new-tokens on both sides, and nothing else running."
    if found := blamed(verdict):
        yield from next_steps(verdict.after, found[0].rule)


def _more_tells(verdict: SpeedVerdict) -> bool:
    """Whether both sides were measured here, and nothing is missing but better runs."""
    timed = all(judged.slower.ratio is not None for judged in verdict.decisive)
    why = {judged.slower.why for judged in verdict.decisive}
    return timed and NO_SCIPY not in why and verdict.after.measurement is not None
