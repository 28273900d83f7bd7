"""The runtimes whose findings count: in this tab's session, and in the address of a link."""

from collections.abc import Iterable

import streamlit as st

from slowlens.facts.runtimes import Runtime
from slowlens.gather.environment import read_environment
from slowlens.standing import usual_runtimes

CHOSEN, PILLS = "judged", "judged-pills"
"""Keys of what was chosen, and of the widget, which Streamlit empties on every other page."""
QUERY = "runtime"


def judged() -> tuple[Runtime, ...]:
    """Return the runtimes that a person chose, empty for the usual ones."""
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = _meant(st.query_params.get(QUERY, "").split(","))
    chosen: tuple[Runtime, ...] = st.session_state[CHOSEN]
    return chosen


def usual() -> tuple[Runtime, ...]:
    """Return what is judged where nobody chose: the installed transformers, and bare loops."""
    return _usual()


def submit() -> None:
    """Judge for what the widget says from now on; a callback."""
    st.session_state[CHOSEN] = _meant(st.session_state[PILLS])


def publish() -> None:
    """Write what was chosen into the address."""
    chosen = ",".join(judged())
    if not chosen:
        st.query_params.pop(QUERY, None)
    elif st.query_params.get(QUERY) != chosen:
        st.query_params[QUERY] = chosen


def _meant(names: Iterable[str]) -> tuple[Runtime, ...]:
    """Return the runtimes of ``names`` in their order, none for the usual ones."""
    given = set(names)
    found = tuple(runtime for runtime in Runtime if runtime.value in given)
    return () if set(found) == set(usual()) else found


@st.cache_resource(show_spinner=False)
def _usual() -> tuple[Runtime, ...]:
    return usual_runtimes(read_environment()).runtimes
