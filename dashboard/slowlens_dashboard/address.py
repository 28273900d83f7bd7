"""What of a page stands in its address: read when the page opens, written when it changes."""

from collections.abc import Collection, Iterable

import streamlit as st

LONGEST = 200
"""Characters of a part that somebody may have made up."""


def asked(query: str) -> str:
    """Return a part of the address, empty without it."""
    return st.query_params.get(query, "")[:LONGEST]


def listed(text: str, known: Iterable[str]) -> list[str]:
    """Return the names in ``text`` that are known, in their order; the others are left out."""
    given = set(text.split(","))
    return [name for name in known if name in given]


def one_of(text: str, known: Collection[str], usual: str) -> str:
    """Return ``text`` where it is known, else what is usual."""
    return text if text in known else usual


def write(query: str, value: str) -> None:
    """Write a part of the address; without a value it goes. A callback too."""
    if value:
        st.query_params[query] = value
    else:
        st.query_params.pop(query, None)
