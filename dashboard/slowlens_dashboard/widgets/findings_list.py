"""All findings: those that count first, then apart those of other runtimes and the silenced."""

from collections.abc import Iterable, Sequence

import streamlit as st

from slowlens.diagnose import Found
from slowlens.findings import Severity
from slowlens.proofs import Proved, together
from slowlens.reports import words
from slowlens.reports.units import counted
from slowlens.rulenames import TITLES
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere
from slowlens_dashboard.findinglinks import finding_of, gone, name_of
from slowlens_dashboard.pair import of_run
from slowlens_dashboard.widgets.finding_card import finding_card, severity_badge
from slowlens_dashboard.widgets.linked import Links, linked
from slowlens_dashboard.widgets.rule_page import about
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose, sentence

FEW = 6
"""Findings that are all shown; of more, the notes are folded away."""


def findings_list(run: Run, links: Links) -> None:
    """Draw what was found, the gravest first, and what could not be read."""
    found = [*together(run.findings)]
    folds = len(found) > FEW and found[0].severity is not Severity.NOTE
    shown = [f for f in found if not folds or f.severity is not Severity.NOTE]
    _lost(run, links.wanted)
    _problems(run)
    if not found:
        st.success(
            _("No rule found anything that concerns the runtimes that it is judged for."),
            icon=":material/check_circle:",
        )
    _cards(run, shown, 0, links)
    if notes := [f for f in found if f not in shown]:
        label = _(f"{counted(len(notes), 'note')}: what costs nothing by itself, or only elsewhere")
        unfolded = any(_called(run, each, links.wanted) == links.wanted for each in notes)
        with st.expander(label, icon=":material/notes:", expanded=unfolded):
            _cards(run, notes, len(shown), links)
    _elsewhere(run, links)
    _silenced(run, links)


def _lost(run: Run, wanted: str) -> None:
    """Say why the finding of the address is not there, where that is so."""
    if wanted and finding_of(wanted, run) is None:
        why = gone(wanted, run, TITLES)
        st.warning(prose(_(why.told)), title=prose(_(why.title)), icon=":material/link_off:")


def _called(run: Run, proved: Proved, wanted: str) -> str:
    """Return the name of a finding, or of its proof where that is the one that is wanted."""
    names = [name_of(each, run) for each in (proved.found, *proved.proofs)]
    return wanted if wanted in names else names[0]


def _cards(run: Run, found: Sequence[Proved], first: int, links: Links) -> None:
    for number, each in enumerate(found, first):
        with linked(_called(run, each, links.wanted), links.wanted):
            key, name = f"{each.found.rule}-{number}", name_of(each.found, run)
            finding_card(each, key, of_run(run), name, links)


def _problems(run: Run) -> None:
    for problem in run.problems:
        st.warning(
            sentence(prose(_(problem.hint))),
            title=prose(sentence(_(f"{problem.file} {problem.message}"))),
            icon=":material/draft:",
        )


def _elsewhere(run: Run, links: Links) -> None:
    """Fold away what concerns none of the judged runtimes, told by runtime."""
    found = run.standings[Standing.ELSEWHERE]
    if not found:
        return
    label = _(f"For other runtimes, not counted: {words.tally(found)}")
    with st.expander(label, icon=":material/alt_route:", expanded=_holds(run, found, links)):
        st.caption(_("Choose a runtime above, under “Judge for”, to have its findings counted."))
        groups: dict[str, list[tuple[int, Found]]] = {}
        for number, item in enumerate(found):
            groups.setdefault(elsewhere(item.finding, run.judged), []).append((number, item))
        for where, items in groups.items():
            st.markdown(f"**{plain(_(f'Found only under: {where}'))}**")
            for number, item in items:
                _line(run, item, f"elsewhere-{number}", links)


def _silenced(run: Run, links: Links) -> None:
    found = run.standings[Standing.SILENCED]
    if not found:
        return
    reasons = {silence.rule: silence.reason for silence in run.silences}
    label = _(f"Silenced by slowlens.toml: {words.tally(found)}")
    with st.expander(label, icon=":material/volume_off:", expanded=_holds(run, found, links)):
        for number, item in enumerate(found):
            _line(run, item, f"silenced-{number}", links)
            st.caption(_(f"Silenced: {prose(reasons[item.rule])}"))


def _holds(run: Run, found: Iterable[Found], links: Links) -> bool:
    return bool(links.wanted) and any(name_of(each, run) == links.wanted for each in found)


def _line(run: Run, item: Found, key: str, links: Links) -> None:
    """Draw a finding that does not count in short."""
    rule, finding = item
    name = name_of(item, run)
    with linked(name, links.wanted), st.container(border=True):
        with st.container(gap="xxsmall"):
            st.markdown(f"{severity_badge(finding)} {prose(sentence(_(finding.message)))}")
            if finding.cost:
                st.caption(_(f"Costs: {prose(_(finding.cost))}"))
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            about(rule, key)
            links.link(name)
