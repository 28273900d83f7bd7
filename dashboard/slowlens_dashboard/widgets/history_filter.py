"""Which runs are shown: the address says it, so that a link shares it."""

from collections.abc import Sequence

import streamlit as st

from slowlens_dashboard.runs.history import (
    CHECKPOINT,
    PAGE,
    SHOW,
    TEXT,
    HistoryQuery,
    Show,
    checkpoints,
    wanted,
)
from slowlens_dashboard.runs.history_words import SHOWN
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.wording.language import _

FIELDS = {TEXT: "history-find", CHECKPOINT: "history-checkpoint", SHOW: "history-show"}
"""Keys of the widgets."""


def asked() -> HistoryQuery:
    """Return what the address asks for."""
    return wanted(st.query_params.to_dict())


def history_filter(rows: Sequence[Row]) -> None:
    """Draw the fields."""
    ask, called = asked(), checkpoints(rows)
    fill(ask)
    options = ["", *called] if ask.checkpoint in ("", *called) else ["", *called, ask.checkpoint]
    with st.container(horizontal=True, vertical_alignment="top", key="history-filter"):
        st.text_input(
            _("Find"),
            key=FIELDS[TEXT],
            icon=":material/search:",
            placeholder=_("in names, notes, paths and answers"),
            on_change=_take,
            width=300,
        )
        st.selectbox(
            _("Checkpoint"),
            options,
            key=FIELDS[CHECKPOINT],
            format_func=lambda key: called.get(key, key) if key else _("All"),
            on_change=_take,
            width=300,
        )
        st.pills(
            _("Kind"),
            list(Show),
            selection_mode="multi",
            key=FIELDS[SHOW],
            format_func=lambda show: _(SHOWN[show]),
            on_change=_take,
        )


def turn(page: int) -> None:
    """Show another page of them; a callback."""
    ask = asked()
    _publish(HistoryQuery(ask.text, ask.checkpoint, ask.show, page))


def clear() -> None:
    """Show all; a callback."""
    _publish(HistoryQuery())


def fill(ask: HistoryQuery) -> None:
    """Let the fields say what the address does, which may have come from a link."""
    told = {TEXT: ask.text, CHECKPOINT: ask.checkpoint, SHOW: list(ask.show)}
    for name, value in told.items():
        if st.session_state.get(FIELDS[name]) != value:
            st.session_state[FIELDS[name]] = value


def _take() -> None:
    text, checkpoint, show = (st.session_state[FIELDS[name]] for name in (TEXT, CHECKPOINT, SHOW))
    chosen = tuple(each for each in Show if each in (show or ()))
    _publish(HistoryQuery((text or "").strip(), checkpoint or "", chosen))


def _publish(ask: HistoryQuery) -> None:
    for name in (TEXT, CHECKPOINT, SHOW, PAGE):
        if name in ask.query:
            st.query_params[name] = ask.query[name]
        else:
            st.query_params.pop(name, None)
