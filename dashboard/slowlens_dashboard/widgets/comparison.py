"""Two runs of the same checkpoint: before and after a fix."""

import streamlit as st

from slowlens.compare import compare
from slowlens.facts.live.speed import Speed
from slowlens.reports.units import milliseconds
from slowlens.run import Run
from slowlens_dashboard.prose import prose
from slowlens_dashboard.widgets.recent_runs import run_link


def comparison(before: Run, after: Run) -> None:
    """Draw what became of it."""
    compared = compare(before, after)
    with st.container(border=True, key="comparison"):
        st.subheader("Before and after", anchor=False)
        st.markdown(prose(compared.sentence))
        if compared.before and compared.after and not compared.differs:
            _figures(compared.before, compared.after)
        with st.container(horizontal=True):
            run_link(before, "The run before")
            run_link(after, "The run after")


def _figures(before: Speed, after: Speed) -> None:
    with st.grid(3, min_column_width=200):
        _metric("Per token", milliseconds(before.tpot), milliseconds(after.tpot))
        _metric("First token", milliseconds(before.ttft), milliseconds(after.ttft))
        _metric(
            "Speed",
            f"{before.tokens_per_second:.1f} tokens/s",
            f"{after.tokens_per_second:.1f} tokens/s",
        )


def _metric(label: str, before: str, after: str) -> None:
    st.metric(label, after, delta=f"before: {before}", delta_color="off", delta_arrow="off")
