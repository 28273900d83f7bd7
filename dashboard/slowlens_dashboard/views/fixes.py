"""Apply, undo or export what removes the findings, and see what became of it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st

from slowlens.findings import Applicability
from slowlens.patch import journal
from slowlens.repair import Repair, fixes
from slowlens.run import Run
from slowlens.witness import before_and_after, measured_runs
from slowlens_dashboard import repairs
from slowlens_dashboard.diagnosis import diagnose, recent_runs
from slowlens_dashboard.gains import agreement, gain
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.permission import read_only
from slowlens_dashboard.prose import plain
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.starting import again, attempt, start
from slowlens_dashboard.widgets.applied_fixes import applied_fixes
from slowlens_dashboard.widgets.comparison import comparison
from slowlens_dashboard.widgets.export_menu import export_menu
from slowlens_dashboard.widgets.fix_card import confirm, fix_card
from slowlens_dashboard.widgets.pair_header import pair_header
from slowlens_dashboard.widgets.recent_runs import origin_link

FEW = 4
"""Fixes whose diffs are all shown at once."""


def all_fixes(run: Run, pair: Pair) -> None:
    """Draw the buttons that take every fix together."""
    unsafe = fixes(run, unsafe=True)
    repair = fixes(run, unsafe=False)
    if len(unsafe.chosen) > len(repair.chosen) and st.toggle(
        "Include fixes that change what the model writes", key="unsafe"
    ):
        repair = unsafe
    if not repair.edits:
        return
    _left_out(run, repair)
    with st.container(horizontal=True):
        _apply_all(repair, pair.merged)
        export_menu(repair, pair, unsafe=repair is unsafe)


def _left_out(run: Run, repair: Repair) -> None:
    """Name the fixes that go by themselves and that another one, which goes first, contradicts."""
    chosen = [fix for _, fix in repair.chosen]
    kinds = {fix.applicability for fix in chosen} | {Applicability.SAFE}
    titles = [
        offer.fix.title
        for offer in repairs.offers(run)
        if offer.fix.edits and offer.fix.applicability in kinds and offer.fix not in chosen
    ]
    if titles:
        st.caption(
            f"Not with the others: {plain(', '.join(dict.fromkeys(titles)))}. Another fix wants the"
            " same key otherwise, and goes first; apply it by itself if you want that instead."
        )


def _apply_all(repair: Repair, root: Path) -> None:
    safe = all(fix.applicability is Applicability.SAFE for _, fix in repair.chosen)
    number = len(repair.titles)
    fixes_word = "fix" if number == 1 else "fixes"
    st.button(
        f"Apply {number} safe {fixes_word}" if safe else f"Apply {number} {fixes_word}",
        key="apply-all",
        type="primary",
        icon=":material/build:",
        on_click=confirm,
        args=(root, repair.edits, repair.titles),
        disabled=read_only(),
        help="Together, with those for other runtimes; you see what is written first.",
    )


def measure(run: Run, kind: Literal["primary", "secondary"]) -> None:
    """Draw the button that measures the same once more."""
    last = next(iter(measured_runs(run, recent_runs())), None)
    if last is None:
        st.page_link(LIVE, label="Measure it", icon=":material/monitoring:")
    elif st.button(
        "Measure again",
        type=kind,
        icon=":material/replay:",
        on_click=start,
        args=(again(last),),
        disabled=read_only(),
    ) and (active := jobs().active):
        st.switch_page(LIVE, query_params={"run": active.id})


def told_of(offer: Offer, offers: Sequence[Offer], run: Run) -> tuple[str, ...]:
    """Return what a run of these very files measured of a fix."""
    if run.measurement is None or not (found := gain(offer, offers, run.measurement)):
        return ()
    return tuple(filter(None, (found, agreement(offer, run.measurement))))


chosen = pair_header("Fixes")
diagnosis = diagnose(chosen)
run = diagnosis.run
root = chosen.merged
proof = before_and_after(run, recent_runs())
applied_fixes(root, partial(measure, run, "primary" if proof is None else "secondary"))
if proof is not None:
    comparison(*proof)
offers = repairs.offers(run)
if not offers:
    st.success(
        "No rule found anything in this checkpoint that a fix would remove."
        if not journal.history(root)
        else "What was found before is gone.",
        title="Nothing is left to fix.",
        icon=":material/check_circle:",
    )
    st.stop()
all_fixes(run, chosen)
told = [told_of(offer, offers, run) for offer in offers]
if diagnosis.origin is not None and any(told):
    origin_link(diagnosis.origin)
last = next(iter(measured_runs(run, recent_runs())), None)


def card(number: int, key: str, *, unfolded: bool) -> None:
    """Draw one of the offers."""
    offer = offers[number]
    tried, measured = attempt(offer, chosen, last), told[number]
    name = f"{key}-{number}"
    fix_card(offer, root, name, attempt=tried, unfolded=unfolded, measured=measured)


counted = [number for number, offer in enumerate(offers) if offer.counts]
others = [number for number, offer in enumerate(offers) if not offer.counts]
for number in counted:
    card(number, "fix", unfolded=len(offers) <= FEW)
if others:
    title = f"For other runtimes than those that are judged: {len(others)}"
    with st.expander(title, icon=":material/alt_route:", expanded=not counted):
        for number in others:
            card(number, "other", unfolded=False)
