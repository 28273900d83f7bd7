"""A card for each run that is compared: its letter, the way to it, and what it is."""

from collections.abc import Iterator, Mapping

import streamlit as st

from slowlens.lineup import Entry, Lineup
from slowlens.reports.units import minute
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.widgets.compare_choice import judge_by
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain


def run_cards(lineup: Lineup, titles: Mapping[str, str]) -> None:
    """Draw them, each with a button that makes it the one to judge by."""
    with st.grid(min(4, len(lineup.entries)), min_column_width=230):
        for place, entry in enumerate(lineup.entries):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                _card(entry, titles[entry.run.id], first=place == 0)


def _card(entry: Entry, title: str, *, first: bool) -> None:
    run = entry.run
    st.page_link(
        LIVE,
        label=f"**{entry.name}** · {plain(title)}",
        query_params={"run": run.id},
        help=_("Open this run"),
    )
    st.caption("  \n".join(_about(entry)))
    if first:
        st.caption(f":material/flag: {_('The others are judged by this run.')}")
        return
    st.button(
        _("Judge by this run"),
        key=f"first-{run.id}",
        icon=":material/flag:",
        type="tertiary",
        on_click=judge_by,
        args=(run.id,),
    )


def _about(entry: Entry) -> Iterator[str]:
    run, measured = entry.run, entry.run.measurement
    when = f"{minute(run.created)} UTC"
    yield plain(_(f"Imported {when}") if run.imported else _(f"Ended {when}"))
    if measured is not None and measured.models:
        model = measured.models[0]
        yield plain(f"{model.device.name}, {model.dtype}, {_(str(measured.status))}")
    yield plain(run.id)
