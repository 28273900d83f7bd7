"""Why is it slow, and what do its files say?"""

from functools import partial

import streamlit as st

from slowlens.proofs import together
from slowlens.reports import words
from slowlens.run import Run
from slowlens_dashboard import address, pair
from slowlens_dashboard.diagnosis import Diagnosis, checkpoint, diagnose
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.findinglinks import QUERY, of_pair
from slowlens_dashboard.judging import judged
from slowlens_dashboard.pages import CHECKPOINT, FIXES, LIVE
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.widgets.answer import title_on_top
from slowlens_dashboard.widgets.checkpoint_details import files, settings, weights
from slowlens_dashboard.widgets.findings_list import findings_list
from slowlens_dashboard.widgets.linked import Links
from slowlens_dashboard.widgets.pair_facts import lines
from slowlens_dashboard.widgets.pair_picker import pair_picker, welcome
from slowlens_dashboard.widgets.recent_runs import origin_link
from slowlens_dashboard.widgets.report_menu import report_menu
from slowlens_dashboard.widgets.rules_asked import rules_asked, summary
from slowlens_dashboard.widgets.scan_progress import scan_progress
from slowlens_dashboard.wording.language import _

# Name in the address to title.
TABS = {
    "findings": "Findings",
    "settings": "Effective settings",
    "files": "What each file says",
    "weights": "Files and weights",
    "rules": "Rules",
}
TAB, DETAILS = "tab", "details"  # part of the address, and key of the widget


def answer(diagnosis: Diagnosis) -> None:
    """Draw the sentence that stands above everything else."""
    run, origin = diagnosis.run, diagnosis.origin
    with st.container(key="answer", gap="xsmall"):
        st.caption(_("Why is it slow?").upper())
        title_on_top(run.answer)
        st.caption(lines(run))
        if origin is not None:
            origin_link(origin)
    with st.container(horizontal=True, vertical_alignment="center"):
        measured = run.measurement is not None
        label = _("Measure again") if measured else _("Watch it run")
        st.page_link(LIVE, label=label, icon=":material/monitoring:")
        if offers(run):
            st.page_link(FIXES, label=_("See the fixes"), icon=":material/build:")
        report_menu(run)


def open_tab() -> str:
    """Return the name of the tab that the address asks for; a finding is in the first."""
    return "" if address.asked(QUERY) else address.one_of(address.asked(TAB), TABS, "")


def publish_tab() -> None:
    """Write the open tab into the address; a callback."""
    titles = {_(title): name for name, title in TABS.items()}
    name = titles.get(st.session_state[DETAILS], "findings")
    address.write(TAB, "" if name == "findings" else name)
    if name != "findings":
        address.write(QUERY, "")


@st.fragment
def details(run: Run, chosen: pair.Pair) -> None:
    """Draw what lies behind the answer; opening a tab redraws nothing else."""
    titles = [_(title) for title in TABS.values()]
    if DETAILS not in st.session_state:
        st.session_state[DETAILS] = _(TABS[open_tab() or "findings"])
    found, effective, written, inside, asked = st.tabs(titles, key=DETAILS, on_change=publish_tab)
    if found.open:
        with found:
            if run.findings:
                causes = (each.whole for each in together(run.findings))
                st.header(_(words.tally(causes)), anchor=False)
            query = partial(of_pair, pair=chosen, judged=",".join(judged()))
            findings_list(run, Links(address.asked(QUERY), CHECKPOINT, query))
            st.caption(_(f"{summary(run)}."))
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


chosen = pair.current()
if chosen is None and pair.refusal() is not None:
    st.title(_("Checkpoint"), anchor=False)  # what stands on top otherwise is its answer
pair_picker(chosen)
if chosen is None:
    if pair.refusal() is None:
        welcome()
    end_page()

diagnosis = diagnose(chosen)
answer(diagnosis)
scan_progress(chosen)
details(diagnosis.run, chosen)
