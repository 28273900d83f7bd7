"""What lies behind the findings: settings, files, weights, and the answer of each rule."""

from itertools import chain

import streamlit as st

from slowlens.diagnose import Status
from slowlens.facts.checkpoint import Checkpoint
from slowlens.reports.units import count, counted, size
from slowlens.run import Run
from slowlens_dashboard.prose import plain, prose
from slowlens_dashboard.tables import files_table, settings_table, weights_table
from slowlens_dashboard.widgets.finding_card import TITLES


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


def files(run: Run, merged: Checkpoint, source: Checkpoint | None) -> None:
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
