"""A report as Markdown, for a pull request or an issue: charts as tables that unfold."""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import assert_never

from slowlens.reports.document import document
from slowlens.reports.document.blocks import (
    Block,
    Card,
    Chart,
    Code,
    Fold,
    Items,
    Notice,
    Section,
    Table,
    Text,
)
from slowlens.reports.md import escaped, table
from slowlens.reports.units import plain
from slowlens.run import Run

FENCE = "`" * 3
MARKS = re.compile(r"[\\`*_\[\]()|~$#@!]|&(?!\w+;)")


def render(run: Run) -> str:
    """Render the report of one run."""
    found = document(run)
    lines = [f"## {escaped(found.title)}: {escaped(found.verdict)}", escaped(found.answer)]
    lines.append(" · ".join(map(escaped, (found.place, *found.about))))
    for section in found.sections:
        lines += _section(section)
    return "\n\n".join(lines) + "\n"


def _section(section: Section) -> Iterator[str]:
    yield f"### {section.title}"
    yield from _blocks(section.blocks)


def _blocks(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Card():
            yield from _card(block)
        case Chart(_, title, cells):
            yield from _folded(title, _table(cells))
        case Fold(title, inner):
            yield from _folded(title, _blocks(inner))
        case _:
            yield _words(block)


def _words(block: Text | Items | Code | Notice) -> str:
    match block:
        case Text(text):
            return escaped(text)
        case Items(items):
            return "\n".join(f"- {escaped(item)}" for item in items)
        case Code(text, title):
            return f"{escaped(title)}:\n\n{_code(text)}" if title else _code(text)
        case Notice(_, title, text):
            return f"> **{escaped(title)}** {escaped(text)}".rstrip()
        case _:
            assert_never(block)


def _table(found: Table) -> Iterator[str]:
    yield table(map(escaped, found.head), found.rows)
    if found.caption:
        yield escaped(found.caption)


def _card(card: Card) -> Iterator[str]:
    text = f" {escaped(card.text)}" if card.text else ""
    facts = [f"  - {escaped(label)}: {escaped(told)}" for label, told in card.facts]
    yield "\n".join([f"- **{escaped(card.title)}** ({escaped(card.badge)}){text}", *facts])
    if card.table is not None:
        yield from _table(card.table)


def _folded(title: str, inner: Iterator[str]) -> Iterator[str]:
    yield f"<details><summary>{_inert(title)}</summary>"
    yield from inner
    yield "</details>"


def _inert(text: str) -> str:
    """Write a text into HTML, where a backslash would be seen, so that nothing in it is markup."""
    safe = escape(plain(text).replace("\n", " "), quote=False)
    return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", safe)


def _code(text: str) -> str:
    """Fence a text off so that nothing in it can end the fence."""
    fence = FENCE
    while fence in text:
        fence += "`"
    return "\n".join([fence, *map(plain, text.splitlines()), fence])
