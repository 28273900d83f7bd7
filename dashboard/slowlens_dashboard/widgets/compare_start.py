"""What to do where there are not two runs yet."""

from collections.abc import Sequence

import streamlit as st

from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

FIRST = "The one that is chosen first is what the others are judged by."


def too_few(chosen: Sequence[str], kept: int) -> None:
    """Say which step comes next; ``chosen`` are titles, ``kept`` the number of runs to be had."""
    if kept < 2:
        st.info(
            _("Measure one on the page Live run; `slowlens import FILE` takes in other results.")
            if not kept
            else _("Measure another checkpoint, or the same one after a fix, and compare the two."),
            title=_("No run with figures is kept yet.")
            if not kept
            else _("One run is kept, and a comparison takes two."),
            icon=":material/monitoring:",
        )
        st.page_link(LIVE, label=_("To the page Live run"), icon=":material/monitoring:")
        return
    st.info(
        _(FIRST),
        title=_(f"Choose another run to compare with {plain(chosen[0])}.")
        if chosen
        else _("Choose two runs or more."),
        icon=":material/compare_arrows:",
    )
