"""The question before a fix is written that was not read beside its button."""

from collections.abc import Sequence

import streamlit as st

from slowlens import patch
from slowlens.run import CheckpointSummary
from slowlens_dashboard import repairs
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain


def confirm(
    prepared: patch.Patch, titles: Sequence[str], tried: CheckpointSummary | None = None
) -> None:
    """Name the files and ask, before they are written."""
    dialog = st.dialog(_("Apply the fix?"), icon=":material/build:", width="medium")
    dialog(_confirm)(prepared, titles, tried)


def _confirm(prepared: patch.Patch, titles: Sequence[str], tried: CheckpointSummary | None) -> None:
    """Fill the dialog; the work is done in the button's callback, which may not draw."""
    names = ", ".join(code(file.name) for file in prepared.files)
    root = code(str(prepared.root))
    st.markdown(_(f"This writes {names} in {root}:"))
    if len(titles) > 1:
        st.caption(plain("; ".join(map(_, titles))))
    st.code(patch.unified_diff(prepared), language="diff", height=320)
    st.caption(
        _(
            "Only these lines change: the weights are not touched. Undo brings the exact old bytes"
            " back, today or in a month."
        )
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        cancelled = st.button(_("Cancel"), key="cancel-fix")
        applied = st.button(
            _("Write the files"),
            key="write-fix",
            type="primary",
            on_click=repairs.apply,
            args=(prepared, titles, tried),
        )
    if cancelled or applied:
        st.rerun()
