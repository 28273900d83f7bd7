"""The runs of one pair on the page History."""

from collections.abc import Collection

import streamlit as st

from slowlens.brief import Kind
from slowlens_dashboard.runs.history import Group
from slowlens_dashboard.runs.naming import pair
from slowlens_dashboard.widgets.history_deleted import deleted_row
from slowlens_dashboard.widgets.history_row import history_row
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain


def history_group(group: Group, deleted: Collection[str]) -> None:
    """Draw them below the pair that they are about; in the place of deleted ones the way back."""
    merged, source = group.first.merged, group.first.source
    with st.container(border=True, gap="small"):
        with st.container(gap="xxsmall"):
            title = plain(pair(group.first)) or _("Files that cannot be read")
            st.header(title, anchor=False)
            paths = [place.argument for place in (merged, source) if place]
            if group.first.kind is not Kind.IMPORTED and paths:
                st.caption(" ← ".join(map(code, paths)))
        for row in group.rows:
            (deleted_row if row.brief.id in deleted else history_row)(row)
