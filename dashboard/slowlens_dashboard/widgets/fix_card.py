"""One fix: what it removes, its diff, how safe it is, and the button that applies it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from slowlens.facts.live.plan import Plan
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix
from slowlens.repair import Repair
from slowlens_dashboard import repairs
from slowlens_dashboard.errors import explained
from slowlens_dashboard.instructions import Command, instructions
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.permission import read_only
from slowlens_dashboard.prose import code, plain, prose, sentence
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.starting import start
from slowlens_dashboard.widgets.finding_card import runtimes, severity_badge
from slowlens_dashboard.widgets.rule_page import about

COLORS = {
    Applicability.SAFE: "green",
    Applicability.UNSAFE: "orange",
    Applicability.MANUAL: "gray",
}
SAFETY = {
    Applicability.SAFE: "safe: the same tokens, up to rounding",
    Applicability.UNSAFE: "changes what it writes",
    Applicability.MANUAL: "by hand",
}


def fix_card(
    offer: Offer,
    root: Path,
    key: str,
    *,
    attempt: tuple[Plan, Repair],
    unfolded: bool,
    measured: Sequence[str] = (),
) -> None:
    """Draw a fix; its diff is there at once where there are few.

    ``attempt`` tries it; ``measured`` are sentences about what that, or an earlier run, found.
    """
    fix = offer.fix
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        badge = f":{COLORS[fix.applicability]}-badge[{SAFETY[fix.applicability]}]"
        left.markdown(f"{badge} &nbsp; **{plain(fix.title)}**")
        if fix.edits:
            with right.container(horizontal=True, horizontal_alignment="right"):
                _try_button(attempt, key, again=bool(measured))
                st.button(
                    "Apply",
                    key=f"apply-{key}",
                    icon=":material/build:",
                    on_click=confirm,
                    args=(root, fix.edits, (fix.title,)),
                    disabled=read_only(),
                )
        if fix.reason:
            _reason(fix)
        explained_rules: set[str] = set()
        for number, (rule, finding) in enumerate(offer.findings):
            about_key = "" if rule in explained_rules else f"{key}-{number}"
            _removed(rule, finding, about_key, estimate=bool(measured))
            explained_rules.add(rule)
        for told in measured:
            st.markdown(f":blue-badge[measured] {prose(sentence(told))}")
        if fix.edits:
            names = ", ".join(dict.fromkeys(edit.file for edit in fix.edits))
            with st.expander(f"What changes in {plain(names)}", expanded=unfolded), explained():
                st.code(repairs.diff(root, fix.edits), language="diff")


def _try_button(attempt: tuple[Plan, Repair], key: str, *, again: bool) -> None:
    """Measure with the fix on a double; the checkpoint stays as it is."""
    plan, repair = attempt
    if st.button(
        "Try again" if again else "Try it",
        key=f"try-{key}",
        icon=":material/science:",
        on_click=start,
        args=(plan,),
        kwargs={"fixes": repair},
        disabled=read_only(),
        help="Measures the checkpoint as it is and with this fix, in turns, on a double that is"
        " removed again. Nothing is written into the checkpoint.",
    ) and (active := jobs().active):
        st.switch_page(LIVE, query_params={"run": active.id})


def _reason(fix: Fix) -> None:
    """Draw why it is not safe, or what to do by hand with commands that can be copied."""
    if fix.applicability is not Applicability.MANUAL:
        st.markdown(prose(fix.reason))
        return
    for part in instructions(fix.reason):
        if isinstance(part, Command):
            st.code(part.text, language=part.language, wrap_lines=True)
        else:
            st.markdown(prose(part))


def _removed(rule: str, finding: Finding, key: str, *, estimate: bool) -> None:
    """Draw a finding that the fix removes; without a key, its rule has had its button.

    ``estimate``: what it costs was measured too, and is told below.
    """
    read = estimate and finding.confidence is not Confidence.MEASURED
    with st.container(gap="xxsmall"):
        st.markdown(f"{severity_badge(finding)} {prose(sentence(finding.message))}")
        costs = "Estimated cost" if read else "Costs"
        told = {costs: finding.cost, "Affects": runtimes(finding.affects)}
        lines = (f"{label}: {prose(text)}" for label, text in told.items() if text)
        with st.container(horizontal=True, vertical_alignment="top"):
            st.caption("  \n".join(lines), width="stretch")
            if key:
                about(rule, key)


@st.dialog("Apply the fix?", icon=":material/build:", width="medium")
def confirm(root: Path, edits: Sequence[Edit], titles: Sequence[str]) -> None:
    """Name the files and ask; the work is done in the button's callback, which may not draw."""
    body = st.container()
    with st.container(horizontal=True, horizontal_alignment="right"):
        cancelled = st.button("Cancel", key="cancel-fix")
        applied = st.button(
            "Write the files",
            key="write-fix",
            type="primary",
            on_click=repairs.apply,
            args=(root, edits, titles),
        )
    if cancelled or applied:
        st.rerun()  # before the body: edits that were written do not apply once more
    with body:
        names = repairs.files(root, edits)
        st.markdown(f"This writes {', '.join(map(code, names))} in {code(str(root))}:")
        if len(titles) > 1:
            st.caption(plain("; ".join(titles)))
        st.code(repairs.diff(root, edits), language="diff", height=320)
        st.caption("Only these lines change. Undo brings the exact old bytes back.")
