"""The ways to hand a report on: a download for each form."""

import streamlit as st

from slowlens.redaction import Kind
from slowlens.reports.document import file_name
from slowlens.run import Run
from slowlens_dashboard.pages import REPORT
from slowlens_dashboard.reporting import NOTHING, downloads
from slowlens_dashboard.wording.language import _


def report_downloads(run: Run, keep: frozenset[Kind] = NOTHING) -> None:
    """Draw a button for each form; it is made on the click."""
    for number, form in enumerate(downloads(run, keep)):
        st.download_button(
            _(form.title),
            form.content,
            file_name(run, form.suffix),
            form.media_type,
            key=f"report-{form.suffix}",
            icon=":material/download:",
            on_click="ignore",
            type="secondary" if number else "primary",
        )


def report_menu(run: Run) -> None:
    """Draw a button that opens them, and the way to the page that shows it first."""
    with st.popover(_("Report"), icon=":material/description:"):
        st.caption(_("Without paths, names of users and machines, secrets and the prompt."))
        report_downloads(run)
        st.page_link(REPORT, label=_("Read it first, or tell more"), icon=":material/description:")


def report_link(run: Run) -> None:
    """Draw the way to the report of a stored run."""
    st.page_link(
        REPORT, label=_("Report"), icon=":material/description:", query_params={"run": run.id}
    )
