"""What the machine did during a run: a panel for each figure that it tells, over seconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import plotly.graph_objects as go

from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens_dashboard.charts.palette import Kind, colors
from slowlens_dashboard.charts.steps import TIMED

PANEL, TOP, BOTTOM, ROW = 100, 8, 52, 22
"""Pixels of a panel, of what is around them, and of a row of the legend."""
IN_A_ROW = 4
"""Names in the legend."""
GAP = 0.26
"""Of a panel: the space above it."""
LINES = ("#4c78a8", "#e45756", "#54a24b", "#b279a2", "#ff9da6", "#9d755d", "#eeca3b", "#72b7b2")
"""One for each GPU."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure of the machine."""

    title: str
    of: Callable[[DeviceSample], float | None]
    of_gpu: bool = True
    """Else it is the machine's, and the same in the looks at each GPU."""


def _giga(count: int | None) -> float | None:
    return None if count is None else count / 1e9


PANELS = (
    Panel("GPU busy, %", lambda look: look.utilization),
    Panel("SM clock, MHz", lambda look: look.sm_clock),
    Panel("power, W", lambda look: look.power),
    Panel("temperature, °C", lambda look: look.temperature),
    Panel("GPU memory, GB", lambda look: _giga(look.memory_used)),
    Panel("memory of the run, GB", lambda look: _giga(look.process_memory), of_gpu=False),
    Panel("load average", lambda look: look.load, of_gpu=False),
)


def machine_figure(measurement: Measurement) -> go.Figure | None:
    """Draw every figure that is known, with the timed trials shaded; None without any."""
    looks = measurement.samples
    panels = [panel for panel in PANELS if any(panel.of(look) is not None for look in looks)]
    if not panels:
        return None
    begun = min(look.at for look in looks)
    timed = [g for g in measurement.generations if g.trial.purpose in TIMED]
    figure = go.Figure(layout=_layout(panels, len({g.trial.label for g in timed})))
    for number, panel in enumerate(panels):
        for line in _lines(panel, looks, begun):
            figure.add_scatter(yaxis=_axis("y", number), **line)
    _shade(figure, timed, begun)
    return figure


def _lines(panel: Panel, looks: Sequence[DeviceSample], begun: float) -> list[dict[str, object]]:
    """Return a line for each GPU, or one of the machine, which each look tells."""
    if not panel.of_gpu:
        moments = {look.at: look for look in looks}
        return [_line(panel, [*moments.values()], begun, 0)]
    gpus = dict.fromkeys(look.device for look in looks if panel.of(look) is not None)
    return [
        _line(panel, [look for look in looks if look.device == gpu], begun, number)
        for number, gpu in enumerate(gpus)
    ]


def _line(
    panel: Panel, looks: Sequence[DeviceSample], begun: float, number: int
) -> dict[str, object]:
    return {
        "x": [look.at - begun for look in looks],
        "y": [panel.of(look) for look in looks],
        "mode": "lines",
        "name": panel.title,
        "showlegend": False,
        "line": {"color": LINES[number % len(LINES)], "width": 1.5},
        "hovertemplate": f"%{{y:.4g}} {panel.title.rpartition(', ')[2]}<extra></extra>",
    }


def _shade(figure: go.Figure, timed: Sequence[Generation], begun: float) -> None:
    """Colour the background while a trial ran, and name the colours once."""
    shades: Mapping[Kind, str] = colors(g.trial for g in timed)
    named: set[str] = set()
    for generation in timed:
        trial, start = generation.trial, generation.started
        if start is None:
            continue
        shade = shades[trial.subject, trial.cache]
        area = {"x0": start - begun, "x1": start - begun + generation.total_seconds}
        figure.add_shape(
            type="rect", **area, y0=0, y1=1, yref="paper", fillcolor=shade, opacity=0.16,
            line_width=0, layer="below",
        )  # fmt: skip
        if trial.label not in named:
            named.add(trial.label)
            figure.add_scatter(x=[None], y=[None], **_name(trial.label, shade))


def _name(label: str, shade: str) -> dict[str, object]:
    return {
        "mode": "markers",
        "name": label,
        "marker": {"color": shade, "symbol": "square", "size": 11, "opacity": 0.6},
    }


def _layout(panels: Sequence[Panel], names: int) -> dict[str, object]:
    axes = {_axis("yaxis", number): _panel(panel, number, len(panels))
            for number, panel in enumerate(panels)}  # fmt: skip
    titles = [_title(panel, number, len(panels)) for number, panel in enumerate(panels)]
    below = BOTTOM + ROW * ceil(names / IN_A_ROW)
    bottom = {"title": {"text": "seconds", "font": {"size": 13}}, "zeroline": False}
    return {
        "height": TOP + PANEL * len(panels) + below,
        "margin": {"t": TOP, "r": 8, "b": below, "l": 56},
        "hovermode": "x",
        "legend": {"orientation": "h", "x": 0, "y": 0, "yanchor": "bottom", "yref": "container"},
        "xaxis": bottom | {"anchor": _axis("y", len(panels) - 1), "showgrid": False},
        "annotations": titles,
        **axes,
    }


def _panel(panel: Panel, number: int, panels: int) -> dict[str, object]:
    bottom, top = _place(number, panels)
    zero = {"rangemode": "tozero"} if not panel.title.startswith("temperature") else {}
    return {"domain": [bottom, top], "nticks": 4, "zeroline": False} | zero


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


def _axis(name: str, number: int) -> str:
    return name if number == 0 else f"{name}{number + 1}"
