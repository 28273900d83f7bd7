"""One script for each page; they draw and never decide."""
