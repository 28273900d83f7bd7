"""The ways to carry fixes elsewhere: downloads, and the command that makes a patched copy."""

import shlex
from functools import partial

import streamlit as st

from slowlens.exports import FORMS
from slowlens.repair import Repair
from slowlens_dashboard import repairs
from slowlens_dashboard.pair import Pair


def export_menu(repair: Repair, pair: Pair, *, unsafe: bool) -> None:
    """Draw a button that opens them; the checkpoint stays as it is."""
    root = pair.merged
    with st.popover("Export", icon=":material/ios_share:"):
        st.caption("The checkpoint stays as it is.")
        for form in FORMS:
            st.download_button(
                form.title,
                partial(repairs.exported, form, root, repair.edits),
                f"{root.name}-patched{form.suffix}",
                form.media_type,
                key=f"export-{form.name}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )
        st.caption("A patched copy beside it, whose weights are links:")
        st.code(_command(pair, unsafe=unsafe), language="bash", wrap_lines=True)


def _command(pair: Pair, *, unsafe: bool) -> str:
    source = [] if pair.source is None else ["--source", str(pair.source)]
    flags = ["--unsafe"] if unsafe else []
    to = str(pair.merged.with_name(f"{pair.merged.name}-patched"))
    return shlex.join(["slowlens", "export", str(pair.merged), *source, *flags, "--to", to])
