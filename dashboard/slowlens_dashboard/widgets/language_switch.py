"""The choice of a language, which the browser keeps."""

import streamlit as st

from slowlens_dashboard.wording.language import COOKIE, KEY, Language, _, language

REMEMBER = """
export default ({ data }) => {
  document.documentElement.lang = data.language;
  if (data.chosen) {
    document.cookie = `${data.cookie}=${data.language}; path=/; max-age=31536000; SameSite=Lax`;
  }
};
"""
WIDGET, CHOSEN = "language-switch", "language-chosen"

_remember = st.components.v2.component("slowlens.language", js=REMEMBER)


def language_switch() -> None:
    """Draw the languages by their own names; a screen reader is told which one is spoken."""
    st.session_state[WIDGET] = language()
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.segmented_control(
            _("Language"),
            list(Language),
            key=WIDGET,
            format_func=lambda each: each.own_name,
            on_change=_choose,
            label_visibility="collapsed",
            required=True,
        )
    chosen = st.session_state.get(CHOSEN, False)
    data = {"language": language().value, "cookie": COOKIE, "chosen": chosen}
    _remember(key="language-remembered", data=data)


def _choose() -> None:
    st.session_state[KEY] = st.session_state[WIDGET] or language()
    st.session_state[CHOSEN] = True
