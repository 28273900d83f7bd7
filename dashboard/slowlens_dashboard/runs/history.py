"""What the page History shows of the runs that are kept: which of them, in which order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path

from slowlens.brief import Brief, Kind
from slowlens_dashboard.runs.kept import Row

TEXT, CHECKPOINT, SHOW, PAGE = "find", "checkpoint", "show", "part"
"""Its part of the address."""
PER_PAGE = 10
"""A browser took 0.4 s to draw 25."""


class Show(StrEnum):
    """What one may ask for."""

    MEASURED = "measured"
    CHECKED = "checked"
    IMPORTED = "imported"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which runs a person wants to see; empty for all."""

    text: str = ""
    checkpoint: str = ""
    """As ``key`` tells it."""
    show: tuple[Show, ...] = ()
    page: int = 1

    @property
    def query(self) -> dict[str, str]:
        """Its part of the address."""
        page = str(self.page) if self.page > 1 else ""
        found = {TEXT: self.text, CHECKPOINT: self.checkpoint, SHOW: ",".join(self.show)}
        return {name: text for name, text in {**found, PAGE: page}.items() if text}


@dataclass(frozen=True, slots=True)
class Group:
    """Runs of one pair, the newest first."""

    first: Brief
    """The newest, which names the pair."""
    rows: tuple[Row, ...]


def wanted(query: Mapping[str, str]) -> HistoryQuery:
    """Read the address; what makes no sense there is left out."""
    names = set(query.get(SHOW, "").split(","))
    page = query.get(PAGE, "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 9 else 1
    return HistoryQuery(
        query.get(TEXT, "").strip(),
        query.get(CHECKPOINT, ""),
        tuple(show for show in Show if show.value in names),
        max(number, 1),
    )


def with_deleted(
    rows: Iterable[Row], trash: Iterable[Row], deleted: Collection[str]
) -> tuple[Row, ...]:
    """Return rows with those of the trash that were ``deleted`` just now in their old places."""
    gone = (row for row in trash if row.brief.id in deleted)
    return tuple(sorted((*rows, *gone), key=lambda row: row.brief.id, reverse=True))


def matching(rows: Iterable[Row], ask: HistoryQuery) -> tuple[Row, ...]:
    """Return the rows that are wanted: all words somewhere in each, whatever their case."""
    words = ask.text.casefold().split()
    return tuple(
        row
        for row in rows
        if ask.checkpoint in ("", key(row.brief))
        and (not ask.show or any(_is(row, show) for show in ask.show))
        and (not words or all(word in _searched(row) for word in words))
    )


def pages(rows: Sequence[Row]) -> int:
    """Return how many pages they take."""
    return max(1, -(-len(rows) // PER_PAGE))


def grouped(rows: Sequence[Row], page: int) -> tuple[Group, ...]:
    """Return one page of them by pair, the pair of the newest run first.

    A pair whose runs go on begins the next page again.
    """
    pairs = defaultdict[tuple[str, str], list[Row]](list)
    for row in rows:
        source = row.brief.source
        pairs[key(row.brief), source.path if source else ""].append(row)
    number = min(page, pages(rows))
    ordered = list(chain.from_iterable(pairs.values()))
    shown = {row.brief.id for row in ordered[(number - 1) * PER_PAGE : number * PER_PAGE]}
    found = ([row for row in pair if row.brief.id in shown] for pair in pairs.values())
    return tuple(Group(pair[0].brief, tuple(pair)) for pair in found if pair)


def key(brief: Brief) -> str:
    """Tell a checkpoint from others: its folder, or the name in a file that was imported."""
    return (brief.merged.path or brief.merged.title) if brief.merged else ""


def checkpoints(rows: Iterable[Row]) -> Mapping[str, str]:
    """Return the checkpoints by their keys, as they are called: no two of them alike."""
    titles = {key(row.brief): row.brief.merged.title for row in rows if row.brief.merged}
    called = list(titles.values())
    return {
        found: title if called.count(title) == 1 else f"{title} ({Path(found).parent})"
        for found, title in titles.items()
    }


def _is(row: Row, show: Show) -> bool:
    if show is Show.BASELINE:
        return bool(row.baselines)
    return row.brief.kind is Kind(show.value)


def _searched(row: Row) -> str:
    brief, places = row.brief, (row.brief.merged, row.brief.source)
    device = brief.timed.device if brief.timed else ""
    named = chain.from_iterable(
        (place.title, place.argument, place.path) for place in places if place
    )
    told = (brief.id, brief.created, brief.answer, brief.origin, device, *named)
    return "\n".join((row.label.name, row.label.note, *row.baselines, *told)).casefold()
