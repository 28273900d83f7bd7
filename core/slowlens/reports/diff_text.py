"""A diff for a terminal: grouped by effect and file, source and merged side by side."""

import textwrap
from collections.abc import Iterator
from itertools import groupby

from slowlens.facts.diff.changes import TOTAL, WEIGHTS
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json
from slowlens.reports.units import counted, plain, size, value

WIDTH = 98
KEY = 44
CELL = 22
_ARROW = "  →  "
_ROW = "    "
_NOTE = "      "


def render(diff: Diff) -> str:
    """Render the differences; what changes nothing is only counted."""
    lines = [_summary(diff), *_groups(diff.differences)]
    if diff.unchanged:
        many = counted(len(diff.unchanged), "difference")
        lines += ["", f"{many} in spelling only, or of no effect; --all shows them."]
    return plain("\n".join(lines) + "\n")


def render_all(diff: Diff) -> str:
    """Render the differences, then what changes nothing, each with the reason."""
    lines = [_summary(diff), *_groups(diff.differences)]
    if diff.unchanged:
        lines += ["", f"no effect ({len(diff.unchanged)})", *_files(diff.unchanged)]
    return plain("\n".join(lines) + "\n")


def _summary(diff: Diff) -> str:
    counts = {effect: sum(d.effect is effect for d in diff.differences) for effect in Effect}
    cosmetic = counts.pop(Effect.COSMETIC)
    matter = sum(counts.values())
    if not matter:
        tail = f"; {counted(cosmetic, 'cosmetic difference')}" if cosmetic else ""
        return f"No difference that matters{tail}."
    counts[Effect.COSMETIC] = cosmetic
    parts = ", ".join(f"{number} {effect}" for effect, number in counts.items() if number)
    return f"{counted(matter + cosmetic, 'difference')}: {parts}."


def _groups(differences: tuple[Difference, ...]) -> Iterator[str]:
    for effect, members in groupby(differences, lambda difference: difference.effect):
        yield ""
        yield effect.value
        yield from _files(tuple(members))


def _files(differences: tuple[Difference, ...]) -> Iterator[str]:
    rows = [Row.of(difference) for difference in differences]
    widths = (
        max((len(row.key) for row in rows if row.fits), default=0),
        max((len(row.source) for row in rows if row.fits), default=0),
    )
    for index, (difference, row) in enumerate(zip(differences, rows, strict=True)):
        before = differences[index - 1] if index else None
        after = differences[index + 1] if index + 1 < len(differences) else None
        if before is None or before.file != difference.file:
            yield f"  {difference.file}"
        yield from row.lines(*widths)
        if after is None or (after.file, after.note) != (difference.file, difference.note):
            yield from textwrap.wrap(
                difference.note, WIDTH, initial_indent=_NOTE, subsequent_indent=_NOTE
            )


@dataclass(frozen=True, slots=True)
class Row:
    """One difference as text."""

    key: str
    source: str
    merged: str

    @staticmethod
    def of(difference: Difference) -> "Row":
        """Write a difference's key and its two sides."""
        sides = (_told(difference, side) for side in (difference.source, difference.merged))
        return Row(difference.key or "(the file)", *sides)

    @property
    def fits(self) -> bool:
        """Whether both sides stand in one line."""
        return len(self.key) <= KEY and max(len(self.source), len(self.merged)) <= CELL

    def lines(self, key: int, source: int) -> Iterator[str]:
        """Yield the row in columns of these widths, or below each other when it is too long."""
        if self.fits:
            yield f"{_ROW}{self.key:<{key}}  {self.source:>{source}}{_ARROW}{self.merged}"
            return
        yield f"{_ROW}{_cut(self.key, WIDTH - len(_ROW))}"
        for name, side in (("source", self.source), ("merged", self.merged)):
            yield f"{_NOTE}{name}  {_cut(side, WIDTH - len(_NOTE) - len(name) - 2)}"


def _told(difference: Difference, side: Json | Absent) -> str:
    """Write one side; sizes with their unit, and what is no JSON value without quotes."""
    if side is ABSENT:
        return value(side)
    if difference.file == WEIGHTS and difference.key == TOTAL and isinstance(side, int):
        return size(side)
    if isinstance(side, str) and (difference.file == WEIGHTS or not difference.key):
        return side
    return value(side)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
