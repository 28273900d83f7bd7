"""Milliseconds for each token, and below it how many tokens went into each step."""

from collections.abc import Iterable

import plotly.graph_objects as go

from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Trial
from slowlens_dashboard.charts.palette import line, opacity

HEIGHT = 520


def steps_figure(generations: Iterable[Generation]) -> go.Figure:
    """Draw the timed generations, each round a line; input lengths once for each kind."""
    figure = go.Figure(layout=layout())
    for generation in generations:
        if generation.trial.purpose not in (Purpose.SPEED, Purpose.CURVE):
            continue
        steps = generation.steps
        tokens = [generation.trial.ahead + step.index + 1 for step in steps]
        taken = [step.tokens_in for step in steps]
        milliseconds = [1000 * step.seconds for step in steps]
        trial = generation.trial
        figure.add_scatter(x=tokens, y=milliseconds, customdata=taken, **times(trial))
        if trial.round == 0:
            figure.add_scatter(x=tokens, y=taken, **inputs(trial))
    return figure


def shown(trial: Trial) -> dict[str, object]:
    """Return what a viewer of a run in progress needs to know of a trial."""
    return {
        "label": trial.label,
        "purpose": trial.purpose,
        "round": trial.round,
        "tokens": trial.new_tokens,
        "ahead": trial.ahead,
        "times": times(trial),
        "inputs": inputs(trial),
    }


def times(trial: Trial) -> dict[str, object]:
    """Return the look of a trial's line above; ``customdata`` is the length of its input."""
    tooltip = {"hovertemplate": "%{y:.1f} ms, tokens in: %{customdata}"}
    hover = {"hoverinfo": "skip"} if trial.round else tooltip
    return _look(trial) | hover | {"showlegend": trial.round == 0 and not trial.ahead}


def inputs(trial: Trial) -> dict[str, object]:
    """Return the look of a trial's line in the lower chart."""
    return _look(trial) | {
        "yaxis": "y2",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def layout() -> dict[str, object]:
    """Return the two charts, empty: one above the other, over one axis of tokens."""
    return {
        "height": HEIGHT,
        "margin": {"t": 36, "r": 8, "b": 48, "l": 64},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "uirevision": "keep",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {
            "title": _title("generated token"),
            "anchor": "y2",
            "showgrid": False,
            "zeroline": False,
        },
        "yaxis": {
            "title": _title("milliseconds per token"),
            "domain": [0.38, 1],
            "rangemode": "tozero",
        },
        "yaxis2": {"title": _title("tokens in"), "domain": [0, 0.28], "rangemode": "tozero"},
    }


def _title(text: str) -> dict[str, object]:
    return {"text": text, "font": {"size": 13}}


def _look(trial: Trial) -> dict[str, object]:
    probe = trial.purpose is Purpose.CURVE
    return {
        "name": f"{trial.label}, sampled" if probe else trial.label,
        "mode": "lines+markers" if probe else "lines",
        "line": line(trial),
        "opacity": opacity(trial),
        "legendgroup": trial.label,
    }
