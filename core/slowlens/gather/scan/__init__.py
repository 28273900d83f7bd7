"""Reading every weight: its numbers, and whether they are the source's."""
