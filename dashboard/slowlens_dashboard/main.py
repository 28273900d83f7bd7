"""The script that Streamlit reruns: page settings, navigation, and how errors are shown."""

from pathlib import Path

import streamlit as st

from slowlens_dashboard import pair
from slowlens_dashboard.errors import explained
from slowlens_dashboard.messages import show_messages
from slowlens_dashboard.pages import CHECKPOINT, DIFF, FIXES, LIVE

ICON = str(Path(__file__).parent / "icon.svg")

st.set_page_config(page_title="Slowlens", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
page = st.navigation([CHECKPOINT, DIFF, LIVE, FIXES], position="top")
with explained():
    show_messages()
    pair.current()
    page.run()
    pair.publish()
