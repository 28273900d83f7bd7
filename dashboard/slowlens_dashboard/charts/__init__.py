"""Facts in, plotly figure out; nothing here knows Streamlit."""
