"""What an address leads to: marked, scrolled into view, and where the keyboard goes on."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from slowlens_dashboard.wording.language import _

KEY = "linked"
"""Of the container: a page leads to one thing at most, and looks.css draws its mark."""
SHOW = """
const shown = new WeakMap();
export default ({ data, parentElement }) => {
  if (shown.get(parentElement) === data.name) return;
  shown.set(parentElement, data.name);
  let left = 40;
  const show = () => {
    const found = document.querySelector(`.st-key-${data.key}`);
    if (!found) return left-- && setTimeout(show, 50);
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "start" });
  };
  setTimeout(show, 200);
};
"""

_show = st.components.v2.component("slowlens.linked", js=SHOW)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of what is on a page, and which one of them was opened."""

    wanted: str
    page: st.Page
    query: Callable[[str], Mapping[str, str]]
    """Of the address that opens what has a name."""

    def link(self, name: str) -> None:
        """Draw the way to a finding, whose address can be copied."""
        with st.container(key=f"link-to-{name}", width="content"):
            st.page_link(
                self.page,
                label=_("Link to this finding"),
                icon=":material/link:",
                query_params=self.query(name),
                help=_("Opens this very finding: copy the address and send it."),
            )


@contextmanager
def linked(name: str, wanted: str) -> Iterator[None]:
    """Mark what is drawn in the block if it is the one of that name that the address wants."""
    if not wanted or name != wanted:
        yield
        return
    with st.container(key=KEY, gap="small"):
        st.markdown(f":blue-badge[:material/link: {_('this is what the link leads to')}]")
        yield
    _show(key=f"{KEY}-shown", data={"key": KEY, "name": name})
