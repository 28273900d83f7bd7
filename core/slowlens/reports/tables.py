"""Columns of text that line up, and fit a terminal."""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from textwrap import wrap

WIDTH = 100
LABEL = 16
"""The least width of a first column that has to make room."""
PROSE = 96
FIGURE = re.compile(r"(?<=\d) (?=(?:ms|s|[kMGT]?B|MHz|W|threads?)\b|%|°C)")
Rows = Sequence[Sequence[str]]


def prose(text: str, hanging: str = "  ") -> Iterator[str]:
    """Yield a paragraph in lines of at most ``PROSE`` characters."""
    whole = FIGURE.sub("\N{NO-BREAK SPACE}", text)  # a number stays with its unit
    for line in _wrapped(whole, PROSE, hanging):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def aligned(rows: Rows, left: Collection[int] = (0,)) -> Iterator[str]:
    """Yield the rows as lines: the columns in ``left`` begin in line, the others end in line."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (
            f"{cell:<{width}}" if column in left else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def fitted(rows: Rows, left: Collection[int] = (0,)) -> Iterator[str]:
    """Yield ``aligned`` lines of at most ``WIDTH`` characters, as far as cells allow it.

    The head, which is the first row, and the first cell of each row are broken into several lines
    where that is needed; columns that still find no room stand in a table below.
    """
    if max(map(len, aligned(rows, left))) <= WIDTH:
        yield from aligned(rows, left)
        return
    widths = [_width(column) for column in list(zip(*rows, strict=True))[1:]]
    taken = list(accumulate(width + 2 for width in widths))
    label = max(LABEL, *(len(word) + 2 for row in rows for word in row[0].split()))
    fit = max(1, sum(total <= WIDTH - label for total in taken))
    room = max(label, WIDTH - taken[fit - 1])
    head, *body = [row[: fit + 1] for row in rows]
    lines = [*_head(head, [room, *widths])]
    for row in body:
        lines += _row(row, room)
    yield from aligned(lines, left)
    if fit < len(widths):
        yield ""
        rest = [(row[0], *row[fit + 1 :]) for row in rows]
        yield from fitted(rest, {max(0, column - fit) for column in left if not 0 < column <= fit})


def _width(column: Sequence[str]) -> int:
    """Return what a column takes whose head is broken at every word that asks for it."""
    head, *cells = column
    return max(map(len, (*cells, *head.split())))


def _head(head: Sequence[str], widths: Sequence[int]) -> Iterator[Sequence[str]]:
    cells = [_wrapped(cell, width) for cell, width in zip(head, widths, strict=False)]
    deep = max(map(len, cells))
    return zip(*([""] * (deep - len(cell)) + cell for cell in cells), strict=True)


def _row(row: Sequence[str], room: int) -> Iterator[Sequence[str]]:
    label, *others = row
    first, *more = _wrapped(label, room, "  ") or [""]
    yield first, *others
    yield from ((line, *[""] * len(others)) for line in more)


def _wrapped(text: str, width: int, hanging: str = "") -> list[str]:
    return wrap(
        text, width, subsequent_indent=hanging, break_on_hyphens=False, break_long_words=False
    )
