"""One finding: what it is, how sure we are, what it costs, whom it affects, and its proof."""

from collections.abc import Iterable

import streamlit as st

from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Evidence, Finding, Severity, ValueEvidence
from slowlens.reports.units import value
from slowlens.rules import RULES
from slowlens_dashboard.pages import FIXES
from slowlens_dashboard.prose import code, plain, prose, sentence

SEVERITIES = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.NOTE: "gray"}
CONFIDENCES = {
    Confidence.MEASURED: "measured",
    Confidence.READ: "read in its files",
    Confidence.SUSPECTED: "suspected",
}
TITLES = {rule.id: rule.title for rule in RULES}


def finding_card(rule: str, finding: Finding) -> None:
    """Draw a finding, with the way to its fix."""
    with st.container(border=True):
        heading(rule, finding)
        parts = {
            "Costs": prose(finding.cost),
            "Affects": prose(runtimes(finding.affects)),
            "Proof": "  \n".join(_evidence(item) for item in finding.evidence),
        }
        given = {label: text for label, text in parts.items() if text}
        for column, (label, text) in zip(st.columns(3, gap="medium"), given.items(), strict=False):
            with column.container(gap="xxsmall"):
                st.caption(label)
                st.markdown(text)
        if finding.fix is not None:
            st.page_link(
                FIXES, label=f"Fix: {plain(finding.fix.title)}", icon=":material/arrow_forward:"
            )


def heading(rule: str, finding: Finding) -> None:
    """Draw a finding's badges, title and message."""
    severity = f":{SEVERITIES[finding.severity]}-badge[{finding.severity}]"
    confidence = f":gray-badge[{CONFIDENCES[finding.confidence]}]"
    st.markdown(f"{severity} {confidence} &nbsp; **{plain(TITLES.get(rule, rule))}**")
    st.markdown(prose(sentence(finding.message)))


def runtimes(affected: Iterable[Runtime]) -> str:
    """Name runtimes in one line."""
    return ", ".join(runtime.label for runtime in affected)


def _evidence(evidence: Evidence) -> str:
    if isinstance(evidence, ValueEvidence):
        key = code(f"{'.'.join(evidence.pointer)} = {value(evidence.found)}"[:100])
        return f"{code(evidence.file)} {key}"
    return f"{prose(evidence.label)}: {evidence.value:g} {plain(evidence.unit)}"
