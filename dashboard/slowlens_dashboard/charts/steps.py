"""Milliseconds for each token, and below it how many tokens went into each step."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import plotly.graph_objects as go

from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Trial
from slowlens.measure.stages import stage_of
from slowlens_dashboard.charts.palette import colors, line, opacity
from slowlens_dashboard.charts.tokens import tokens_layout

HEIGHT = 520
TIMED = (Purpose.SPEED, Purpose.CURVE)
TOOLTIP = "%{y:,.3r} ms, tokens in: %{customdata}"


def steps_figure(generations: Iterable[Generation]) -> go.Figure:
    """Draw the timed generations, each round a line; input lengths once for each kind."""
    figure = go.Figure(layout=layout())
    timed = [g for g in generations if g.trial.purpose in TIMED]
    shades = colors(g.trial for g in timed)
    for probes in _drawn_together(timed):
        trial = probes[0].trial
        shade = shades[trial.subject, trial.cache]
        tokens, milliseconds, taken = _points(probes)
        figure.add_scatter(x=tokens, y=milliseconds, customdata=taken, **times(trial, shade))
        if trial.round == 0:
            figure.add_scatter(x=tokens, y=taken, **inputs(trial, shade))
    return figure


def _drawn_together(timed: Sequence[Generation]) -> Iterator[list[Generation]]:
    """Yield each generation alone, but the probes of one round in the order of their lengths."""
    for (purpose, *_), run in groupby(timed, key=_round):
        probes = sorted(run, key=lambda g: g.trial.ahead)
        yield from [probes] if purpose is Purpose.CURVE else ([each] for each in probes)


def _round(generation: Generation) -> tuple[Purpose, str, int]:
    trial = generation.trial
    return trial.purpose, trial.label, trial.round


def _points(probes: Sequence[Generation]) -> tuple[list[int], list[float], list[int]]:
    """Return token, milliseconds and tokens in of each step, at its place in the answer."""
    steps = [(g.trial.ahead, step) for g in probes for step in g.steps]
    tokens = [ahead + step.index + 1 for ahead, step in steps]
    taken = [step.tokens_in for _, step in steps]
    return tokens, [1000 * step.seconds for _, step in steps], taken


def shown(trials: Sequence[Trial]) -> list[dict[str, object]]:
    """Return what a viewer of a run in progress needs to know of its trials."""
    shades = colors(trials)
    return [_shown(trial, shades[trial.subject, trial.cache]) for trial in trials]


def _shown(trial: Trial, shade: str) -> dict[str, object]:
    return {
        "label": trial.label,
        "subject": trial.subject,
        "cache": trial.cache,
        "purpose": trial.purpose,
        "stage": stage_of(trial),
        "round": trial.round,
        "tokens": trial.new_tokens,
        "ahead": trial.ahead,
        "times": times(trial, shade),
        "inputs": inputs(trial, shade),
    }


def times(trial: Trial, shade: str) -> dict[str, object]:
    """Return the look of a trial's line above; ``customdata`` is the length of its input."""
    hover = {"hoverinfo": "skip"} if trial.round else {"hovertemplate": TOOLTIP}
    return _look(trial, shade) | hover | {"showlegend": trial.round == 0}


def inputs(trial: Trial, shade: str) -> dict[str, object]:
    """Return the look of a trial's line in the lower chart."""
    return _look(trial, shade) | {
        "yaxis": "y2",
        "showlegend": False,
        "hoverinfo": "skip",
    }


def sampled(label: str) -> str:
    """Name the line of a trial that is run at a few lengths only."""
    return f"{label}, sampled"


def layout() -> dict[str, object]:
    """Return the two charts, empty; what a reader has zoomed to stays while they grow."""
    return tokens_layout("tokens in", 0.28, HEIGHT) | {"uirevision": "keep"}


def lines_note(rounds: int, *, sampled: bool = False) -> str:
    """Say what the looks of the lines stand for, as ``palette`` gives them."""
    told = "Thick line: merged as shipped; medium: the other trials"
    if rounds > 1:
        told += "; thin and faint: rounds after the first"
    return f"{told}; dots: steps of a long run that is sampled." if sampled else f"{told}."


def _look(trial: Trial, shade: str) -> dict[str, object]:
    return {
        "name": trial.label,
        "mode": "lines",
        "line": line(trial, shade),
        "opacity": opacity(trial),
        "legendgroup": trial.label,
    } | (_probes(trial, shade) if trial.purpose is Purpose.CURVE else {})


def _probes(trial: Trial, shade: str) -> dict[str, object]:
    """Mark the steps that were run; between them the first round is followed by a dotted line."""
    return {
        "name": sampled(trial.label),
        "mode": "markers" if trial.round else "lines+markers",
        "line": {"color": shade, "width": 1.5, "dash": "dot"},
        "marker": {"color": shade, "size": 5 if trial.round else 7},
    }
