"""The runs that are kept: in brief, named, and side by side."""
