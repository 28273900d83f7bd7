"""Every axis of every chart names a unit or what is counted."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from literals import generation, measurement
from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.gauges import GAUGES
from slowlens.facts.live.trial import Cache
from slowlens_dashboard import charts
from slowlens_dashboard.charts.machine import machine_figure
from slowlens_dashboard.charts.overlay import Curve, overlay_figure
from slowlens_dashboard.charts.steps import steps_figure
from slowlens_dashboard.charts.waterfall import waterfall_figure
from slowlens_dashboard.tables.machine_table import machine_table

SHIPPED = generation(0.4, 0.4, 0.4)
ON = generation(0.1, 0.1, 0.1, cache=Cache.ON)
LOOK = DeviceSample(
    1, 1, 2, 3, sm_clock=4, power=5.0, temperature=6, process_memory=7, load=8.0, device="a"
)
MEASURED = replace(
    measurement(*[replace(g, started=1.0) for g in (SHIPPED, ON)]),
    samples=(LOOK, replace(LOOK, device="b")),
)
FIGURES = {
    "machine": machine_figure(MEASURED),
    "overlay": overlay_figure([Curve("a", (SHIPPED,)), Curve("b", (ON,))]),
    "steps": steps_figure(MEASURED.generations),
    "waterfall": waterfall_figure(waterfalls(MEASURED)),
}
NO_FIGURE = {"palette", "panels", "tokens"}
UNIT = re.compile(r"\b(seconds|milliseconds|tokens?|processes|MHz|W|GB)\b|%|°C", re.IGNORECASE)


def test_every_chart_is_looked_at() -> None:
    modules = {module.name for module in pkgutil.iter_modules(charts.__path__)}
    assert modules - NO_FIGURE == set(FIGURES)
    for name in NO_FIGURE:
        module = importlib.import_module(f"{charts.__name__}.{name}")
        assert not hasattr(module, "go"), f"{name} draws nothing"


@pytest.mark.parametrize("name", FIGURES)
def test_axes_name_their_units(name: str) -> None:
    figure = FIGURES[name]
    assert figure
    titles = dict(axes(figure))
    assert titles
    assert [f"{axis}: {title!r}" for axis, title in titles.items() if not UNIT.search(title)] == []


def axes(figure: go.Figure) -> Iterator[tuple[str, str]]:
    """Yield the axes that carry figures, with their titles, or with what is written above them."""
    layout: dict[str, Any] = json.loads(figure.to_json())["layout"]
    above = {
        note["y"]: note["text"]
        for note in layout.get("annotations", ())
        if note.get("yref") == "paper"
    }
    for name, axis in layout.items():
        if re.fullmatch(r"[xy]axis\d*", name) and axis.get("showticklabels", True):
            top = axis.get("domain", [0, None])[1]
            yield name, axis.get("title", {}).get("text") or above.get(top, "")


def test_what_the_machine_did_is_told_in_a_table_too() -> None:
    table = machine_table(MEASURED)
    assert [*table.columns] == ["Figure", "Lowest", "Median", "Highest", "n"]
    told = [*table["Figure"]]
    assert "GPU 2: power, W" in told
    assert told[-1] == "load average, processes"
    assert len(told) == sum(2 if gauge.of_gpu else 1 for gauge in GAUGES)
    cooler, hotter = (replace(LOOK, at=at, temperature=t) for at, t in ((1.0, 40), (2.0, 51)))
    found = machine_table(replace(MEASURED, samples=(cooler, hotter, hotter)))
    (row,) = found[found["Figure"] == "temperature, °C"].to_dict("records")
    assert [row[k] for k in ("Lowest", "Median", "Highest", "n")] == ["40", "51", "51", "3 looks"]
    assert machine_table(replace(MEASURED, samples=())).empty
