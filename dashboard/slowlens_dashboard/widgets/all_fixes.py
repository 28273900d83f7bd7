"""Every fix that goes with the others: what is written, and the click that writes it."""

from typing import Literal

import streamlit as st

from slowlens import patch
from slowlens.errors import SlowlensError
from slowlens.findings import Applicability
from slowlens.repair import Repair, fixes
from slowlens.reports.units import size
from slowlens.run import CheckpointSummary, Run
from slowlens_dashboard import repairs
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.errors import explain
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.widgets.confirmation import confirm
from slowlens_dashboard.widgets.export_menu import export_menu
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain

AT_ONCE = "Writes the lines above at once. Undo is one click, too."
ASKED = "You see what is written, and confirm it."


def all_fixes(run: Run, pair: Pair, *, tried: CheckpointSummary | None, busy: bool) -> None:
    """Draw them with their diff; safe ones are written at the click, others after a question.

    Not while a run is ``busy`` with these files; if one was ``tried``, on those files only.
    """
    unsafe = fixes(run, unsafe=True)
    repair = fixes(run, unsafe=False)
    if not unsafe.edits:
        return
    with st.container(border=True, key="all-fixes"):
        if len(unsafe.chosen) > len(repair.chosen) and st.toggle(
            _("Include fixes that change what the model writes"), key="unsafe"
        ):
            repair = unsafe
        if not repair.edits:
            st.caption(_("No safe fix is left: the others change what the model writes."))
            return
        try:
            prepared = patch.prepare(pair.merged, repair.edits)
        except SlowlensError as error:
            explain(error)
            return
        _written(repair, prepared, run)
        with st.container(horizontal=True, vertical_alignment="center"):
            _apply(repair, prepared, tried, busy=busy)
            export_menu(repair, pair, run, "all")
        _left_out(run, repair)


def _written(repair: Repair, prepared: patch.Patch, run: Run) -> None:
    names = ", ".join(code(file.name) for file in prepared.files)
    whole = size(run.merged.weights_size)
    if len(repair.titles) == 1:
        title = plain(_(repair.titles[0]))
        st.markdown(_(f"**{title}** writes {names}. These lines change, and no others:"))
    else:
        number = len(repair.titles)
        told = _(f"**{number} fixes together** write {names}. These lines change, and no others:")
        st.markdown(told)
        st.caption(plain("; ".join(map(_, repair.titles))))
    st.code(patch.unified_diff(prepared), language="diff", height=_height(prepared))
    st.caption(
        _(
            f"Everything is written or nothing, even if the power fails. The {whole} of weights are"
            " not touched. Undo brings the exact old bytes back, today or in a month."
        )
    )


def _height(prepared: patch.Patch) -> int | Literal["content"]:
    """Let a long diff be scrolled, in pixels; a short one is all there."""
    return 900 if patch.unified_diff(prepared).count("\n") > 40 else "content"


def _apply(
    repair: Repair, prepared: patch.Patch, tried: CheckpointSummary | None, *, busy: bool
) -> None:
    safe = all(fix.applicability is Applicability.SAFE for _rule, fix in repair.chosen)
    number = len(repair.titles)
    if safe:
        label = _("Apply 1 safe fix") if number == 1 else _(f"Apply {number} safe fixes")
    else:
        label = _("Apply 1 fix") if number == 1 else _(f"Apply {number} fixes")
    grey = read_only() or busy
    st.button(
        label,
        key="apply-all",
        type="secondary" if grey else "primary",
        icon=":material/build:",
        on_click=repairs.apply if safe else confirm,
        args=(prepared, repair.titles, tried),
        disabled=grey,
        help=_(repairs.BUSY if busy else AT_ONCE if safe else ASKED),
    )


def _left_out(run: Run, repair: Repair) -> None:
    """Name the fixes that go by themselves and that another one, which goes first, contradicts."""
    chosen = [fix for _rule, fix in repair.chosen]
    kinds = {fix.applicability for fix in chosen} | {Applicability.SAFE}
    titles = [
        _(offer.fix.title)
        for offer in repairs.offers(run)
        if offer.fix.edits and offer.fix.applicability in kinds and offer.fix not in chosen
    ]
    if titles:
        names = plain(", ".join(dict.fromkeys(titles)))
        st.caption(
            _(
                f"Not with the others: {names}. Another fix wants the same key otherwise, and goes"
                " first; apply it by itself if you want that instead."
            )
        )
