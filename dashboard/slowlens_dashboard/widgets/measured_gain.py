"""What was measured of a fix: the answer first, then its figures, and the run that knows."""

from collections.abc import Sequence

import streamlit as st

from slowlens.facts.live.saving import Effect
from slowlens_dashboard.measuring.tries import Try
from slowlens_dashboard.widgets.recent_runs import run_link
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import prose, sentence

BADGES = {Effect.NONE: "gray", Effect.SLOWER: "red", Effect.UNCLEAR: "orange"}
"""Of what was measured; the rest is blue."""


def measured_gain(tried: Try | None, sentences: Sequence[str]) -> None:
    """Draw what was measured of a fix, and why the last try came to no result."""
    effect = tried.gain.effect if tried and tried.gain else None
    color = BADGES.get(effect, "blue") if effect else "blue"
    if sentences:
        first, *rest = sentences
        st.markdown(f":{color}-badge[{_('measured')}] {prose(sentence(_(first)))}")
        for told in rest:
            st.caption(prose(sentence(_(told))))
    if tried is None:
        return
    trouble, hint = tried.trouble
    if trouble:
        st.warning(prose(_(hint)), title=prose(sentence(_(trouble))), icon=":material/report:")
    if effect in (Effect.NONE, Effect.SLOWER):
        st.caption(_("Nothing was written, so there is nothing to undo. Leave it as it is."))
    if effect is Effect.UNCLEAR:
        st.caption(
            _("To make it clear, try again: with twice the rounds, best with nothing else running.")
        )
    run_link(tried.run, _("The run that tried it"))
