"""Why is it slow, and what do its files say?"""

import streamlit as st

from slowlens.diagnose import Status
from slowlens.findings import Finding
from slowlens.reports.units import count, counted, size
from slowlens.run import CheckpointSummary, Run
from slowlens.standing import Standing, elsewhere
from slowlens_dashboard import pair
from slowlens_dashboard.diagnosis import checkpoint, diagnose
from slowlens_dashboard.pages import FIXES, LIVE
from slowlens_dashboard.prose import plain, prose, sentence
from slowlens_dashboard.repairs import offers
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.checkpoint_details import checks, files, settings, weights
from slowlens_dashboard.widgets.finding_card import finding_card
from slowlens_dashboard.widgets.pair_picker import pair_picker, welcome


def answer(run: Run) -> None:
    """Draw the sentence that stands above everything else."""
    with st.container(key="answer", gap="xsmall"):
        st.caption("WHY IS IT SLOW?")
        sentence_on_top(run.answer)
        st.caption(_about(run.merged))
    with st.container(horizontal=True, vertical_alignment="center"):
        measured = run.measurement is not None
        st.page_link(
            LIVE,
            label="Measure again" if measured else "Watch it run",
            icon=":material/monitoring:",
        )
        if offers(run):
            st.page_link(FIXES, label="See the fixes", icon=":material/build:")


def _about(summary: CheckpointSummary) -> str:
    weights = f"{count(summary.parameters)} parameters · {size(summary.weights_size)}"
    return f"{plain(summary.path)} · {plain(summary.model_type or 'no model type')} · {weights}"


def findings(run: Run) -> None:
    """Draw the findings, the worst first, and what could not be read or checked."""
    found = run.findings
    if found:
        st.subheader(counted(len(found), "finding"), anchor=False)
    for rule, finding in found:
        finding_card(rule, finding)
    for problem in run.problems:
        st.warning(
            sentence(prose(problem.hint)),
            title=prose(sentence(f"{problem.file} {problem.message}")),
            icon=":material/draft:",
        )
    for rule, finding in run.standings[Standing.ELSEWHERE]:
        st.caption(_elsewhere(run, rule, finding))
    st.caption(_checked(run))


def _elsewhere(run: Run, rule: str, finding: Finding) -> str:
    where = elsewhere(finding, run.judged)
    return f"Under {plain(where)}: {finding.severity}: {prose(finding.message)} `{rule}`"


def _checked(run: Run) -> str:
    by_status = {s: [o for o in run.outcomes if o.status is s] for s in Status}
    parts = [f"{counted(len(run.outcomes), 'rule')}: {len(by_status[Status.PASSED])} passed"]
    if skipped := by_status[Status.SKIPPED]:
        parts.append(f"{len(skipped)} not checked, see the tab Checks")
    if crashed := by_status[Status.CRASHED]:
        parts.append(f"{len(crashed)} failed, see the tab Checks")
    return ", ".join(parts) + "."


chosen = pair.current()
pair_picker(chosen)
if chosen is None:
    if pair.refusal() is None:
        welcome()
    st.stop()

run = diagnose(chosen)
answer(run)
findings(run)
effective, written, inside, asked = st.tabs(
    ["Effective settings", "What each file says", "Files and weights", "Checks"], on_change="rerun"
)
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
        checks(run)
