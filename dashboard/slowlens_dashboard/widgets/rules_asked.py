"""The answer of each rule: what was not checked is never counted as fine."""

from collections.abc import Sequence

import streamlit as st

from slowlens.diagnose import NEEDED, Status
from slowlens.reports.units import counted
from slowlens.run import Run
from slowlens.standing import Standing
from slowlens_dashboard.diagnosis import scan_weights
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.prose import plain, prose, sentence
from slowlens_dashboard.widgets.rule_page import TITLES, rule_page


def rules_asked(run: Run, pair: Pair) -> None:
    """Draw the rules by what came of them, then the page of whichever one wants to read."""
    st.markdown(f"**{summary(run)}**")
    for reason, rules in _by_reason(run, Status.CRASHED).items():
        _group(":orange[:material/bug_report:]", f"failed: {prose(sentence(reason))}", rules)
    for reason, rules in _by_reason(run, Status.SKIPPED).items():
        _group(":gray[:material/remove:]", f"not checked: {prose(reason)}", rules)
        _way(reason, pair)
    kinds = _kinds(run)
    _group(":red[:material/error:]", "found something", kinds[Standing.COUNTED])
    _group(":gray[:material/alt_route:]", "for other runtimes only", kinds[Standing.ELSEWHERE])
    _group(":gray[:material/volume_off:]", "silenced", kinds[Standing.SILENCED])
    _group(":green[:material/check:]", "passed", _with(run, Status.PASSED))
    _reader()


def summary(run: Run) -> str:
    """Count the rules by what came of them."""
    kinds = _kinds(run)
    parts = {
        "found something": len(kinds[Standing.COUNTED]),
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
        rules = dict.fromkeys(rule for rule, _ in run.standings[kind])
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
        st.page_link(LIVE, label="Watch it run", icon=":material/monitoring:")
    if reason == f"needs {NEEDED['Scan']}":
        st.button(
            "Read every weight now",
            icon=":material/document_scanner:",
            on_click=scan_weights,
            args=(pair,),
            help="As fast as the disk reads: a few seconds for each GB. Nothing is written.",
        )


def _group(icon: str, what: str, rules: Sequence[str]) -> None:
    """Draw the names of rules that share an answer."""
    if rules:
        names = " · ".join(plain(TITLES.get(rule, rule)) for rule in rules)
        st.markdown(f"{icon} **{len(rules)} {what}**  \n:gray[{names}]")


def _reader() -> None:
    rule = st.selectbox(
        "Read about a rule",
        list(TITLES),
        index=None,
        key="rule-to-read",
        placeholder="its name",
        format_func=lambda rule: f"{TITLES[rule]} ({rule})",
    )
    if rule:
        with st.container(border=True):
            rule_page(rule)
