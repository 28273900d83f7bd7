"""How far the reading of every weight has come, for whoever looks at the pair."""

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.seconds import roughly
from slowlens.reports.units import size
from slowlens_dashboard.access.permission import read_only, require_permission
from slowlens_dashboard.diagnosis import scan_of
from slowlens_dashboard.errors import explain
from slowlens_dashboard.measuring.scans import Reading
from slowlens_dashboard.messages import complain
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.wording.language import _

INTERVAL = 0.5
"""Seconds between two looks."""


def scan_progress(pair: Pair) -> None:
    """Draw the bar while the weights are read, and why it failed where it did."""
    reading = scan_of(pair)
    if reading is None:
        return
    if reading.running:
        follow(reading, "scan")
    elif reading.error is not None:
        explain(reading.error)
    elif reading.status is Status.STOPPED:
        st.caption(_("You stopped the reading of the weights; what was read is not kept."))


@st.fragment(run_every=INTERVAL)
def follow(reading: Reading, key: str) -> None:
    """Draw the bar of a reading in progress with the way to stop it; its end redraws the page."""
    if not reading.running:
        st.rerun()
    share = reading.done / reading.total if reading.total else 0.0
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.progress(min(share, 1.0), text=told(reading))
        st.button(
            _("Stop"),
            key=f"stop-{key}",
            icon=":material/stop:",
            on_click=_stop,
            args=(reading,),
            disabled=read_only(),
        )


def told(reading: Reading) -> str:
    """Say how much is read, and about how long the rest takes."""
    if not reading.total:
        return _("Reading every weight…")
    done, total = size(reading.done), size(reading.total)
    if reading.left is None:
        return _(f"Reading every weight: {done} of {total}")
    left = roughly(reading.left)
    return _(f"Reading every weight: {done} of {total}, about {left} left")


def _stop(reading: Reading) -> None:
    try:
        require_permission()
        reading.stop()
    except SlowlensError as error:
        complain(error)
