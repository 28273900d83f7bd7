"""What a callback wants to say: callbacks may not draw, so the next run of the script does."""

import streamlit as st

from slowlens.errors import SlowlensError
from slowlens_dashboard.errors import explain

DONE, FAILED = "message-done", "message-failed"


def tell(text: str) -> None:
    """Say ``text`` (Markdown) once, in the next full run."""
    st.session_state[DONE] = text


def complain(error: SlowlensError) -> None:
    """Show ``error`` once, in the next full run."""
    st.session_state[FAILED] = error


def is_complaining() -> bool:
    """Whether an error is still to be shown."""
    return FAILED in st.session_state


def show_messages() -> None:
    """Draw what was left to be said."""
    if text := st.session_state.pop(DONE, None):
        st.toast(text, icon=":material/check_circle:")
    if error := st.session_state.pop(FAILED, None):
        explain(error)
