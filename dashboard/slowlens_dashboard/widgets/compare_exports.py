"""The comparison to carry away."""

import streamlit as st

from slowlens.lineup import Lineup
from slowlens.reports import speed_json, speed_md
from slowlens_dashboard.language import _


def lineup_exports(lineup: Lineup) -> None:
    """Draw the downloads; they are made when they are asked for."""
    forms = (("Markdown", speed_md.render_all, "md", "text/markdown"),
             ("JSON", speed_json.render_all, "json", "application/json"))  # fmt: skip
    with st.container(horizontal=True):
        for name, render, ending, media in forms:
            st.download_button(
                _(f"Comparison as {name}"),
                lambda render=render: render(lineup.verdicts),
                f"slowlens-comparison.{ending}",
                media,
                key=f"compare-{ending}",
                icon=":material/download:",
                on_click="ignore",
            )
