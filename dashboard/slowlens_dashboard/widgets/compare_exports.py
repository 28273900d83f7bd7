"""The comparison to carry away."""

from collections.abc import Callable, Iterable

import streamlit as st

from slowlens.gather.identity import identity
from slowlens.lineup import Lineup
from slowlens.reports import speed_json, speed_md
from slowlens.speedverdict import SpeedVerdict
from slowlens_dashboard.runs.lineup_sharing import without_private
from slowlens_dashboard.wording.language import _

Render = Callable[[Iterable[SpeedVerdict]], str]


def lineup_exports(lineup: Lineup) -> None:
    """Draw the downloads; they are made when they are asked for."""
    with st.container(horizontal=True):
        _download(lineup, "Markdown", speed_md.render_all, "md", "text/markdown")
        _download(lineup, "JSON", speed_json.render_all, "json", "application/json")
    st.caption(
        _("Without paths, prompts, and names of users and machines; slowlens compare tells all.")
    )


def _download(lineup: Lineup, name: str, render: Render, ending: str, media: str) -> None:
    def content() -> str:
        here = identity()
        found = (without_private(verdict, here, lineup.kind) for verdict in lineup.verdicts)
        return render(found)

    st.download_button(
        _(f"Comparison as {name}"),
        content,
        f"slowlens-comparison.{ending}",
        media,
        key=f"compare-{ending}",
        icon=":material/download:",
        on_click="ignore",
    )
