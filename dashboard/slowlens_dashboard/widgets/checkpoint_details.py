"""What lies behind the findings: settings, files and weights."""

from itertools import chain

import streamlit as st

from slowlens.facts.checkpoint import Checkpoint
from slowlens.reports.units import count, counted, size
from slowlens.run import Run
from slowlens_dashboard.settings_tables import alike_table, differing_table, untouched
from slowlens_dashboard.tables import files_table, weights_table
from slowlens_dashboard.widgets.pair_facts import written_by


def settings(run: Run) -> None:
    """Draw the effective settings; those that no file touches only when asked for."""
    if not run.settings:
        st.caption("Unknown without a config.json that can be read.")
        return
    source = run.source_settings
    bold = " What differs from the source is bold." if source else ""
    told = "What each runtime ends up with after all files had their say: a prediction."
    st.caption(told + bold)
    silent = untouched(run.settings, source)
    if not st.toggle(f"Show {counted(len(silent), 'setting')} that no file touches"):
        shown = {name: by for name, by in run.settings.items() if name not in silent}
    else:
        shown = dict(run.settings)
    differing, alike = differing_table(shown, source), alike_table(shown, source)
    for title, table in (("Runtimes differ", differing), ("Runtimes agree", alike)):
        if not table.empty:
            st.markdown(f"**{title}**")
            st.table(table, hide_index=True, border="horizontal")


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
    """Draw files and dtypes of both checkpoints, and who wrote the merged one."""
    if run.provenance:
        st.caption(written_by(run.provenance, limit=None))
    sides = [("Merged", run.merged)] + ([("Source", run.source)] if run.source else [])
    for column, (title, summary) in zip(st.columns(len(sides)), sides, strict=True):
        with column:
            st.markdown(f"**{title}** · {count(summary.parameters)} parameters")
            st.table(weights_table(summary.dtype_sizes), hide_index=True, border="horizontal")
            listing = {"File": summary.files.keys(), "Size": map(size, summary.files.values())}
            st.dataframe({k: list(v) for k, v in listing.items()}, hide_index=True)
