"""What was written into a checkpoint, the newest first, each with its way back."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from slowlens.patch import journal
from slowlens.patch.recovery import changed_since
from slowlens.reports.units import moment
from slowlens_dashboard import repairs
from slowlens_dashboard.permission import read_only
from slowlens_dashboard.prose import code, plain


def applied_fixes(root: Path, measure: Callable[[], None]) -> None:
    """Draw them, with the button of ``measure`` beside the newest."""
    entries = journal.history(root)
    if not entries:
        return
    with st.container(border=True):
        _entry(root, entries[0], entries, measure)
        if older := entries[1:]:
            with st.expander(f"Applied before: {len(older)}", icon=":material/history:"):
                for entry in older:
                    _entry(root, entry, entries)


def _entry(
    root: Path,
    entry: journal.Entry,
    entries: Sequence[journal.Entry],
    measure: Callable[[], None] = lambda: None,
) -> None:
    later = journal.covering(entry, entries)
    above = {file.name for one in entries if one.number in later for file in one.files}
    edited = [name for name in changed_since(root, entry) if name not in above]
    names = ", ".join(code(file.name) for file in entry.files)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":green-badge[applied] **{plain(', '.join(entry.titles) or 'A fix')}** in {names}"
            f" :gray[{moment(entry.time)}]",
            width="stretch",
        )
        st.button(
            "Undo",
            key=f"undo-{entry.number}",
            icon=":material/undo:",
            on_click=repairs.undo,
            args=(root, entry.number),
            disabled=bool(later) or read_only(),
            help=f"Undo fix {later[0]} first: it changed a file of this one again."
            if later
            else None,
        )
        measure()
    if edited:
        st.caption(
            f"{plain(', '.join(edited))} changed since, not by Slowlens: undo refuses to overwrite"
            " that."
        )
