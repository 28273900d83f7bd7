"""The dashboard for ``streamlit run dashboard/app.py``; ``slowlens ui`` starts the same one."""

import streamlit as st

from slowlens_dashboard.server import MAIN, parts

app = st.App(MAIN, **parts())
