"""What the machine did during a run: a panel for each figure that it tells, over seconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens_dashboard.charts.palette import Kind, colors
from slowlens_dashboard.charts.panels import Panel, axis, panels_layout
from slowlens_dashboard.charts.steps import TIMED

LINES = ("#4c78a8", "#e45756", "#54a24b", "#b279a2", "#ff9da6", "#9d755d", "#eeca3b", "#72b7b2")
"""One for each GPU."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure of the machine, in a panel of its own."""

    panel: Panel
    of: Callable[[DeviceSample], float | None]
    of_gpu: bool = True
    """Else it is the machine's, and the same in the looks at each GPU."""


def _giga(count: int | None) -> float | None:
    return None if count is None else count / 1e9


GAUGES = (
    Gauge(Panel("GPU busy, %"), lambda look: look.utilization),
    Gauge(Panel("SM clock, MHz"), lambda look: look.sm_clock),
    Gauge(Panel("power, W"), lambda look: look.power),
    Gauge(Panel("temperature, °C", from_zero=False), lambda look: look.temperature),
    Gauge(Panel("GPU memory, GB"), lambda look: _giga(look.memory_used)),
    Gauge(Panel("memory of the run, GB"), lambda look: _giga(look.process_memory), of_gpu=False),
    Gauge(Panel("load average"), lambda look: look.load, of_gpu=False),
)


def machine_figure(measurement: Measurement) -> go.Figure | None:
    """Draw every figure that is known, with the timed trials shaded; None without any."""
    looks = measurement.samples
    gauges = [gauge for gauge in GAUGES if any(gauge.of(look) is not None for look in looks)]
    if not gauges:
        return None
    begun = min(look.at for look in looks)
    timed = [g for g in measurement.generations if g.trial.purpose in TIMED]
    names = len({g.trial.label for g in timed})
    figure = go.Figure(layout=panels_layout([gauge.panel for gauge in gauges], names))
    for number, gauge in enumerate(gauges):
        for line in _lines(gauge, looks, begun):
            figure.add_scatter(yaxis=axis("y", number), **line)
    _shade(figure, timed, begun)
    return figure


def _lines(gauge: Gauge, looks: Sequence[DeviceSample], begun: float) -> list[dict[str, object]]:
    """Return a line for each GPU, or one of the machine, which each look tells."""
    if not gauge.of_gpu:
        moments = {look.at: look for look in looks}
        return [_line(gauge, [*moments.values()], begun, 0)]
    gpus = dict.fromkeys(look.device for look in looks if gauge.of(look) is not None)
    return [
        _line(gauge, [look for look in looks if look.device == gpu], begun, number)
        for number, gpu in enumerate(gpus)
    ]


def _line(
    gauge: Gauge, looks: Sequence[DeviceSample], begun: float, number: int
) -> dict[str, object]:
    return {
        "x": [look.at - begun for look in looks],
        "y": [gauge.of(look) for look in looks],
        "mode": "lines",
        "name": gauge.panel.title,
        "showlegend": False,
        "line": {"color": LINES[number % len(LINES)], "width": 1.5},
        "hovertemplate": f"%{{y:.4g}} {gauge.panel.title.rpartition(', ')[2]}<extra></extra>",
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
