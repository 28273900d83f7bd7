"""Runs that a comparison asks for and that are not to be had, each with what to do."""

from collections.abc import Iterable

import streamlit as st

from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.runs.lineup_runs import Gone, Lost
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose


def lost_runs(found: Iterable[Lost]) -> None:
    """Draw a word for each of them."""
    for each in found:
        _lost(each)


def _lost(each: Lost) -> None:
    run = plain(each.run)
    match each.gone:
        case Gone.RUNNING:
            st.info(
                _("It can be compared once it has ended."),
                title=_(f"The run {run} is still in progress."),
                icon=":material/hourglass_top:",
            )
            st.page_link(LIVE, label=_("Watch it"), query_params={"run": each.run})
        case Gone.DELETED:
            st.warning(
                _("This command brings it back; then reload the page."),
                title=_(f"The run {run} was deleted."),
                icon=":material/delete:",
            )
            st.code(f"slowlens runs restore {each.run}", language="bash", wrap_lines=True)
        case Gone.DAMAGED:
            st.warning(
                prose(_(each.why)),
                title=_(f"The file of the run {run} cannot be read."),
                icon=":material/broken_image:",
            )
        case Gone.CHECKED:
            st.info(
                _("Its files were only checked. Measure the checkpoint on the page Live run."),
                title=_(f"The run {run} holds no times."),
                icon=":material/timer_off:",
            )
        case Gone.UNKNOWN:
            st.warning(
                _(
                    "It may belong to another server, or to a folder that this one does not"
                    " show. Choose one of those that are kept here."
                ),
                title=_(f"There is no run {run} here."),
                icon=":material/search_off:",
            )
