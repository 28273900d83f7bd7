"""Runs that were deleted: the last ones with Undo, older ones in a list."""

from collections.abc import Sequence

import streamlit as st

from slowlens_dashboard import tidying
from slowlens_dashboard.history import label
from slowlens_dashboard.history_words import when
from slowlens_dashboard.kept import Row
from slowlens_dashboard.language import _
from slowlens_dashboard.permission import read_only
from slowlens_dashboard.prose import plain

SHOWN = 20


def just_deleted() -> None:
    """Offer to bring back what the last action deleted, until the next one."""
    deleted = tidying.just_deleted()
    if not deleted:
        return
    number = len(deleted)
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key="just-deleted"
    ):
        st.markdown(
            _("Deleted 1 run.") if number == 1 else _(f"Deleted {number} runs."), width="content"
        )
        st.button(
            _("Undo"),
            key="undo-delete",
            icon=":material/undo:",
            on_click=tidying.restore,
            args=(deleted,),
            disabled=read_only(),
        )


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
    named = filter(None, (row.label.name, label(row.brief), when(row.brief)))
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
