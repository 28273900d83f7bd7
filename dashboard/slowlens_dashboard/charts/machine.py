"""What the machine did during a run: a panel for each figure that it tells, over seconds."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from slowlens.facts.live.gauges import Track, gauges, tracks
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Kind
from slowlens_dashboard.charts.palette import colors, series
from slowlens_dashboard.charts.panels import Panel, axis, panels_layout
from slowlens_dashboard.charts.steps import TIMED


def machine_figure(measurement: Measurement) -> go.Figure | None:
    """Draw every figure that is known, with the timed trials shaded; None without any."""
    looks = measurement.samples
    drawn = [(gauge, tracks(gauge, looks)) for gauge in gauges(looks)]
    if not drawn:
        return None
    begun = min(look.at for look in looks)
    timed = [g for g in measurement.generations if g.trial.purpose in TIMED]
    gpus = max(len(found) for _, found in drawn)
    names = len({g.trial.label for g in timed}) + (gpus if gpus > 1 else 0)
    panels = [Panel(gauge.title, gauge.from_zero) for gauge, _ in drawn]
    figure = go.Figure(layout=panels_layout(panels, names))
    for number, (_, found) in enumerate(drawn):
        for track in found:
            figure.add_scatter(yaxis=axis("y", number), **_line(track, begun))
    if gpus > 1:
        for gpu in range(gpus):
            figure.add_scatter(x=[None], y=[None], mode="lines", **_gpu(gpu))
    _shade(figure, timed, begun)
    return figure


def _line(track: Track, begun: float) -> dict[str, object]:
    title, _, unit = track.gauge.title.rpartition(", ")
    gpu = f"GPU {track.gpu + 1}: " if track.gauge.of_gpu else ""
    return _gpu(track.gpu) | {
        "x": [look.at - begun for look in track.looks],
        "y": [track.gauge.of(look) for look in track.looks],
        "mode": "lines",
        "name": track.gauge.title,
        "showlegend": False,
        "hovertemplate": f"{gpu}%{{y:.4~g}} {unit if title else ''}<extra></extra>",
    }


def _gpu(number: int) -> dict[str, object]:
    """Return the look of a GPU's lines: a colour, dashes and a name."""
    return {"name": f"GPU {number + 1}", "line": series(number) | {"width": 1.5}}


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
