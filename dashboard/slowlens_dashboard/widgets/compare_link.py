"""The way from a run to the page where it is put beside others."""

import streamlit as st

from slowlens.lineup import comparable
from slowlens.run import Run
from slowlens_dashboard.pages import COMPARE
from slowlens_dashboard.runs.lineup_link import RUN
from slowlens_dashboard.wording.language import _


def compare_link(run: Run) -> None:
    """Draw it for a run that holds figures."""
    if comparable(run):
        st.page_link(
            COMPARE,
            label=_("Compare with…"),
            icon=":material/compare_arrows:",
            query_params={RUN: run.id},
        )
