"""What lies behind the findings: settings, files and weights."""

from itertools import chain

import streamlit as st

from slowlens.facts.checkpoint import Checkpoint
from slowlens.reports.units import count, counted
from slowlens.run import Run
from slowlens_dashboard.tables.facts import files_table, sizes_table, weights_table
from slowlens_dashboard.tables.settings_tables import alike_table, differing_table, untouched
from slowlens_dashboard.widgets.pair_facts import written_by
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

FEW = 16
"""Files that are listed without scrolling."""
SCROLLED = 480
"""Pixels of a longer list."""


@st.fragment
def settings(run: Run) -> None:
    """Draw the effective settings; those that no file touches only when asked for."""
    if not run.settings:
        st.caption(_("Unknown without a config.json that can be read."))
        return
    source = run.source_settings
    told = _("What each runtime ends up with after all files had their say: a prediction.")
    bold = _("What differs from the source is bold.") if source else ""
    st.caption(f"{told} {bold}")
    silent = untouched(run.settings, source)
    if not st.toggle(_(f"Show {counted(len(silent), 'setting')} that no file touches")):
        shown = {name: by for name, by in run.settings.items() if name not in silent}
    else:
        shown = dict(run.settings)
    differing, alike = differing_table(shown, source), alike_table(shown, source)
    for title, table in ((_("Runtimes differ"), differing), (_("Runtimes agree"), alike)):
        if not table.empty:
            st.markdown(f"**{title}**")
            st.table(_(table), hide_index=True, border="horizontal")


def files(run: Run, merged: Checkpoint, source: Checkpoint | None) -> None:
    """Draw what the files say about the settings, and each file as it is."""
    for title, read in ((_("Merged"), merged), (_("Source"), source)):
        if read is not None and not (table := files_table(run.settings, read)).empty:
            st.markdown(f"**{title}**")
            st.table(_(table), hide_index=True, border="horizontal")
    names = dict.fromkeys(chain(merged.configs, source.configs if source else ()))
    for name in names:
        _file(name, merged, source)


@st.fragment
def _file(name: str, merged: Checkpoint, source: Checkpoint | None) -> None:
    """Draw a file folded: what is in it may be long."""
    with st.expander(plain(name), icon=":material/data_object:", on_change="rerun") as body:
        if body.open:
            _raw(name, merged, source)


def _raw(name: str, merged: Checkpoint, source: Checkpoint | None) -> None:
    sides = {"Merged": merged} | ({"Source": source} if source else {})
    for column, (title, read) in zip(st.columns(len(sides)), sides.items(), strict=True):
        column.caption(_(title))
        values = read.values(name)
        if values is None:
            column.markdown(_("*This file is not there, or cannot be read.*"))
        else:
            column.json(values, expanded=1)


def weights(run: Run) -> None:
    """Draw files and dtypes of both checkpoints, and who wrote the merged one."""
    if run.provenance:
        st.caption(_(written_by(run.provenance, limit=None)))
    sides = [("Merged", run.merged)] + ([("Source", run.source)] if run.source else [])
    for column, (title, summary) in zip(st.columns(len(sides)), sides, strict=True):
        with column:
            parameters = _(f"{count(summary.parameters)} parameters")
            st.markdown(f"**{_(title)}** · {parameters}")
            st.table(_(weights_table(summary.dtype_sizes)), hide_index=True, border="horizontal")
            few = len(summary.files) <= FEW
            st.table(
                _(sizes_table(summary.files)),
                hide_index=True,
                border="horizontal",
                height="content" if few else SCROLLED,
            )
