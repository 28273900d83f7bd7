"""One finding: what it is, how sure we are, what it costs, whom it affects, and its proof."""

from collections.abc import Iterable

import streamlit as st

from slowlens.diagnose import Found
from slowlens.facts.live.seconds import rounded
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Evidence, Finding, Severity, ValueEvidence
from slowlens.proofs import Proved
from slowlens.reports.units import value
from slowlens.reports.words import PROOFS
from slowlens.rulenames import TITLES
from slowlens_dashboard.findinglinks import QUERY
from slowlens_dashboard.pages import FIXES
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.widgets.linked import Links
from slowlens_dashboard.widgets.rule_page import about
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain, prose, sentence

SEVERITIES = {Severity.ERROR: "red", Severity.WARNING: "orange", Severity.NOTE: "gray"}
SHOWN = 100
"""Characters of a proof."""


def finding_card(proved: Proved, key: str, pair: Pair, name: str, links: Links) -> None:
    """Draw a finding and what a run shows of it, with the way to its fix and to its rule's page.

    ``pair``: whose fix it is; ``name``: what addresses call it.
    """
    rule, finding = proved.whole
    with st.container(border=True, gap="small"):
        title = plain(_(TITLES.get(rule, rule)))
        st.subheader(f"{severity_badge(finding)} {title}", anchor=False)
        st.markdown(prose(sentence(_(finding.message))))
        parts = {
            _("Costs"): prose(_(finding.cost)),
            _("Affects"): prose(runtimes(finding.affects)),
            _(PROOFS[finding.confidence]): "  \n".join(map(_evidence, finding.evidence)),
        }
        given = {label: text for label, text in parts.items() if text}
        for column, (label, text) in zip(st.columns(3, gap="medium"), given.items(), strict=False):
            with column.container(gap="xxsmall"):
                st.caption(label)
                st.markdown(text)
        for number, proof in enumerate(proved.proofs):
            _proof(proof, f"{key}-proof-{number}")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if finding.fix is not None:
                label = _(f"Fix: {finding.fix.title}")
                query = pair.query | {QUERY: rule}
                icon = ":material/build:"
                st.page_link(FIXES, label=plain(label), icon=icon, query_params=query)
            about(rule, key)
            links.link(name)


def _proof(proof: Found, key: str) -> None:
    rule, finding = proof
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        told = prose(sentence(_(f"the run proves it: {finding.message}")))
        st.markdown(f":blue-badge[{_('measured')}] {told}", width="stretch")
        about(rule, key)


def severity_badge(finding: Finding) -> str:
    """Return severity as a coloured word, and where it is only suspected that too."""
    badge = f":{SEVERITIES[finding.severity]}-badge[{_(finding.severity.value)}]"
    suspected = finding.confidence is Confidence.SUSPECTED
    return f"{badge} :gray-badge[{_('suspected')}]" if suspected else badge


def runtimes(affected: Iterable[Runtime]) -> str:
    """Name runtimes in one line."""
    return ", ".join(_(runtime.label) for runtime in affected)


def _evidence(evidence: Evidence) -> str:
    """Write a proof as the reports do: ``config.json:12 use_cache = false``."""
    if not isinstance(evidence, ValueEvidence):
        unit, label = plain(_(evidence.unit)), prose(_(evidence.label))
        return f"{label}: {rounded(evidence.value)} {unit}"
    where = f"{evidence.file}:{evidence.line}" if evidence.line else evidence.file
    if not evidence.pointer:
        return code(where)
    said = f"{'.'.join(evidence.pointer)} = {value(evidence.found)}"
    return f"{code(where)} {code(said[:SHOWN])}"
