"""The runs of one pair on the page History."""

import streamlit as st

from slowlens_dashboard.history import Group, label
from slowlens_dashboard.language import _
from slowlens_dashboard.prose import code, plain
from slowlens_dashboard.widgets.history_row import history_row


def history_group(group: Group) -> None:
    """Draw them below the pair that they are about."""
    merged, source = group.first.merged, group.first.source
    with st.container(border=True, gap="medium"):
        with st.container(gap="xxsmall"):
            title = plain(label(group.first)) or _("Files that cannot be read")
            st.subheader(title, anchor=False)
            paths = [place.argument for place in (merged, source) if place and place.path]
            if paths:
                st.caption(" ← ".join(map(code, paths)))
        for row in group.rows:
            history_row(row)
