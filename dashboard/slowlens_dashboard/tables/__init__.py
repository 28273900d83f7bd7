"""Facts as tables and sentences of a page."""
