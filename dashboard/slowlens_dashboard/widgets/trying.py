"""The card's part while its fix is being tried: how far it is, and the way to stop it."""

import streamlit as st

from slowlens.facts.live.seconds import roughly
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.measuring.job import Job
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.measuring.starting import stop
from slowlens_dashboard.measuring.tries import RunProgress, progress
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose

EVERY = 1.0
"""Seconds between two looks; the work is done in another process."""


@st.fragment(run_every=EVERY)
def trying(run_id: str) -> None:
    """Draw how far the run is; at its end the page is drawn anew, with what was found."""
    job = jobs().get(run_id)
    if job is None or not job.running:
        st.rerun()
        return
    with st.container(border=True, gap="small", key=f"trying-{run_id}"):
        found = progress(job.log)
        st.progress(min(1.0, found.share), text=prose(told(found)))
        st.caption(
            _(
                "It runs on a double that is removed again: nothing is written into the"
                " checkpoint. You may leave or reload this page."
            )
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            _stop_button(job)
            st.page_link(
                LIVE,
                label=_("Watch it run"),
                icon=":material/monitoring:",
                query_params={"run": run_id},
            )


def _stop_button(job: Job) -> None:
    st.button(
        _("Stop"),
        key=f"stop-{job.id}",
        icon=":material/stop:",
        on_click=stop,
        args=(job.id,),
        disabled=read_only(),
    )


def told(found: RunProgress) -> str:
    """Say what is done, and how long it still takes where that is known."""
    doing = _(found.doing)
    if found.left is None:
        return doing
    left = roughly(found.left)
    return _(f"{doing} · about {left} left; loading and warming up apart")
