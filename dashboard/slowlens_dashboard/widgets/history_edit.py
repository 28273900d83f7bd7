"""A run's name and note, and the baselines that are copies of it."""

import streamlit as st

from slowlens.labels import LONGEST_NAME, LONGEST_NOTE
from slowlens_dashboard.runs import tidying
from slowlens_dashboard.runs.history_words import when
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

NAME, NOTE, BASELINE, REPLACE = "run-name", "run-note", "baseline-name", "baseline-replace"


def edit(row: Row) -> None:
    """Ask for them; a callback."""
    st.session_state[NAME], st.session_state[NOTE] = row.label.name, row.label.note
    st.session_state[BASELINE], st.session_state[REPLACE] = "", False
    title = plain(row.label.name or _(f"The run of {when(row.brief)}"))
    st.dialog(title, icon=":material/edit:")(_ask)(row)


def _ask(row: Row) -> None:
    """Draw the forms; the work is done in callbacks, which may not draw."""
    if _called(row) or _marked(row):
        st.rerun()


def _called(row: Row) -> bool:
    with st.form("run-label", border=False):
        st.text_input(_("Name"), key=NAME, max_chars=LONGEST_NAME)
        st.text_area(_("Note"), key=NOTE, max_chars=LONGEST_NOTE, height=100)
        return st.form_submit_button(
            _("Save"), key="save-label", type="primary", on_click=_name, args=(row.brief.id,)
        )


def _marked(row: Row) -> bool:
    """Draw the baselines; say whether one was made or removed."""
    st.subheader(_("Baseline"), anchor=False)
    removed = [
        st.button(
            _(f"Remove the baseline {plain(name)}"),
            key=f"unmark-{name}",
            icon=":material/flag:",
            on_click=tidying.unmark,
            args=(name,),
        )
        for name in row.baselines
    ]
    if row.brief.timed is None or not row.brief.timed.rounds:
        st.caption(_("Only a run in which merged was timed as shipped can be one."))
        return any(removed)
    with st.form("run-baseline", border=False):
        st.caption(_("A copy under a name, by which slowlens gate judges later runs."))
        st.text_input(_("Name of the baseline"), key=BASELINE, max_chars=64, placeholder="main")
        st.checkbox(_("Replace the one of that name"), key=REPLACE)
        kept = st.form_submit_button(
            _("Keep as a baseline"), key="mark", on_click=_mark, args=(row.brief.id,)
        )
    return kept or any(removed)


def _name(run_id: str) -> None:
    tidying.name(run_id, st.session_state[NAME] or "", st.session_state[NOTE] or "")


def _mark(run_id: str) -> None:
    name = (st.session_state[BASELINE] or "").strip()
    tidying.mark(run_id, name, replacing=bool(st.session_state[REPLACE]))
