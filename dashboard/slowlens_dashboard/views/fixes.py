"""Apply, undo or export what removes the findings, and see what became of it."""

from pathlib import Path
from typing import Literal

import streamlit as st

from slowlens import journal
from slowlens.findings import Applicability
from slowlens.repair import Repair, fixes
from slowlens.run import Run
from slowlens.witness import before_and_after, measured_runs
from slowlens_dashboard import repairs
from slowlens_dashboard.diagnosis import diagnose, recent_runs
from slowlens_dashboard.gains import gain
from slowlens_dashboard.jobs import jobs
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.prose import code, plain
from slowlens_dashboard.starting import again, start
from slowlens_dashboard.widgets.comparison import comparison
from slowlens_dashboard.widgets.fix_card import confirm, fix_card
from slowlens_dashboard.widgets.pair_header import pair_header
from slowlens_dashboard.widgets.recent_runs import origin_link

FEW = 4
"""Fixes whose diffs are all shown at once."""


def all_fixes(run: Run, root: Path) -> None:
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
        _apply_all(repair, root)
        st.download_button(
            "Export patched configs",
            lambda: repairs.archive(root, repair.edits),
            f"{root.name}-patched.zip",
            "application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            help="The patched JSON files and their diff as a zip; the checkpoint stays as it is.",
        )


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
        help="Together, with those for other runtimes; you see what is written first.",
    )


def applied(run: Run, root: Path, *, proved: bool) -> None:
    """Draw what was written before, and the way back."""
    history = journal.history(root)
    if not history:
        return
    newest = history[0]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":green-badge[applied] **{plain(', '.join(newest.titles) or 'A fix')}** in "
            + ", ".join(code(file.name) for file in newest.files),
            width="stretch",
        )
        st.button("Undo", icon=":material/undo:", on_click=repairs.undo, args=(root,))
        measure(run, "secondary" if proved else "primary")


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
    ) and (active := jobs().active):
        st.switch_page(LIVE, query_params={"run": active.id})


chosen = pair_header("Fixes")
diagnosis = diagnose(chosen)
run = diagnosis.run
root = chosen.merged
proof = before_and_after(run, recent_runs())
applied(run, root, proved=proof is not None)
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
all_fixes(run, root)
few = len(offers) <= FEW
measured = run.measurement
gains = [gain(offer, offers, measured) if measured else "" for offer in offers]
if diagnosis.origin is not None and any(gains):
    origin_link(diagnosis.origin)
told = list(zip(offers, gains, strict=True))
for number, (offer, text) in enumerate(each for each in told if each[0].counts):
    fix_card(offer, root, f"fix-{number}", unfolded=few, gain=text)
others = [each for each in told if not each[0].counts]
if others:
    title = f"For other runtimes than those that are judged: {len(others)}"
    with st.expander(title, icon=":material/alt_route:", expanded=len(others) == len(offers)):
        for number, (offer, text) in enumerate(others):
            fix_card(offer, root, f"other-{number}", unfolded=False, gain=text)
