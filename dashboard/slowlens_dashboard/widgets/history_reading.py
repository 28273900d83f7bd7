"""How far the reading of run files has come, where there are many that are new to this machine."""

import streamlit as st

from slowlens_dashboard.runs import kept
from slowlens_dashboard.wording.language import _

TICK = 0.5
"""Seconds from one look to the next."""


def history_reading(unread: int) -> None:
    """Draw it while some are unread; the page is drawn anew when all were."""
    if unread:
        _progress()


@st.fragment(run_every=TICK)
def _progress() -> None:
    found = kept.shelf()
    if not found.unread:
        st.rerun()
    read, left = len(found.rows), found.unread
    st.progress(read / (read + left), _(f"Reading older runs: {read} of {read + left}"))
