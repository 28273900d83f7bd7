"""Texts as a reader sees them: in Chinese or English, as Markdown."""
