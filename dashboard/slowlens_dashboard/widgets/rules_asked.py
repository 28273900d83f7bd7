"""The answer of each rule: what was not checked is never counted as fine."""

from collections.abc import Sequence

import streamlit as st

from slowlens.diagnose import NEEDED, Status
from slowlens.reports.units import counted
from slowlens.rulenames import TITLES
from slowlens.run import Run
from slowlens.standing import Standing, only_noted
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.diagnosis import scan_of, scan_weights
from slowlens_dashboard.measuring.scans import scans
from slowlens_dashboard.messages import is_complaining
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.widgets.rule_page import rule_page
from slowlens_dashboard.widgets.scan_progress import follow
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose, sentence

BEGUN = "scan-begun"
"""In the session: the button was pressed, and the page is yet to be drawn."""


def rules_asked(run: Run, pair: Pair) -> None:
    """Draw the rules by what came of them, then the page of whichever one wants to read."""
    if st.session_state.pop(BEGUN, False) and (scan_of(pair) or is_complaining()):
        st.rerun()  # these tabs alone were drawn, and the answer above them tells of it too
    st.markdown(f"**{_(summary(run))}**")
    for reason, rules in _by_reason(run, Status.CRASHED).items():
        why = prose(sentence(_(reason)))
        _group(":orange[:material/bug_report:]", _(f"{len(rules)} failed"), rules, why)
    for reason, rules in _by_reason(run, Status.SKIPPED).items():
        why = prose(_(reason))
        _group(":gray[:material/remove:]", _(f"{len(rules)} not checked"), rules, why)
        _way(reason, pair)
    kinds = _kinds(run)
    found, others = kinds[Standing.COUNTED], kinds[Standing.ELSEWHERE]
    silenced, passed = kinds[Standing.SILENCED], _with(run, Status.PASSED)
    noted = only_noted(run.findings)
    grave, light = ([r for r in found if (r in noted) is only] for only in (False, True))
    _group(":red[:material/error:]", _(f"{len(grave)} found something"), grave)
    _group(":blue[:material/info:]", _(f"{len(light)} noted something"), light)
    _group(":gray[:material/alt_route:]", _(f"{len(others)} for other runtimes only"), others)
    _group(":gray[:material/volume_off:]", _(f"{len(silenced)} silenced"), silenced)
    _group(":green[:material/check:]", _(f"{len(passed)} passed"), passed)
    _reader()


def summary(run: Run) -> str:
    """Count the rules by what came of them."""
    kinds, noted = _kinds(run), only_noted(run.findings)
    parts = {
        "found something": len(set(kinds[Standing.COUNTED]) - noted),
        "noted something": len(noted),
        "for other runtimes": len(kinds[Standing.ELSEWHERE]),
        "silenced": len(kinds[Standing.SILENCED]),
        "passed": len(_with(run, Status.PASSED)),
        "not checked": len(_with(run, Status.SKIPPED)),
        "failed": len(_with(run, Status.CRASHED)),
    }
    counts = [f"{n} {what}" for what, n in parts.items() if n]
    return f"{counted(len(run.outcomes), 'rule')}: {', '.join(counts)}"


def _kinds(run: Run) -> dict[Standing, list[str]]:
    """Return the rules by what their findings mean, each where it means most."""
    kinds: dict[Standing, list[str]] = {}
    seen: set[str] = set()
    for kind in Standing:
        rules = dict.fromkeys(found.rule for found in run.standings[kind])
        kinds[kind] = [rule for rule in rules if rule not in seen]
        seen.update(rules)
    return kinds


def _with(run: Run, status: Status) -> list[str]:
    return [outcome.rule for outcome in run.outcomes if outcome.status is status]


def _by_reason(run: Run, status: Status) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for outcome in run.outcomes:
        if outcome.status is status:
            reasons.setdefault(outcome.reason, []).append(outcome.rule)
    return reasons


def _way(reason: str, pair: Pair) -> None:
    """Draw what gives the missing fact, where this page has it."""
    if reason == f"needs {NEEDED['Measurement']}":
        st.page_link(LIVE, label=_("Watch it run"), icon=":material/monitoring:")
    if reason == f"needs {NEEDED['Scan']}":
        reading = scan_of(pair)
        if reading is not None and reading.running:
            follow(reading, "scan-of-rules")
            return
        busy = scans().active
        if busy is not None:
            st.caption(_(f"The weights of {plain(busy.label)} are being read: one pair at a time."))
        st.button(
            _("Read every weight now"),
            icon=":material/document_scanner:",
            on_click=_begin,
            args=(pair,),
            disabled=read_only() or busy is not None,
            help=_("As fast as the disk reads: a few seconds for each GB. Nothing is written."),
        )


def _group(icon: str, what: str, rules: Sequence[str], why: str = "") -> None:
    """Draw the names of rules that share an answer."""
    if rules:
        names = " · ".join(plain(_(TITLES.get(rule, rule))) for rule in rules)
        because = f": {why}" if why else ""
        st.markdown(f"{icon} **{what}{because}**  \n:gray[{names}]")


def _begin(pair: Pair) -> None:
    st.session_state[BEGUN] = True
    scan_weights(pair)


@st.fragment
def _reader() -> None:
    """Draw the page of a rule; reading another one concerns nothing else."""
    rule = st.selectbox(
        _("Read about a rule"),
        list(TITLES),
        index=None,
        key="rule-to-read",
        placeholder=_("its name"),
        format_func=lambda rule: f"{_(TITLES[rule])} ({rule})",
    )
    if rule:
        with st.container(border=True):
            rule_page(rule)
