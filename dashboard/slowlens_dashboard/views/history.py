"""The runs that are kept, by checkpoint and date: named, marked, compared, deleted."""

import streamlit as st

from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.runs import kept, tidying
from slowlens_dashboard.runs.history import grouped, matching, pages, with_deleted
from slowlens_dashboard.widgets.hidden_runs import hidden_runs
from slowlens_dashboard.widgets.history_bar import history_bar
from slowlens_dashboard.widgets.history_deleted import deleted_list, just_deleted
from slowlens_dashboard.widgets.history_filter import asked, clear, history_filter, turn
from slowlens_dashboard.widgets.history_group import history_group
from slowlens_dashboard.widgets.history_reading import history_reading
from slowlens_dashboard.wording.language import _


def nothing_kept() -> None:
    """Say how there comes to be a run."""
    st.info(
        _(
            "Measure a checkpoint on the page Live run, or in a terminal: slowlens measure MERGED."
            " Results of other benchmarks come with: slowlens import FILE"
        ),
        title=_("No run is kept yet."),
        icon=":material/history:",
    )
    st.page_link(LIVE, label=_("To the page Live run"), icon=":material/monitoring:")


def nothing_found() -> None:
    """Say that the filter hides them all."""
    st.info(
        _("Look for something else, or show all of them again."),
        title=_("No run is like that."),
        icon=":material/search_off:",
    )
    st.button(_("Show all"), icon=":material/filter_alt_off:", on_click=clear)


def watch(run_id: str) -> None:
    """Lead to the run in progress, which is not kept yet."""
    label = _("A run is in progress: watch it")
    st.page_link(LIVE, label=label, query_params={"run": run_id}, icon=":material/monitoring:")


def turned(key: str) -> None:
    """Take the page that was chosen."""
    turn(st.session_state[key])


st.title(_("History"), anchor=False)
shelf, trash = kept.shelf(), kept.trash()
with st.container():  # always there: what moves down is drawn anew, and that takes a second
    if active := jobs().active:
        watch(active.id)
    just_deleted()
    history_reading(shelf.unread)
    hidden_runs(shelf.hidden)
deleted = tidying.just_deleted()
rows = with_deleted(shelf.rows, trash.rows, deleted)
if rows:
    history_filter(rows)
    found = matching(rows, asked())
    if found:
        history_bar({row.brief.id for row in shelf.rows})
    else:
        nothing_found()
    number = min(asked().page, pages(found))
    for group in grouped(found, number):
        history_group(group, deleted)
    if pages(found) > 1:
        key = f"history-part-{number}"  # another one for each: the address decides, not the widget
        st.pagination(pages(found), default=number, key=key, on_change=turned, args=(key,))
elif not shelf.unread and not shelf.hidden:
    nothing_kept()
deleted_list(trash.rows)
