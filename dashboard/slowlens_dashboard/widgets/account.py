"""Who is logged in, with the way out."""

import streamlit as st

from slowlens_dashboard.pair import options
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain


def require_account() -> None:
    """End the script for who is not logged in, where people log in with accounts.

    The server answers nobody else to begin with: this holds where that is circumvented.
    """
    if options().accounts and not st.user.is_logged_in:
        st.header(_("Log in"), anchor=False)
        st.link_button(_("Log in"), "/account/login", icon=":material/login:")
        st.stop()


def account() -> None:
    """Draw it, where people log in with accounts."""
    if not options().accounts:
        return
    user = st.user.to_dict()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.caption(plain(str(user.get("email") or user.get("name") or "")), width="content")
        st.button(
            _("Log out"),
            key="log-out",
            icon=":material/logout:",
            type="tertiary",
            on_click=st.logout,
        )
