"""What a live run measured, and its figures."""
