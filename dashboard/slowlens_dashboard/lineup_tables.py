"""Runs beside each other as tables of Markdown cells, a column for each run."""

from collections.abc import Iterable, Sequence

import pandas as pd

from slowlens.facts.live.alongside import Circumstance
from slowlens.reports.speed_figures import Figure
from slowlens.reports.spread import UNKNOWN
from slowlens_dashboard.prose import plain

NOT_AVAILABLE = ":gray[not available]"


def differing_table(found: Iterable[Circumstance], names: Sequence[str]) -> pd.DataFrame:
    """Show each circumstance of each run, bold where it is unlike that of the first."""
    rows = [
        {
            "Circumstance": _circumstance(each),
            **{
                name: _told(told, each.told[0]) for name, told in zip(names, each.told, strict=True)
            },
        }
        for each in found
    ]
    return pd.DataFrame(rows)


def common_table(found: Iterable[Circumstance], names: Sequence[str]) -> pd.DataFrame:
    """Show each circumstance once, and the runs that do not tell it."""
    rows = [
        {
            "Circumstance": plain(_capital(each.what)),
            "Of all runs": _told(next(told for told in each.told if told is not None), None),
            "Not told by": ", ".join(
                name for name, told in zip(names, each.told, strict=True) if told is None
            ),
        }
        for each in found
    ]
    table = pd.DataFrame(rows)
    return table if (table["Not told by"] != "").any() else table.drop(columns="Not told by")


def _circumstance(each: Circumstance) -> str:
    name = plain(_capital(each.what))
    return name if each.decides else f"{name}  \n:gray[may differ]"


def _told(told: str | None, first: str | None) -> str:
    if told is None:
        return NOT_AVAILABLE
    text = plain(told) or "none"
    return f"**{text}**" if first is not None and told != first else text


def figures_table(figures: Iterable[Figure], names: Sequence[str]) -> pd.DataFrame:
    """Show each figure of each run, and below it how it relates to that of the first."""
    rows = [
        {
            "Figure": plain(_capital(figure.name)),
            **{
                name: _figure(told, ratio if place else "", names[0])
                for place, (name, told, ratio) in enumerate(
                    zip(names, figure.told, figure.ratios, strict=True)
                )
            },
        }
        for figure in figures
    ]
    return pd.DataFrame(rows)


def _figure(told: str, ratio: str, first: str) -> str:
    text = NOT_AVAILABLE if told == UNKNOWN else plain(told)
    share, *interval = ratio.split(" ", 1)
    beside = " ".join((share, "times", first, *interval))
    return f"{text}  \n:gray[{plain(beside)}]" if ratio else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
