"""How many runs a server does not show, where others may look on."""

import streamlit as st

from slowlens.reports.units import counted
from slowlens_dashboard.wording.language import _


def hidden_runs(hidden: int) -> None:
    """Say that there are more, and who may see them; nothing where there are none."""
    if hidden:
        st.caption(
            _(
                f"Not shown here: {counted(hidden, 'run')} of folders that this dashboard may not"
                " read. To see them, start one with: slowlens ui --root FOLDER"
            )
        )
