"""What the rules found when a run was made, whatever became of the files since."""

from functools import partial

import streamlit as st

from slowlens.proofs import together
from slowlens.reports import words
from slowlens.run import Run
from slowlens_dashboard import address
from slowlens_dashboard.findinglinks import QUERY, of_run
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.widgets.findings_list import findings_list
from slowlens_dashboard.widgets.linked import Links
from slowlens_dashboard.wording.language import _


def run_findings(run: Run) -> None:
    """Fold them away, unless the address leads to one of them."""
    if not run.outcomes:
        return
    wanted = address.asked(QUERY)
    tally = words.tally(each.whole for each in together(run.findings))
    title = _(f"What the rules found in this run: {tally}")
    fold = st.expander(
        title,
        icon=":material/fact_check:",
        expanded=bool(wanted),
        key="run-findings",
        on_change="rerun",
    )
    if fold.open:
        with fold:
            st.caption(_("As its files were by then: a link to one of these goes on to open it."))
            findings_list(run, Links(wanted, LIVE, partial(of_run, run=run)))
