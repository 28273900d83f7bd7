"""What can be done with the runs that are ticked."""

from collections.abc import Collection

import streamlit as st

from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.pages import COMPARE
from slowlens_dashboard.runs import tidying
from slowlens_dashboard.wording.language import _

LEAST = 2
"""Runs that can be compared."""


def history_bar(there: Collection[str]) -> None:
    """Draw it; of the ticked ones only those that are still ``there`` count."""
    chosen = tuple(run_id for run_id in tidying.ticked() if run_id in there)
    number = len(chosen)
    with st.container(horizontal=True, vertical_alignment="center", key="history-bar"):
        st.page_link(
            COMPARE,
            label=_(f"Compare {number} runs") if number >= LEAST else _("Compare"),
            icon=":material/compare_arrows:",
            query_params={"run": chosen},
            disabled=number < LEAST,
            help=_("Side by side, the oldest first, by which the others are judged."),
        )
        if not chosen:
            st.caption(_("Tick two runs or more to compare them."))
            return
        st.button(
            _("Delete 1 run") if number == 1 else _(f"Delete {number} runs"),
            key="delete-ticked",
            type="tertiary",
            icon=":material/delete:",
            on_click=tidying.delete,
            args=(chosen,),
            disabled=read_only(),
        )
        st.button(
            _("Untick all"),
            key="untick",
            type="tertiary",
            icon=":material/close:",
            on_click=tidying.untick,
            args=(chosen,),
        )
