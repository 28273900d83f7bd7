"""The script that Streamlit reruns: page settings, navigation, and how errors are shown."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from slowlens_dashboard import judging, pair
from slowlens_dashboard.ending import PageEnded
from slowlens_dashboard.errors import explained
from slowlens_dashboard.messages import show_messages
from slowlens_dashboard.pages import PAGES, told
from slowlens_dashboard.widgets.account import account, require_account
from slowlens_dashboard.widgets.ahead import fetch_ahead
from slowlens_dashboard.widgets.language_switch import language_switch

HERE = Path(__file__).parent

st.set_page_config(page_title="Slowlens", page_icon=str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "logo.svg"), size="large")
st.html(HERE / "looks.css")
page = st.navigation([*map(told, PAGES)], position="top")
with explained():
    require_account()
    show_messages()
    pair.current()
    pair.publish()
    judging.publish()
    body = st.container()
    language_switch()
    account()
    with body, suppress(PageEnded):
        page.run()
    fetch_ahead()  # after the page, whose first words should not wait for it
