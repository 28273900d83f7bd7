"""HTTP beside Streamlit, and how pages are let in and answered."""
