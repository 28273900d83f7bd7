"""The report of a run as one HTML file that opens without a network."""

from slowlens_dashboard.report.html import Page, page, render

__all__ = ["Page", "page", "render"]
