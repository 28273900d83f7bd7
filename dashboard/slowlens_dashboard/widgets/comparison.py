"""Two runs of the same checkpoint: before and after a fix."""

from collections.abc import Callable
from statistics import median

import streamlit as st

from slowlens.comparing import compare_fix
from slowlens.facts.live.seconds import milliseconds, rounded
from slowlens.facts.live.side import Side
from slowlens.reports.fixed import sentences
from slowlens.run import Run
from slowlens.speedverdict import Answer
from slowlens_dashboard.widgets.recent_runs import run_link
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose


def comparison(before: Run, after: Run) -> None:
    """Draw what became of it."""
    verdict = compare_fix(before, after)
    with st.container(border=True, key="comparison"):
        st.header(_("Before and after"), anchor=False)
        st.markdown("\n\n".join(prose(_(said)) for said in sentences(verdict)))
        if verdict.answer is not Answer.INCOMPARABLE:
            _figures(verdict.decisive[0].before, verdict.decisive[0].after)
        with st.container(horizontal=True):
            run_link(before, _("The run before"))
            run_link(after, _("The run after"))


def _figures(before: Side, after: Side) -> None:
    """Draw medians, where both sides were measured."""
    if not (before.tpots and after.tpots):
        return
    told: tuple[tuple[str, Callable[[Side], str]], ...] = (
        ("Per token", lambda side: milliseconds(median(side.tpots))),
        ("First token", lambda side: milliseconds(median(side.ttfts))),
        ("Speed", lambda side: f"{rounded(1 / median(side.tpots))} tokens/s"),
    )
    with st.grid(len(told), min_column_width=200):
        for label, tell in told:
            _metric(_(label), tell(before), tell(after))


def _metric(label: str, before: str, after: str) -> None:
    st.metric(label, after, delta=_(f"before: {before}"), delta_color="off", delta_arrow="off")
