"""The pages, so that one can lead to another."""

from pathlib import Path

import streamlit as st

VIEWS = Path(__file__).parent / "views"

CHECKPOINT = st.Page(
    VIEWS / "checkpoint.py",
    title="Checkpoint",
    icon=":material/search_insights:",
    default=True,
    help="Why is it slow, and what do its files say?",
)
DIFF = st.Page(
    VIEWS / "diff.py",
    title="Config diff",
    icon=":material/difference:",
    url_path="diff",
    help="What changed from the source to the merged checkpoint.",
)
LIVE = st.Page(
    VIEWS / "live.py",
    title="Live run",
    icon=":material/monitoring:",
    url_path="live",
    help="Generate with and without the cache, and watch each token's time.",
)
COMPARE = st.Page(
    VIEWS / "compare.py",
    title="Compare",
    icon=":material/compare_arrows:",
    url_path="compare",
    help="Two runs or more side by side: what differs, which is slower, and where.",
)
HISTORY = st.Page(
    VIEWS / "history.py",
    title="History",
    icon=":material/history:",
    url_path="history",
    help="The runs that are kept: named, compared, deleted and brought back.",
)
REPORT = st.Page(
    VIEWS / "report.py",
    title="Report",
    icon=":material/description:",
    url_path="report",
    help="All of it to hand on: one HTML file, Markdown for a pull request, JSON.",
)
FIXES = st.Page(
    VIEWS / "fixes.py",
    title="Fixes",
    icon=":material/build:",
    url_path="fixes",
    help="Apply, undo or export what removes the findings.",
)
