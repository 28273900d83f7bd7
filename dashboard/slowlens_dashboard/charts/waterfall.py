"""Where the time of a token goes: one bar for each kind of trial, one colour for each share."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from slowlens.facts.live.seconds import milliseconds
from slowlens.facts.live.waterfall import Share, Waterfall

SHADES: Mapping[Share, str] = {
    Share.FLOOR: "#009e73",
    Share.BUSY: "#56b4e9",
    Share.PLANS: "#f0e442",
    Share.LAUNCH: "#e69f00",
    Share.RECOMPUTE: "#d55e00",
    Share.FORWARD: "#c9c9c9",
    Share.OFFLOAD: "#cc79a7",
    Share.REST: "#8c8c8c",
}
"""Okabe and Ito's colours, which colour-blind people tell apart."""
BAR, FRAME = 76, 100
"""Pixels of a bar with its label above it, and of what is around the bars."""
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
    figure = go.Figure(layout=_layout(len(found), longest))
    for share in Share:
        if any(each.seconds(share) for each in found):
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
        "marker": {"color": SHADES[share]},
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
        "textfont": {"color": "#111111"},
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


def _layout(bars: int, longest: float) -> dict[str, object]:
    return {
        "barmode": "stack",
        "height": FRAME + BAR * bars,
        "bargap": 1 - THICK,
        "margin": {"t": 34, "r": 8, "b": 48, "l": 8},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        "showlegend": True,
        "xaxis": {
            "title": {"text": "milliseconds per token", "font": {"size": 13}},
            "range": [0, 1000 * ROOM * longest],
        },
        "yaxis": {"autorange": "reversed", "showticklabels": False},
    }
