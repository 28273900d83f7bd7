"""Where the time of a token goes: one bar for each kind of trial, one colour for each share."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.waterfall import Share, Waterfall
from slowlens_dashboard.charts.panels import ROW, legend_below

SHADES: Mapping[Share, str] = {
    Share.FLOOR: "#009e73",
    Share.BUSY: "#56b4e9",
    Share.PLANS: "#f0e442",
    Share.LAUNCH: "#e69f00",
    Share.RECOMPUTE: "#d55e00",
    Share.FORWARD: "#bebebe",
    Share.OFFLOAD: "#0072b2",
    Share.REST: "#5c5c5c",
}
"""Okabe and Ito's colours, which colour-blind people tell apart, and two greys."""
INKS = {Share.OFFLOAD: "#ffffff", Share.REST: "#ffffff"}
"""Of the percentage in a bar, where it is not ``INK``."""
INK, EDGE = "#111111", {"color": "#77838c", "width": 1}
"""The edge shows a bar whose colour is close to the page's."""
BAR, AXIS = 76, 52
"""Pixels of a bar with its label above it, and of the axis below the bars."""
THICK = 0.32
"""Of that: the bar alone."""
LONG = 54
"""Characters of a label that a narrow screen has room for; a longer one takes two lines."""
WIDE = 0.06
"""Of the longest bar: where a part is wide enough for its percentage."""
ROOM = 1.02
"""Of the longest bar: the axis."""


def waterfall_figure(found: Sequence[Waterfall]) -> go.Figure:
    """Draw what ``waterfalls`` returns, at least one: parts that add up to the time per token."""
    names = [_name(each) for each in found]
    longest = max(each.tpot for each in found)
    shares = [share for share in Share if any(each.seconds(share) for each in found)]
    figure = go.Figure(layout=_layout(len(found), longest, len(shares)))
    for share in shares:
        figure.add_bar(y=names, **_bars(share, found, longest))
    for each, name in zip(found, names, strict=True):
        figure.add_annotation(x=0, y=name, **_label(each))
    return figure


def _bars(share: Share, found: Sequence[Waterfall], longest: float) -> dict[str, object]:
    seconds = [each.seconds(share) for each in found]
    parts = [100 * part / each.tpot for part, each in zip(seconds, found, strict=True)]
    return {
        "x": [1000 * part for part in seconds],
        "name": share.value,
        "orientation": "h",
        "marker": {"color": SHADES[share], "line": EDGE},
        "customdata": [
            f"{milliseconds(part)} ({percent:.0f} %)"
            for part, percent in zip(seconds, parts, strict=True)
        ],
        "text": [
            f"{percent:.0f} %" if part > WIDE * longest else ""
            for part, percent in zip(seconds, parts, strict=True)
        ],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": INKS.get(share, INK)},
        "hovertemplate": f"{share.value}: %{{customdata}}<extra></extra>",
    }


def _label(each: Waterfall) -> dict[str, object]:
    """Write what a bar is above it, from the left edge on: beside it a narrow screen would cut."""
    about = "about " if each.estimated else ""
    told = f"{about}{milliseconds(each.tpot)}, {each.bound}"
    name = _name(each)
    break_or_space = "<br>" if len(f"{name}: {told}") > LONG else " "
    return {
        "text": f"<b>{name}:</b>{break_or_space}{told}",
        "showarrow": False,
        "align": "left",
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": BAR * THICK / 2,
    }


def _name(each: Waterfall) -> str:
    return f"{each.label}, estimated" if each.estimated else each.label


def _layout(bars: int, longest: float, shares: int) -> dict[str, object]:
    below = AXIS + ROW * shares
    return {
        "barmode": "stack",
        "height": BAR * bars + below,
        "bargap": 1 - THICK,
        "margin": {"t": 0, "r": 8, "b": below, "l": 8},
        "legend": legend_below(AXIS, BAR * bars) | {"traceorder": "normal"},
        "showlegend": True,
        "xaxis": {
            "title": {"text": "milliseconds per token", "font": {"size": 13}, "standoff": 8},
            "range": [0, 1000 * ROOM * longest],
            "nticks": 6,
        },
        "yaxis": {"autorange": "reversed", "showticklabels": False},
    }
