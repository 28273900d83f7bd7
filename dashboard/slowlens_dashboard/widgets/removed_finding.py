"""Why a fix is as safe as it is, and each finding that it removes."""

import streamlit as st

from slowlens.findings import Applicability, Confidence, Finding, Fix
from slowlens_dashboard.widgets.finding_card import runtimes, severity_badge
from slowlens_dashboard.widgets.rule_page import about
from slowlens_dashboard.wording.instructions import Command, instructions
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose, sentence


def reason_of(fix: Fix) -> None:
    """Draw why it is not safe, or what to do by hand with commands that can be copied."""
    if fix.applicability is not Applicability.MANUAL:
        st.markdown(prose(_(fix.reason)))
        return
    for part in instructions(fix.reason):
        if isinstance(part, Command):
            st.code(part.text, language=part.language, wrap_lines=True)
        else:
            st.markdown(prose(_(part)))


def removed_finding(rule: str, finding: Finding, key: str, *, estimate: bool) -> None:
    """Draw a finding that the fix removes; without a key, its rule has had its button.

    ``estimate``: what it costs was measured too, and is told below.
    """
    read = estimate and finding.confidence is not Confidence.MEASURED
    with st.container(gap="xxsmall"):
        st.markdown(f"{severity_badge(finding)} {prose(sentence(_(finding.message)))}")
        costs = _("Estimated cost") if read else _("Costs")
        told = {costs: _(finding.cost), _("Affects"): runtimes(finding.affects)}
        lines = (f"{label}: {prose(text)}" for label, text in told.items() if text)
        with st.container(horizontal=True, vertical_alignment="top"):
            st.caption("  \n".join(lines), width="stretch")
            if key:
                about(rule, key)
