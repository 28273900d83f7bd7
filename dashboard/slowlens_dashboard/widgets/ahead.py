"""Parts of Streamlit that other pages need, fetched while somebody reads the first one."""

import pandas as pd
import streamlit as st

_DONE = "fetched-ahead"


def fetch_ahead() -> None:
    """Draw one of each, unseen, in the first run of a session.

    A browser reads such a part when it is drawn for the first time, which takes a quarter of a
    second for code: too long for a click that opens a page. Charts would be 5 MB, for pages that
    many never open.
    """
    if _DONE in st.session_state:
        return
    st.session_state[_DONE] = True
    with st.container(key="ahead"):  # looks.css hides it
        st.code(" ", language="diff")
        st.table(pd.DataFrame())
