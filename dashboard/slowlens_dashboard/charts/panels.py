"""Small charts one below the other, over one axis of seconds, each with its name above it."""

from collections.abc import Sequence
from dataclasses import dataclass

PANEL, TOP, BOTTOM, ROW = 100, 8, 52, 22
"""Pixels of a panel, of what is around them, and of a row of the legend."""
GAP = 0.26
"""Of a panel: the space above it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of them, still empty."""

    title: str
    from_zero: bool = True
    """Whether its axis begins at zero."""


def panels_layout(panels: Sequence[Panel], names: int) -> dict[str, object]:
    """Place them, the first on top, with room for ``names`` in the legend below.

    On a narrow screen each name takes a row of its own.
    """
    axes = {axis("yaxis", number): _axis(panel, number, len(panels))
            for number, panel in enumerate(panels)}  # fmt: skip
    titles = [_title(panel, number, len(panels)) for number, panel in enumerate(panels)]
    below = BOTTOM + ROW * names
    bottom = {"title": {"text": "seconds", "font": {"size": 13}}, "zeroline": False}
    return {
        "height": TOP + PANEL * len(panels) + below,
        "margin": {"t": TOP, "r": 8, "b": below, "l": 56},
        "hovermode": "x",
        "legend": legend_below(BOTTOM, PANEL * len(panels)),
        "xaxis": bottom | {"anchor": axis("y", len(panels) - 1), "showgrid": False},
        "annotations": titles,
        **axes,
    }


def legend_below(axis_height: int, plot_height: int) -> dict[str, object]:
    """Place the legend right below the axis; both heights in pixels."""
    return {"orientation": "h", "x": 0, "y": -axis_height / plot_height, "yanchor": "top"}


def axis(name: str, number: int) -> str:
    """Name the axis of a panel as Plotly does: ``y``, ``y2``, ``y3``."""
    return name if number == 0 else f"{name}{number + 1}"


def _axis(panel: Panel, number: int, panels: int) -> dict[str, object]:
    zero = {"rangemode": "tozero"} if panel.from_zero else {}
    return {"domain": [*_place(number, panels)], "nticks": 4, "zeroline": False} | zero


def _title(panel: Panel, number: int, panels: int) -> dict[str, object]:
    """Write the name above its panel, where it needs no width."""
    return {
        "text": panel.title,
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": _place(number, panels)[1],
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12},
    }


def _place(number: int, panels: int) -> tuple[float, float]:
    """Return the lower and the upper end of a panel, the first one on top."""
    bottom = (panels - 1 - number) / panels
    return bottom, bottom + (1 - GAP) / panels
