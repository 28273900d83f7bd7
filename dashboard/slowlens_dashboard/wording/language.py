"""The language that a reader sees: the browser's, or the one that was chosen."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from babel.messages.pofile import read_po

from slowlens.verbatim import Verbatim
from slowlens_dashboard.wording.translation import Catalogue

T = TypeVar("T")

LOCALE = Path(__file__).parent / "locale"
COOKIE = "slowlens-language"
KEY = "language"
"""In the session: a choice reloads the page, which begins a new one."""
SAID = frozenset({"customdata", "hovertemplate", "labels", "name", "text", "ticktext", "title"})
"""Where a figure holds what people read."""


class Language(StrEnum):
    """Those that the pages speak."""

    ENGLISH = "en"
    CHINESE = "zh"

    @property
    def own_name(self) -> str:
        """Its name as its speakers write it."""
        return {Language.ENGLISH: "English", Language.CHINESE: "中文"}[self]


def language() -> Language:
    """Return the language of whoever looks: what was chosen, or what the browser asks for."""
    if KEY not in st.session_state:
        chosen = st.context.cookies.get(COOKIE, "")
        st.session_state[KEY] = spoken(chosen or st.context.locale)
    return Language(st.session_state[KEY])


def spoken(locale: str | None) -> Language:
    """Return the language of a locale such as ``zh-TW``; English where we do not speak it."""
    beginning = (locale or "").partition("-")[0].lower()
    return Language(beginning) if beginning in list(Language) else Language.ENGLISH


def _(told: T) -> T:
    """Return ``told``, a text, a table, a figure or a layout, in the reader's language."""
    return translated(told, language())


def translated(told: T, into: Language) -> T:
    """Return ``told`` in a language; names, and what the catalogue does not know, stay."""
    if into is Language.ENGLISH or isinstance(told, Verbatim):
        return told
    catalogue = catalogue_of(into)
    found: Any = told
    match told:
        case str():
            found = catalogue.told(told)
        case pd.DataFrame():
            found = told.map(lambda cell: catalogue.told(cell) if isinstance(cell, str) else cell)
            found.columns = [catalogue.told(str(name)) for name in told.columns]
        case go.Figure():
            found = go.Figure(_read_aloud(told.to_plotly_json(), catalogue, said=False))
        case _:
            found = _read_aloud(told, catalogue, said=False)
    return found  # type: ignore[no-any-return]


@cache
def catalogue_of(into: Language) -> Catalogue:
    """Return the texts of a language."""
    with (LOCALE / f"{into}.po").open("rb") as file:
        messages = read_po(file)
    return Catalogue({str(m.id): str(m.string) for m in messages if m.id and m.string})


def _read_aloud(part: Any, catalogue: Catalogue, *, said: bool) -> Any:  # noqa: ANN401
    """Translate what people read of a figure, and leave how it is drawn."""
    match part:
        case str():
            return catalogue.told(part) if said else part
        case Mapping():
            return {
                key: _read_aloud(inner, catalogue, said=key in SAID) for key, inner in part.items()
            }
        case list() | tuple():
            return [_read_aloud(inner, catalogue, said=said) for inner in part]
        case _:
            return part
