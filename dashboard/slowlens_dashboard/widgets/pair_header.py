"""The head of the pages that need a pair: their title, and which pair it is."""

import streamlit as st

from slowlens.run import Run
from slowlens_dashboard import pair
from slowlens_dashboard.ending import end_page
from slowlens_dashboard.judging import judged
from slowlens_dashboard.pages import CHECKPOINT
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import code, plain


def pair_header(title: str) -> pair.Pair:
    """Draw the title and return the pair; without one, say so and end the page."""
    chosen = pair.current()
    if chosen is None:
        st.title(_(title), anchor=False)
        st.info(
            _("Choose one on the page Checkpoint, or open a link that names one."),
            title=_("No checkpoint is chosen."),
            icon=":material/folder_open:",
        )
        label = _("Choose a checkpoint")
        st.page_link(CHECKPOINT, label=label, icon=":material/folder_open:")
        end_page()
    _title(title, chosen)
    return chosen


def _title(title: str, chosen: pair.Pair) -> None:
    """Draw the title with the pair beside it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title(_(title), anchor=False, width="content")
        st.caption(f":material/folder: {plain(chosen.label)}", help=code(str(chosen.merged)))
        if judged():
            st.caption(_(f"judged for {', '.join(runtime.label for runtime in judged())}"))


def run_header(run: Run) -> None:
    """Draw the head of a page that shows a run; a link to it chooses its pair too."""
    if run.imported is not None:
        st.title(_("Imported run"), anchor=False)
        return
    shown = pair.of_run(run)
    if pair.current() is None:
        pair.follow(shown)
    _title("Live run", shown)
    if pair.current() != shown:
        of = code(str(shown.merged))
        st.caption(_(f"This is a run of {of}, not of the chosen checkpoint."))
