"""The dashboard's own charts for a report."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

import plotly.graph_objects as go

from slowlens.facts.live.device import DeviceSample
from slowlens.facts.live.explanation import waterfalls
from slowlens.facts.live.measurement import Measurement
from slowlens.redaction.walking import mapped
from slowlens.reports.document.blocks import Chart, Document, Drawing
from slowlens_dashboard.charts.machine import machine_figure
from slowlens_dashboard.charts.steps import steps_figure
from slowlens_dashboard.charts.waterfall import waterfall_figure

MARKS = re.compile(r"[&<>$]")
"""What charts read as HTML or as a formula."""


def drawings(document: Document, measurement: Measurement | None) -> Mapping[Drawing, go.Figure]:
    """Return a figure for each chart of the report."""
    wanted = [
        block.drawing
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Chart)
    ]
    if measurement is None:
        return {}
    safe = _inert(measurement)
    found = {drawing: _drawn(drawing, safe) for drawing in wanted}
    return {drawing: figure for drawing, figure in found.items() if figure is not None}


def _drawn(drawing: Drawing, measurement: Measurement) -> go.Figure | None:
    match drawing:
        case Drawing.WATERFALL:
            return waterfall_figure(waterfalls(measurement))
        case Drawing.STEPS:
            return steps_figure(measurement.generations)
        case Drawing.MACHINE:
            return machine_figure(measurement)


def _inert(value: Any) -> Any:  # noqa: ANN401 - any part of a measurement
    """Return it with texts that no chart takes for its own small HTML: names come from a file."""
    if isinstance(value, DeviceSample):
        return value  # there are thousands, and no chart tells a text of theirs
    if isinstance(value, str) and not isinstance(value, Enum):
        return MARKS.sub(lambda mark: f"&#{ord(mark[0])};", value)
    return mapped(value, _inert)
