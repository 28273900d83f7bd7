"""All of a run to hand on, and what of it is told."""

import streamlit as st

from slowlens.redaction import Kind
from slowlens.run import Run
from slowlens_dashboard.diagnosis import diagnose
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.measuring.jobs import jobs
from slowlens_dashboard.pages import CHECKPOINT
from slowlens_dashboard.pair import current
from slowlens_dashboard.report import Page
from slowlens_dashboard.reporting import TOLD, asked_for, names, prepared
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.recent_runs import recent_list, run_link
from slowlens_dashboard.widgets.report_blocks import badge, report_blocks
from slowlens_dashboard.widgets.report_menu import report_downloads
from slowlens_dashboard.wording.language import Language, _, language
from slowlens_dashboard.wording.prose import plain, prose

WITH = "with"  # in the address: what is told that a report leaves out otherwise
CHOICE = "report-with"


def chosen() -> Run | None:
    """Return the run of the address, else the diagnosis of the chosen pair."""
    wanted = st.query_params.get("run")
    if wanted:
        run = jobs().find(wanted)
        job = jobs().get(wanted)
        if run is None and job is not None and job.running:
            st.info(
                _("Its report is here once it has ended."),
                title=_(f"The run {plain(wanted)} is still in progress."),
                icon=":material/hourglass_top:",
            )
        elif run is None:
            st.warning(
                _(
                    "It may belong to another server or to a folder that this one does not"
                    " show, or it was deleted."
                ),
                title=_(f"There is no run {plain(wanted)} here."),
                icon=":material/search_off:",
            )
        return run
    pair = current()
    return None if pair is None else diagnose(pair).run


def nothing() -> None:
    """Say how to get a report."""
    st.info(
        _("Choose a checkpoint on the page Checkpoint, or open the report of a finished run."),
        title=_("There is nothing to report yet."),
        icon=":material/description:",
    )
    st.page_link(CHECKPOINT, label=_("Choose a checkpoint"), icon=":material/folder_open:")
    recent_list()


def kept() -> frozenset[Kind]:
    """Draw what can be told after all; the address says what is."""
    if CHOICE not in st.session_state:
        st.session_state[CHOICE] = sorted(asked_for(st.query_params.get(WITH, "")))
    st.pills(
        _("Tell these too; a report leaves them out"),
        list(Kind),
        selection_mode="multi",
        key=CHOICE,
        format_func=lambda kind: _(TOLD[Kind(kind)]),
    )
    keep = frozenset(map(Kind, st.session_state[CHOICE]))
    if keep:
        st.query_params[WITH] = names(keep)
    else:
        st.query_params.pop(WITH, None)
    return keep


@st.cache_resource(max_entries=8, show_spinner=False)
def page_of(_run: Run, key: tuple[str, str], keep: frozenset[Kind], into: Language) -> Page:
    """Return the report; ``key`` stands for the run."""
    assert key
    return prepared(_run, keep, into)


def draw(page: Page) -> None:
    """Draw the report as it will be handed on."""
    found = page.document
    with st.container(key="report-answer", gap="xsmall"):
        st.caption(_("Why is it slow?").upper())
        sentence_on_top(found.answer)
        about = " · ".join(map(plain, (found.place, *found.about)))
        st.markdown(f"{badge(found.verdict, found.tone)} &nbsp; {about}")
    for number, section in enumerate(found.sections):
        st.subheader(prose(section.title), anchor=False)
        report_blocks(section.blocks, str(number), page.figures)


st.title(_("Report"), anchor=False)
run = chosen()
if run is None:
    nothing()
    end_page()
keep = kept()
with st.container(horizontal=True, vertical_alignment="center"):
    report_downloads(run, keep)
    if run.measurement is not None and st.query_params.get("run"):
        run_link(run, _("The run"))
with st.container(border=True):
    draw(page_of(run, (run.id, run.created), keep, language()))
