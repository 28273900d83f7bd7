"""The pages, so that one can lead to another."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from slowlens_dashboard.wording.language import _

VIEWS = Path(__file__).parent / "views"

CHECKPOINT = st.Page(
    VIEWS / "checkpoint.py",
    title="Checkpoint",
    icon=":material/search_insights:",
    default=True,
)
DIFF = st.Page(
    VIEWS / "diff.py",
    title="Config diff",
    icon=":material/difference:",
    url_path="diff",
)
LIVE = st.Page(
    VIEWS / "live.py",
    title="Live run",
    icon=":material/monitoring:",
    url_path="live",
)
COMPARE = st.Page(
    VIEWS / "compare.py",
    title="Compare",
    icon=":material/compare_arrows:",
    url_path="compare",
)
HISTORY = st.Page(
    VIEWS / "history.py",
    title="History",
    icon=":material/history:",
    url_path="history",
)
REPORT = st.Page(
    VIEWS / "report.py",
    title="Report",
    icon=":material/description:",
    url_path="report",
)
FIXES = st.Page(
    VIEWS / "fixes.py",
    title="Fixes",
    icon=":material/build:",
    url_path="fixes",
)
HELP = {
    "checkpoint": "Why is it slow, and what do its files say?",
    "diff": "What changed from the source to the merged checkpoint.",
    "live": "Generate with and without the cache, and watch each token's time.",
    "compare": "Two runs or more side by side: what differs, which is slower, and where.",
    "history": "The runs that are kept: named, compared, deleted and brought back.",
    "report": "All of it to hand on: one HTML file, Markdown for a pull request, JSON.",
    "fixes": "Apply, undo or export what removes the findings.",
}
"""By the name of the view; of the navigation alone: a link says itself where it leads, and why."""

PAGES = (CHECKPOINT, DIFF, LIVE, COMPARE, HISTORY, FIXES, REPORT)


def told(page: StreamlitPage) -> StreamlitPage:
    """Return a page for one run of the script, in the reader's language.

    The one that may run is marked so by Streamlit, and others run this script at the same time.
    """
    view = page.url_path or "checkpoint"
    return st.Page(
        VIEWS / f"{view}.py",
        title=_(page.title),
        icon=page.icon,
        url_path=page.url_path or None,
        default=page is CHECKPOINT,
        help=_(HELP[view]),
    )
