"""Why is it slow, and what do its files say?"""

import streamlit as st

from slowlens.proofs import together
from slowlens.reports import words
from slowlens_dashboard import pair
from slowlens_dashboard.diagnosis import Diagnosis, checkpoint, diagnose
from slowlens_dashboard.pages import FIXES, LIVE
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.checkpoint_details import files, settings, weights
from slowlens_dashboard.widgets.findings_list import findings_list
from slowlens_dashboard.widgets.pair_facts import lines
from slowlens_dashboard.widgets.pair_picker import pair_picker, welcome
from slowlens_dashboard.widgets.recent_runs import origin_link
from slowlens_dashboard.widgets.report_menu import report_menu
from slowlens_dashboard.widgets.rules_asked import rules_asked, summary
from slowlens_dashboard.widgets.scan_progress import scan_progress


def answer(diagnosis: Diagnosis) -> None:
    """Draw the sentence that stands above everything else."""
    run, origin = diagnosis.run, diagnosis.origin
    with st.container(key="answer", gap="xsmall"):
        st.caption("WHY IS IT SLOW?")
        sentence_on_top(run.answer)
        st.caption(lines(run))
        if origin is not None:
            origin_link(origin)
    with st.container(horizontal=True, vertical_alignment="center"):
        measured = run.measurement is not None
        st.page_link(
            LIVE,
            label="Measure again" if measured else "Watch it run",
            icon=":material/monitoring:",
        )
        if offers(run):
            st.page_link(FIXES, label="See the fixes", icon=":material/build:")
        report_menu(run)


chosen = pair.current()
pair_picker(chosen)
if chosen is None:
    if pair.refusal() is None:
        welcome()
    st.stop()

diagnosis = diagnose(chosen)
run = diagnosis.run
answer(diagnosis)
scan_progress(chosen)
TABS = ("Findings", "Effective settings", "What each file says", "Files and weights", "Rules")
found, effective, written, inside, asked = st.tabs(TABS, key="details", on_change="rerun")
if found.open:
    with found:
        if run.findings:
            causes = (each.whole for each in together(run.findings))
            st.subheader(words.tally(causes), anchor=False)
        findings_list(run)
        st.caption(f"{summary(run)}.")
if effective.open:
    with effective:
        settings(run)
if written.open:
    with written:
        source = None if chosen.source is None else checkpoint(chosen.source)
        files(run, checkpoint(chosen.merged), source)
if inside.open:
    with inside:
        weights(run)
if asked.open:
    with asked:
        rules_asked(run, chosen)
