"""Parts of Streamlit that other pages need, fetched while somebody reads the first one."""

from pathlib import Path

import pandas as pd
import streamlit as st

_DONE = "fetched-ahead"
_STATIC = Path(st.__file__).parent / "static"
CHARTS = tuple(file.relative_to(_STATIC).as_posix() for file in _STATIC.rglob("PlotlyChart.*.js"))
"""Streamlit's own module for charts, 5 MB of it, under the name that it has in this version."""

_modules = st.components.v2.component(
    "slowlens_ahead",
    js="""
export default function ({ data }) {
  const read = (file) => import(new URL(file, document.baseURI)).catch(() => {});
  (window.requestIdleCallback ?? setTimeout)(() => data.forEach(read));
}
""",
)


def fetch_ahead() -> None:
    """Draw one of each, unseen, in the first run of a session, and read the charts' module.

    A browser reads such a part when it is drawn for the first time, which takes a quarter of a
    second for code, and half a second for charts: too long for a click that opens a page.
    """
    if _DONE in st.session_state:
        return
    st.session_state[_DONE] = True
    with st.container(key="ahead"):  # looks.css hides it
        st.code(" ", language="diff")
        st.table(pd.DataFrame())
        _modules(data=list(CHARTS))
