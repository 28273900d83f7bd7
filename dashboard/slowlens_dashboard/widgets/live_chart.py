"""A run in progress: it polls the events that it lacks and asks for one rerun at the end."""

from pathlib import Path

import streamlit as st

from slowlens.facts.live.plan import Plan
from slowlens.measure.stages import Stage, sure
from slowlens_dashboard.charts.steps import layout
from slowlens_dashboard.routes import EVENTS, PLOTLY

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "slowlens.live_chart",
    html=(HERE / "live_chart.html").read_text(),
    css=(HERE / "live_chart.css").read_text(),
    js=(HERE / "live_chart.js").read_text(),
    isolate_styles=False,  # plotly.js adds its rules to the document
)


def live_chart(run_id: str, plan: Plan) -> None:
    """Draw the run as it grows."""
    _component(
        key=f"live-{run_id}",
        data={
            "events": EVENTS.format(id=run_id),
            "plotly": PLOTLY,
            "layout": layout(),
            "tokens": plan.new_tokens,
            "stages": list(Stage),
            "sure": sure(plan),
        },
        on_finished_change=lambda: None,
    )
