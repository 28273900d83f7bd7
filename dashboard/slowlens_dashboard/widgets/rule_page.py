"""The page of a rule: what it looks for, why that costs, and on what evidence."""

import re

import streamlit as st

from slowlens.rulenames import TITLES
from slowlens.rulepage import blocks, page
from slowlens.rules import RULES
from slowlens_dashboard.wording.language import _

RULE_BY_ID = {rule.id: rule for rule in RULES}

BLOCK = re.compile(r"(## |- |)(.*)")
ENDS = {"## ": "\n", "- ": "\n", "": "\n\n"}
"""What goes around a heading, an item and a paragraph."""
_MATHS = re.compile(r"(`[^`]*`)|([$~])")
"""Code, which stays as it is, or what Streamlit would take for a formula or for struck out."""


def about(rule: str, key: str) -> None:
    """Draw the button that opens the page."""
    if rule in RULE_BY_ID:
        st.button(
            _("About this rule"),
            key=f"about-{key}",
            type="tertiary",
            icon=":material/menu_book:",
            on_click=open_page,
            args=(rule,),
        )


def open_page(rule: str) -> None:
    """Show the page over the present one; a callback."""
    dialog = st.dialog(_(TITLES[rule]), width="medium", icon=":material/menu_book:")
    dialog(rule_page)(rule, heading="#")  # Streamlit draws headings smaller in a dialog


def rule_page(rule: str, heading: str = "###") -> None:
    """Draw the page; ``heading`` is the level of its sections in Markdown."""
    st.caption(_(f"`{rule}` · since {RULE_BY_ID[rule].since}"))
    st.markdown(markdown(page(RULE_BY_ID[rule]), heading))


def markdown(docstring: str, heading: str = "###") -> str:
    """Return a rule's docstring as Markdown that Streamlit draws as it was meant."""
    found = [match.groups() for match in map(BLOCK.fullmatch, blocks(docstring)) if match]
    drawn = "".join(f"{ENDS[mark]}{mark}{_(text)}{ENDS[mark]}" for mark, text in found)
    told = re.sub(r"\n{3,}", "\n\n", drawn.replace("``", "`")).strip()
    text = re.sub(r"^## ", f"{heading} ", told, flags=re.MULTILINE)
    return _MATHS.sub(lambda found: found[1] or f"\\{found[2]}", text)
