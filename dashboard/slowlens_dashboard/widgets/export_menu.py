"""The ways to carry fixes elsewhere: downloads, and the command that makes a patched copy."""

import shlex
from functools import partial

import streamlit as st

from slowlens.exports import FORMS
from slowlens.findings import Applicability
from slowlens.repair import Repair
from slowlens.run import Run
from slowlens_dashboard import repairs
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain


def export_menu(repair: Repair, pair: Pair, run: Run, key: str) -> None:
    """Draw a button that opens them; the checkpoint stays as it is."""
    with st.popover(_("Export"), icon=":material/ios_share:", key=f"menu-{key}"):
        st.caption(_("The checkpoint stays as it is."))
        picked = _picked(repair, key)
        for form in FORMS:
            st.download_button(
                _(form.title),
                partial(repairs.exported, form, pair.merged, picked, run.provenance),
                f"{pair.merged.name}-patched{form.suffix}",
                form.media_type,
                key=f"export-{form.name}-{key}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
                disabled=not picked.edits,
            )
        if picked.edits and (command := copying(picked, repair, pair)):
            st.caption(_("A patched copy beside it, whose weights are links:"))
            st.code(command, language="bash", wrap_lines=True)


def _picked(repair: Repair, key: str) -> Repair:
    """Ask which of several fixes to take."""
    if len(repair.titles) < 2:
        return repair
    wanted = [
        title
        for number, title in enumerate(repair.titles)
        if st.checkbox(plain(_(title)), value=True, key=f"pick-{key}-{number}")
    ]
    return Repair(tuple(one for one in repair.chosen if one.fix.title in wanted))


def copying(picked: Repair, offered: Repair, pair: Pair) -> str:
    """Return the command that makes a patched copy with just these fixes.

    Empty where it takes fixes by their rule, and a rule has one that was left out.
    """
    rules = dict.fromkeys(one.rule for one in picked.chosen)
    if any(one.rule in rules and one not in picked.chosen for one in offered.chosen):
        return ""
    source = [] if pair.source is None else ["--source", str(pair.source)]
    unsafe = any(fix.applicability is Applicability.UNSAFE for _rule, fix in picked.chosen)
    flags = ["--unsafe"] if unsafe else []
    named = [word for rule in rules for word in ("--rule", rule)]
    to = str(pair.merged.with_name(f"{pair.merged.name}-patched"))
    return shlex.join(["slowlens", "export", str(pair.merged), *source, *flags, *named, "--to", to])
