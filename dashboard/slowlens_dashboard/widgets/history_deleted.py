"""Runs that were deleted: the last ones with Undo, older ones in a list."""

from collections.abc import Sequence

import streamlit as st

from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.runs import tidying
from slowlens_dashboard.runs.history_words import when
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.naming import pair
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

SHOWN = 20


def undo_offer(key: str, text: str) -> None:
    """Say that runs were deleted, and offer to bring back all that went with one click."""
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        st.markdown(f":material/delete: {text}", width="content")
        st.button(
            _("Undo"),
            key=f"undo-{key}",
            icon=":material/undo:",
            on_click=tidying.restore,
            args=(tidying.just_deleted(),),
            disabled=read_only(),
        )


def just_deleted() -> None:
    """Draw that offer on top of the page, until the next action."""
    if number := len(tidying.just_deleted()):
        with st.container(border=True):
            text = _("Deleted 1 run.") if number == 1 else _(f"Deleted {number} runs.")
            undo_offer("just-deleted", text)


def deleted_row(row: Row) -> None:
    """Draw it in the place of a run that was deleted just now."""
    name = plain(row.label.name or when(row.brief))
    undo_offer(f"deleted-{row.brief.id}", _(f"Deleted {name}."))


def deleted_list(rows: Sequence[Row]) -> None:
    """Draw the older ones, each with the way back."""
    if not rows:
        return
    number = len(rows)
    with st.expander(_(f"Deleted: {number}"), icon=":material/delete:", key="deleted"):
        for row in rows[:SHOWN]:
            _deleted(row)
        if number > SHOWN:
            st.caption(_(f"These are the newest {SHOWN}. For all of them: slowlens runs --deleted"))


def _deleted(row: Row) -> None:
    named = filter(None, (row.label.name, pair(row.brief), when(row.brief)))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(" · ".join(named)), width="stretch")
        st.button(
            _("Restore"),
            key=f"restore-{row.brief.id}",
            type="tertiary",
            icon=":material/restore_from_trash:",
            on_click=tidying.restore,
            args=((row.brief.id,),),
            disabled=read_only(),
        )
