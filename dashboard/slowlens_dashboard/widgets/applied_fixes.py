"""What was written into a checkpoint, the newest first, each with its way back."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from slowlens.comparing import Became
from slowlens.patch import journal
from slowlens.patch.recovery import changed_since
from slowlens.reports.units import moment
from slowlens_dashboard import repairs
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain


@dataclass(frozen=True, slots=True)
class Proof:
    """What runs before and after say of some of the fixes."""

    became: Became
    numbers: Collection[int]
    """Of the fixes that were written between the runs."""


def applied_fixes(root: Path, measure: Callable[[], None], proof: Proof | None) -> None:
    """Draw them, with the button of ``measure`` beside the newest."""
    entries = journal.history(root)
    if not entries:
        return
    with st.container(border=True, key="applied"):
        _entry(root, entries[0], entries, measure)
        if proof is not None and entries[0].number in proof.numbers:
            _no_better(proof.became)
        if older := entries[1:]:
            label = _(f"Applied before: {len(older)}")
            with st.expander(label, icon=":material/history:"):
                for entry in older:
                    _entry(root, entry, entries)
            _undo_all(root, len(entries))


def _no_better(became: Became) -> None:
    """Say so where the files were changed for nothing."""
    if became is Became.NO_BETTER:
        st.warning(
            _(
                "Each token takes as long as before; the figures are below. Undo brings the files"
                " back as they were. Keep it if it is for something else than speed."
            ),
            title=_("This fix measured no better."),
            icon=":material/trending_flat:",
        )
    elif became is Became.WORSE:
        st.warning(
            _("Each token takes longer than before. Undo brings the files back as they were."),
            title=_("This fix measured slower."),
            icon=":material/trending_down:",
        )


def _undo_all(root: Path, number: int) -> None:
    st.button(
        _(f"Undo all {number}"),
        key="undo-all",
        icon=":material/undo:",
        on_click=repairs.undo_all,
        args=(root,),
        disabled=read_only(),
        help=_("The newest first, each byte for byte."),
    )


def _entry(
    root: Path,
    entry: journal.Entry,
    entries: Sequence[journal.Entry],
    measure: Callable[[], None] = lambda: None,
) -> None:
    later = journal.covering(entry, entries)
    above = {file.name for one in entries if one.number in later for file in one.files}
    edited = [name for name in changed_since(root, entry) if name not in above]
    names = ", ".join(code(file.name) for file in entry.files)
    titles = plain(", ".join(map(_, entry.titles)) or _("A fix"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":green-badge[{_('applied')}] **{titles}** · {names} :gray[{moment(entry.time)}]",
            width="stretch",
        )
        st.button(
            _("Undo"),
            key=f"undo-{entry.number}",
            icon=":material/undo:",
            on_click=repairs.undo,
            args=(root, entry.number),
            disabled=bool(later) or read_only(),
            help=_(f"Undo fix {later[0]} first: it changed a file of this one again.")
            if later
            else _("Brings the exact old bytes back, with their mode and times."),
        )
        measure()
    if edited:
        changed = plain(", ".join(edited))
        st.caption(_(f"{changed} changed since, not by Slowlens: undo refuses to overwrite that."))
