"""Why is it slow, and what do its files say?"""

from itertools import chain

import streamlit as st

from slowlens.diagnose import Status
from slowlens.facts.checkpoint import Checkpoint
from slowlens.reports.units import count, counted, size
from slowlens.run import CheckpointSummary, Run
from slowlens_dashboard import pair
from slowlens_dashboard.diagnosis import checkpoint, diagnose
from slowlens_dashboard.pages import FIXES, LIVE
from slowlens_dashboard.prose import plain, prose, sentence
from slowlens_dashboard.tables import files_table, settings_table, weights_table
from slowlens_dashboard.widgets.answer import sentence_on_top
from slowlens_dashboard.widgets.finding_card import TITLES, finding_card, ranked
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
        if any(finding.fix for _, finding in ranked(run.outcomes)):
            st.page_link(FIXES, label="See the fixes", icon=":material/build:")


def _about(summary: CheckpointSummary) -> str:
    weights = f"{count(summary.parameters)} parameters · {size(summary.weights_size)}"
    return f"{plain(summary.path)} · {plain(summary.model_type or 'no model type')} · {weights}"


def findings(run: Run) -> None:
    """Draw the findings, the worst first, and what could not be read or checked."""
    found = ranked(run.outcomes)
    if found:
        st.subheader(counted(len(found), "finding"), anchor=False)
    for rule, finding in found:
        finding_card(rule, finding)
    for problem in run.problems:
        st.warning(
            sentence(prose(problem.hint)),
            title=f"{problem.file} {problem.message}",
            icon=":material/draft:",
        )
    st.caption(_checked(run))


def _checked(run: Run) -> str:
    by_status = {s: [o for o in run.outcomes if o.status is s] for s in Status}
    parts = [f"{counted(len(run.outcomes), 'rule')}: {len(by_status[Status.PASSED])} passed"]
    if skipped := by_status[Status.SKIPPED]:
        parts.append(f"{len(skipped)} not checked, see the tab Checks")
    if crashed := by_status[Status.CRASHED]:
        parts.append(f"{len(crashed)} failed, see the tab Checks")
    return ", ".join(parts) + "."


def settings(run: Run) -> None:
    """Draw the effective settings; those that no file touches only when asked for."""
    st.caption("What each runtime ends up with after all files had their say: a prediction.")
    table = settings_table(run.settings, run.source_settings)
    silent = table["Default"]
    if not st.toggle(f"Show {counted(silent.sum(), 'setting')} that no file touches"):
        table = table[~silent]
    st.table(table.drop(columns=["Changed", "Default"]), hide_index=True, border="horizontal")


def checks(run: Run) -> None:
    """Draw the answer of each rule: not checked is not the same as passed."""
    icons = {
        Status.PASSED: ":green[:material/check:]",
        Status.FOUND: ":red[:material/error:]",
        Status.SKIPPED: ":gray[:material/remove:]",
        Status.CRASHED: ":orange[:material/bug_report:]",
    }
    words = {Status.SKIPPED: "not checked"}
    for outcome in run.outcomes:
        reason = f": {prose(outcome.reason)}" if outcome.reason else ""
        word = words.get(outcome.status, outcome.status)
        title = plain(TITLES.get(outcome.rule, ""))
        st.markdown(f"{icons[outcome.status]} {title} `{outcome.rule}` {word}{reason}")


def files(merged: Checkpoint, source: Checkpoint | None) -> None:
    """Draw what the files say about the settings, and each file as it is."""
    for title, read in (("Merged", merged), ("Source", source)):
        if read is not None and not (table := files_table(run.settings, read)).empty:
            st.markdown(f"**{title}**")
            st.table(table, hide_index=True, border="horizontal")
    names = dict.fromkeys(chain(merged.configs, source.configs if source else ()))
    for name in names:
        with st.expander(name, icon=":material/data_object:", on_change="rerun") as body:
            if body.open:
                _raw(name, merged, source)


def _raw(name: str, merged: Checkpoint, source: Checkpoint | None) -> None:
    sides = {"Merged": merged} | ({"Source": source} if source else {})
    for column, (title, read) in zip(st.columns(len(sides)), sides.items(), strict=True):
        column.caption(title)
        values = read.values(name)
        if values is None:
            column.markdown("*This file is not there, or cannot be read.*")
        else:
            column.json(values, expanded=1)


def weights(run: Run) -> None:
    """Draw files and dtypes of both checkpoints."""
    sides = [("Merged", run.merged)] + ([("Source", run.source)] if run.source else [])
    for column, (title, summary) in zip(st.columns(len(sides)), sides, strict=True):
        with column:
            st.markdown(f"**{title}** · {count(summary.parameters)} parameters")
            st.table(weights_table(summary.dtype_sizes), hide_index=True, border="horizontal")
            listing = {"File": summary.files.keys(), "Size": map(size, summary.files.values())}
            st.dataframe({k: list(v) for k, v in listing.items()}, hide_index=True)


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
        files(checkpoint(chosen.merged), checkpoint(chosen.source) if chosen.source else None)
if inside.open:
    with inside:
        weights(run)
if asked.open:
    with asked:
        checks(run)
