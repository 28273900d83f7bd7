"""One fix: what it removes, its diff, how safe it is, and the button that applies it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from slowlens.findings import Applicability, Edit
from slowlens_dashboard import repairs
from slowlens_dashboard.prose import code, plain, prose, sentence
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.widgets.finding_card import SEVERITIES, runtimes

COLORS = {
    Applicability.SAFE: "green",
    Applicability.UNSAFE: "orange",
    Applicability.MANUAL: "gray",
}
SAFETY = {
    Applicability.SAFE: "safe: it writes the same tokens",
    Applicability.UNSAFE: "changes what it writes",
    Applicability.MANUAL: "by hand",
}


def fix_card(offer: Offer, root: Path) -> None:
    """Draw a fix."""
    fix = offer.fix
    with st.container(border=True):
        left, right = st.columns([5, 1], vertical_alignment="center")
        badge = f":{COLORS[fix.applicability]}-badge[{SAFETY[fix.applicability]}]"
        left.markdown(f"{badge} &nbsp; **{plain(fix.title)}**")
        if fix.edits:
            right.button(
                "Apply",
                key=f"apply-{offer.findings[0][0]}",
                icon=":material/build:",
                width="stretch",
                on_click=confirm,
                args=(root, fix.edits, (fix.title,)),
            )
        if fix.reason:
            st.markdown(prose(fix.reason))
        for _, finding in offer.findings:
            severity = f":{SEVERITIES[finding.severity]}-badge[{finding.severity}]"
            st.markdown(f"{severity} {prose(sentence(finding.message))}")
        affected = dict.fromkeys(r for _, finding in offer.findings for r in finding.affects)
        st.caption(f"Affects {runtimes(affected)}" if affected else "")
        if fix.edits:
            st.code(repairs.diff(root, fix.edits), language="diff")


@st.dialog("Apply the fix?", icon=":material/build:", width="medium")
def confirm(root: Path, edits: Sequence[Edit], titles: Sequence[str]) -> None:
    """Name the files and ask; the work is done in the button's callback, which may not draw."""
    body = st.container()
    with st.container(horizontal=True, horizontal_alignment="right"):
        cancelled = st.button("Cancel", key="cancel-fix")
        applied = st.button(
            "Write the files",
            key="write-fix",
            type="primary",
            on_click=repairs.apply,
            args=(root, edits, titles),
        )
    if cancelled or applied:
        st.rerun()  # before the body: edits that were written do not apply once more
    with body:
        names = repairs.files(root, edits)
        st.markdown(f"This writes {', '.join(map(code, names))} in {code(str(root))}:")
        st.code(repairs.diff(root, edits), language="diff", height=320)
        st.caption("Only these lines change. Undo brings the exact old bytes back.")
