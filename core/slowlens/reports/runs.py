"""Kept runs, one a line: which, of what, and what came of it; an id begins with when, in UTC."""

import json
from collections.abc import Iterator, Sequence

from slowlens.brief import Brief
from slowlens.frozen import dataclass
from slowlens.labels import NONE, Label
from slowlens.reports.spread import UNKNOWN, latency
from slowlens.reports.tables import WIDTH, aligned
from slowlens.reports.units import plain

HEAD = ("id", "checkpoint", "prompt", "TPOT", "answer")
WORDS = (0, 1, 4)
"""Columns that are no numbers."""
NAME = 24
"""Characters of a checkpoint's name that are shown, the last ones."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A run, what a person calls it, and the baselines that are a copy of it."""

    brief: Brief
    label: Label = NONE
    baselines: tuple[str, ...] = ()


def render(runs: Sequence[Listed]) -> str:
    """Render runs for a terminal, an answer as far as there is room for it."""
    rows = [HEAD, *(_row(each.brief) for each in runs)]
    head, *lines = aligned([tuple(map(plain, row)) for row in rows], WORDS)
    told = [_cut(head)]
    for each, line in zip(runs, lines, strict=True):
        told += [_cut(line), *_below(each)]
    return "".join(f"{line}\n" for line in told)


def render_json(runs: Sequence[Listed]) -> str:
    """Render runs as a list of objects; null for what is not known."""
    return json.dumps([_told(each) for each in runs], indent=2, ensure_ascii=False) + "\n"


def _row(brief: Brief) -> tuple[str, ...]:
    if brief.merged is None:
        return (brief.id, "", "", "", brief.answer)
    title = brief.merged.title
    shown = title if len(title) <= NAME else f"…{title[1 - NAME :]}"
    tokens = brief.timed.prompt_tokens if brief.timed else 0
    prompt = str(tokens) if tokens else UNKNOWN
    return (brief.id, shown, prompt, latency(brief.tpot), _of(brief))


def _below(each: Listed) -> Iterator[str]:
    """Yield what a person called it, and of an import what tells it from others of its model."""
    named = ": ".join(filter(None, (each.label.name, each.label.note)))
    marks = (named, *(f"baseline {name}" for name in each.baselines), each.brief.origin)
    for text in filter(None, marks):
        yield _cut(f"{'':{len(each.brief.id)}}  {plain(text)}")


def _of(brief: Brief) -> str:
    """Say what came of it, and first how many processes it took where that is not one."""
    if brief.timed is None or not brief.timed.processes:
        return brief.answer
    return f"{brief.timed.processes} processes: {brief.answer}"


def _told(each: Listed) -> dict[str, object]:
    brief, place = each.brief, each.brief.merged
    return {
        "id": brief.id,
        "name": each.label.name or None,
        "note": each.label.note or None,
        "baselines": list(each.baselines),
        "created": brief.created or None,
        "checkpoint": place.title if place else None,
        "path": place.argument if place else None,
        "prompt_tokens": (brief.timed and brief.timed.prompt_tokens) or None,
        "tpot": brief.tpot,
        "answer": brief.answer,
    }


def _cut(line: str) -> str:
    line = line.replace("\n", " ")
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
