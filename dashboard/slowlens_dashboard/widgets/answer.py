"""The sentence that says why it is slow."""

import streamlit as st

from slowlens_dashboard.prose import first_sentence, prose


def sentence_on_top(answer: str) -> None:
    """Draw the first sentence large, and what follows from it below."""
    first, rest = first_sentence(answer)
    st.header(prose(first), anchor=False)
    if rest:
        st.markdown(prose(rest))
