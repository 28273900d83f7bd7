"""The sentence that says why it is slow."""

import streamlit as st

from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import first_sentence, prose, without


def title_on_top(answer: str) -> None:
    """Draw it as the title of its page."""
    first, rest = first_sentence(answer)
    st.title(prose(_(first)), anchor=False)
    _rest(rest)


def sentence_on_top(answer: str, said: str = "") -> None:
    """Draw the first sentence large, and what follows from it below unless it is ``said`` too."""
    first, rest = first_sentence(answer)
    st.header(prose(_(first)), anchor=False)
    _rest(without(rest, said))


def _rest(rest: str) -> None:
    if rest:
        st.markdown(prose(_(rest)))
