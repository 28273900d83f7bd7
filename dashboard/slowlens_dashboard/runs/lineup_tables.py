"""Runs beside each other as tables of Markdown cells, a column for each run.

``tell`` translates: before what is told becomes Markdown, for only so it is recognised.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import pandas as pd

from slowlens.facts.live.alongside import Circumstance
from slowlens.reports.speed_figures import Figure
from slowlens.reports.spread import UNKNOWN
from slowlens_dashboard.wording.prose import plain

Tell: TypeAlias = Callable[[str], str]


def differing_table(
    found: Iterable[Circumstance], names: Sequence[str], tell: Tell = str
) -> pd.DataFrame:
    """Show each circumstance of each run, bold where it is unlike that of the first."""
    head = tell("Circumstance")
    rows = [
        {head: _circumstance(each, tell), **dict(zip(names, _cells(each, tell), strict=True))}
        for each in found
    ]
    return pd.DataFrame(rows)


def common_table(
    found: Sequence[Circumstance], names: Sequence[str], tell: Tell = str
) -> pd.DataFrame:
    """Show each circumstance once, and the runs that do not tell it."""
    head, value, untold = map(tell, ("Circumstance", "Of all that tell it", "Not told by"))
    if all(None not in each.told for each in found):
        value = tell("Of all runs")
    rows = [
        {
            head: _named(each.what, tell),
            value: _value(next(told for told in each.told if told is not None), tell),
            untold: ", ".join(n for n, told in zip(names, each.told, strict=True) if told is None),
        }
        for each in found
    ]
    table = pd.DataFrame(rows)
    return table if (table[untold] != "").any() else table.drop(columns=untold)


def _circumstance(each: Circumstance, tell: Tell) -> str:
    name = _named(each.what, tell)
    return name if each.decides else f"{name}  \n:gray[{tell('may differ')}]"


def _cells(each: Circumstance, tell: Tell) -> Iterable[str]:
    first = each.told[0]
    for told in each.told:
        text = not_available(tell) if told is None else _value(told, tell)
        unlike = None not in (told, first) and told != first
        yield f"**{text}**" if unlike else text


def _value(told: str, tell: Tell) -> str:
    return plain(tell(told)) or tell("none")


def not_available(tell: Tell = str) -> str:
    """Write what stands where nothing is known."""
    return f":gray[{tell('not available')}]"


def figures_table(
    figures: Iterable[Figure], names: Sequence[str], tell: Tell = str
) -> pd.DataFrame:
    """Show each figure of each run, and below it how it relates to that of the first."""
    head = tell("Figure")
    rows = [
        {
            head: _named(figure.name, tell),
            **dict(zip(names, _told(figure, names, tell), strict=True)),
        }
        for figure in figures
    ]
    return pd.DataFrame(rows)


def _told(figure: Figure, names: Sequence[str], tell: Tell) -> Iterable[str]:
    for place, (told, ratio) in enumerate(zip(figure.told, figure.ratios, strict=True)):
        text = not_available(tell) if told == UNKNOWN else plain(tell(told))
        related = plain(tell(_related(ratio, names[0]))) if ratio and place else ""
        yield f"{text}  \n:gray[{related}]" if related else text


def _related(ratio: str, first: str) -> str:
    share, *interval = ratio.split(" ", 1)
    return f"{share} times {first} {interval[0]}" if interval else f"{share} times {first}"


def _named(text: str, tell: Tell) -> str:
    return plain(tell(text[:1].upper() + text[1:]))
