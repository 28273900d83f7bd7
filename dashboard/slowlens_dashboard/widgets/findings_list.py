"""All findings: those that count first, then apart those of other runtimes and the silenced."""

from collections.abc import Sequence

import streamlit as st

from slowlens.diagnose import Found
from slowlens.findings import Severity
from slowlens.proofs import Proved, together
from slowlens.reports import words
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere
from slowlens_dashboard.prose import plain, prose, sentence
from slowlens_dashboard.widgets.finding_card import finding_card, severity_badge
from slowlens_dashboard.widgets.rule_page import about

FEW = 6
"""Findings that are all shown; of more, the notes are folded away."""


def findings_list(run: Run) -> None:
    """Draw what was found, the gravest first, and what could not be read."""
    found = [*together(run.findings)]
    folds = len(found) > FEW and found[0].severity is not Severity.NOTE
    shown = [f for f in found if not folds or f.severity is not Severity.NOTE]
    _problems(run)
    if not found:
        st.success(
            "No rule found anything that concerns the runtimes that it is judged for.",
            icon=":material/check_circle:",
        )
    _cards(shown, 0)
    if notes := [f for f in found if f not in shown]:
        label = f"{counted(len(notes), 'note')}: what costs nothing by itself, or only elsewhere"
        with st.expander(label, icon=":material/notes:"):
            _cards(notes, len(shown))
    _elsewhere(run)
    _silenced(run)


def _cards(found: Sequence[Proved], first: int) -> None:
    for number, each in enumerate(found, first):
        finding_card(each, key=f"{each.found.rule}-{number}")


def _problems(run: Run) -> None:
    for problem in run.problems:
        st.warning(
            sentence(prose(problem.hint)),
            title=prose(sentence(f"{problem.file} {problem.message}")),
            icon=":material/draft:",
        )


def _elsewhere(run: Run) -> None:
    """Fold away what concerns none of the judged runtimes, told by runtime."""
    found = run.standings[Standing.ELSEWHERE]
    if not found:
        return
    label = f"For other runtimes, not counted: {words.tally(found)}"
    with st.expander(label, icon=":material/alt_route:"):
        st.caption("Choose a runtime above, under “Judge for”, to have its findings counted.")
        groups: dict[str, list[tuple[int, Found]]] = {}
        for number, item in enumerate(found):
            groups.setdefault(elsewhere(item.finding, run.judged), []).append((number, item))
        for where, items in groups.items():
            st.markdown(f"**Under {plain(where)}**")
            for number, item in items:
                _line(item, f"elsewhere-{number}")


def _silenced(run: Run) -> None:
    found = run.standings[Standing.SILENCED]
    if not found:
        return
    reasons = {silence.rule: silence.reason for silence in run.silences}
    label = f"Silenced by slowlens.toml: {words.tally(found)}"
    with st.expander(label, icon=":material/volume_off:"):
        for number, item in enumerate(found):
            _line(item, f"silenced-{number}")
            st.caption(f"Silenced: {prose(reasons[item.rule])}")


def _line(item: Found, key: str) -> None:
    """Draw a finding that does not count in short."""
    rule, finding = item
    with st.container(border=True):
        left, right = st.columns([6, 1], vertical_alignment="center")
        with left.container(gap="xxsmall"):
            st.markdown(f"{severity_badge(finding)} {prose(sentence(finding.message))}")
            if finding.cost:
                st.caption(f"Costs: {prose(finding.cost)}")
        with right:
            about(rule, key)
