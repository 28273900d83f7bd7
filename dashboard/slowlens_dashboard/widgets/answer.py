"""The sentence that says why it is slow."""

import streamlit as st

from slowlens_dashboard.prose import first_sentence, prose, without


def sentence_on_top(answer: str, said: str = "") -> None:
    """Draw the first sentence large, and what follows from it below unless it is ``said`` too."""
    first, rest = first_sentence(answer)
    rest = without(rest, said)
    st.header(prose(first), anchor=False)
    if rest:
        st.markdown(prose(rest))
