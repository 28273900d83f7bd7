"""What changed from the source to the merged checkpoint, ranked by effect."""

import streamlit as st

from slowlens.facts.difference import Difference, Effect
from slowlens.reports.units import counted, value
from slowlens_dashboard.diagnosis import diagnose
from slowlens_dashboard.tables import difference_table
from slowlens_dashboard.widgets.pair_header import pair_header


def matches(difference: Difference, wanted: str) -> bool:
    """Whether every word of ``wanted`` stands in the row."""
    d = difference
    text = f"{d.file} {d.key} {value(d.source)} {value(d.merged)} {d.note} {d.effect}".lower()
    return all(word in text for word in wanted.lower().split())


chosen = pair_header("Config diff")
run = diagnose(chosen).run
if run.diff is None:
    st.info(
        "Name the source beside the merged checkpoint on the page Checkpoint: the diff shows what"
        " changed from the one to the other.",
        title="There is nothing to compare with.",
        icon=":material/difference:",
    )
    st.stop()

search, only = st.columns([2, 3])
wanted = search.text_input(
    "Search",
    key="diff-search",
    icon=":material/search:",
    placeholder="key, value or file",
    live=True,
)
counts = {e: sum(d.effect is e for d in run.diff.differences) for e in Effect}
effects = only.pills(
    "Effect",
    [e for e in Effect if counts[e]],
    selection_mode="multi",
    key="diff-effects",
    format_func=lambda effect: f"{effect} {counts[effect]}",
)
shown = [
    d
    for d in run.diff.differences
    if matches(d, wanted or "") and (not effects or d.effect in effects)
]
hidden = len(run.diff.differences) - len(shown)
st.markdown(
    f"**{counted(len(shown), 'difference')}**" + (f", {hidden} filtered out" if hidden else "")
    if run.diff.differences
    else "**No difference has any effect.**"
)
if shown:
    st.table(difference_table(shown, run.settings), hide_index=True, border="horizontal")

if run.diff.unchanged:
    folded = [d for d in run.diff.unchanged if matches(d, wanted or "")]
    if st.toggle(f"Show {counted(len(folded), 'difference')} that change nothing"):
        st.table(difference_table(folded, run.settings), hide_index=True, border="horizontal")
