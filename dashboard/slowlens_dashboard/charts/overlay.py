"""Several runs over one axis of tokens: the time of each token, and when it was there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose
from slowlens_dashboard.charts.palette import series
from slowlens_dashboard.charts.tokens import tokens_layout

HEIGHT = 560
BAND = 0.18
"""Opacity of the range of the rounds."""
BELOW = "The first token is in the lower chart alone."


@dataclass(frozen=True, slots=True)
class Curve:
    """One kind of trial of one run."""

    name: str
    generations: tuple[Generation, ...]


def overlay_figure(curves: Sequence[Curve]) -> go.Figure | None:
    """Draw the curves in their order; None where none of them has a second token."""
    figure = go.Figure(layout=tokens_layout("seconds since the call", 0.38, HEIGHT))
    for place, curve in enumerate(curves):
        points = _latencies(curve.generations)
        if not points.empty:
            look = _look(place, curve.name)
            probed = all(g.trial.purpose is Purpose.CURVE for g in curve.generations)
            _draw_latencies(figure, points, look, probed=probed)
            _draw_arrivals(figure, _arrivals(curve.generations), look)
    return figure if figure.data else None


def _draw_latencies(
    figure: go.Figure, points: pd.DataFrame, look: Mapping[str, object], *, probed: bool
) -> None:
    points = 1000 * points
    tokens = points.index.to_numpy()
    if (points["max"] > points["min"]).any():
        for end, fill in (("min", None), ("max", "tonexty")):
            figure.add_scatter(x=tokens, y=_numbers(points[end]), fill=fill, **_edge(look))
    marks = {"mode": "lines+markers", "marker": {"size": 6}} if probed else {}
    figure.add_scatter(
        x=tokens,
        y=_numbers(points["median"]),
        hovertemplate="%{y:,.3r} ms",
        **{**look, **marks},
    )


def _draw_arrivals(figure: go.Figure, points: pd.DataFrame, look: Mapping[str, object]) -> None:
    if not points.empty:
        figure.add_scatter(
            x=points.index.to_numpy(),
            y=_numbers(points["median"]),
            yaxis="y2",
            hovertemplate="%{y:,.3r} s",
            **{**look, "showlegend": False},
        )


def _numbers(column: pd.Series) -> np.ndarray:
    """Return an array: of lists Plotly looks at every number, which takes long for thousands."""
    return column.to_numpy("float32")


def _latencies(generations: Iterable[Generation]) -> pd.DataFrame:
    """Return the time of each token but the first of an answer, which the prompt is in."""
    steps = ((g.trial.ahead + step.index, step) for g in generations for step in g.steps)
    return _over_rounds((before + 1, step.seconds) for before, step in steps if before)


def _arrivals(generations: Iterable[Generation]) -> pd.DataFrame:
    """Return when each token was there, from the call on; probes do not tell that."""
    return _over_rounds(
        (number, seconds)
        for g in generations
        if g.trial.purpose is Purpose.SPEED
        for number, seconds in enumerate(accumulate(step.seconds for step in g.steps), 1)
    )


def _over_rounds(told: Iterable[tuple[int, float]]) -> pd.DataFrame:
    """Return the least, the middle and the most of all rounds in seconds, by the token."""
    steps = pd.DataFrame(told, columns=["token", "seconds"])
    return steps.groupby("token")["seconds"].agg(["min", "median", "max"])


def whole(generations: Iterable[Generation]) -> tuple[Generation, ...]:
    """Return the timed generations that were run to their end: whole trials, or else probes."""
    done = [g for g in generations if g.finish is not Finish.STOPPED]
    found = (
        tuple(g for g in done if g.trial.purpose is purpose)
        for purpose in (Purpose.SPEED, Purpose.CURVE)
    )
    return next(filter(None, found), ())


def caption(curves: Iterable[Curve]) -> str:
    """Say what the lines stand for."""
    told = [*_told([*curves])]
    return f"{'; '.join(told)}. {BELOW}"


def _told(curves: Sequence[Curve]) -> Iterator[str]:
    yield "Line: median of the rounds"
    if any(len(curve.generations) > 1 for curve in curves):
        yield "band: from the lowest to the highest of them"
    if any(g.trial.purpose is Purpose.CURVE for curve in curves for g in curve.generations):
        yield "dots: steps of a long run that is sampled, which tell no time of arrival"


def _look(place: int, name: str) -> dict[str, object]:
    """Tell a run by its colour and by its dashes: colours alone do not print, nor do all see them.

    The name may be that of a folder, and Plotly reads some HTML in it.
    """
    return {
        "name": escape(name),
        "mode": "lines",
        "line": series(place) | {"width": 2.2},
        "legendgroup": str(place),
    }


def _edge(look: Mapping[str, object]) -> dict[str, object]:
    line = look["line"]
    assert isinstance(line, dict)
    return {
        "mode": "lines",
        "line": {"width": 0},
        "fillcolor": _faint(str(line["color"])),
        "legendgroup": look["legendgroup"],
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _faint(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{BAND})"
