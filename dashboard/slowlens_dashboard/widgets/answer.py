"""The sentence that says why it is slow, or how much slower it was."""

import streamlit as st

from slowlens.facts.live.measurement import Measurement
from slowlens.reports.measurement import factors
from slowlens_dashboard.prose import first_sentence, prose, sentence, without


def sentence_on_top(answer: str) -> None:
    """Draw the first sentence large, and what follows from it below."""
    first, rest = first_sentence(answer)
    st.header(prose(first), anchor=False)
    if rest:
        st.markdown(prose(rest))


def factors_on_top(measurement: Measurement, answer: str) -> None:
    """Draw the measured factor large and why it is so below; the answer where none was measured."""
    measured = [sentence(factor) for factor in factors(measurement)]
    if not measured:
        sentence_on_top(answer)
        return
    st.header(prose(measured[0]), anchor=False)
    st.markdown(prose(" ".join([*without(answer, measured[0]), *measured[1:]])))
