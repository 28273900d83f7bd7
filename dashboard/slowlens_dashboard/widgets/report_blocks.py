"""The parts of a report as a page shows them; all is in the reader's language already."""

from collections.abc import Iterable, Mapping
from typing import assert_never

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from slowlens.reports.document.blocks import (
    Block,
    Card,
    Chart,
    Code,
    Drawing,
    Fold,
    Items,
    Notice,
    Table,
    Text,
    Tone,
)
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain, prose, sentence

COLORS = {Tone.BAD: "red", Tone.WARNING: "orange", Tone.GOOD: "green", Tone.PLAIN: "gray"}
CONFIG = {"displaylogo": False}
Figures = Mapping[Drawing, go.Figure]


def report_blocks(blocks: Iterable[Block], place: str, figures: Figures) -> None:
    """Draw them, one below the other; ``place`` in the report tells their keys from others."""
    for number, block in enumerate(blocks):
        _block(block, f"{place}-{number}", figures)


def badge(text: str, tone: Tone) -> str:
    """Return a coloured word."""
    return f":{COLORS[tone]}-badge[{plain(text)}]"


def _block(block: Block, place: str, figures: Figures) -> None:
    match block:
        case Table():
            _table(block)
        case Card():
            _card(block, place)
        case Chart():
            _chart(block, place, figures)
        case Fold(title, inner):
            _fold(plain(title), inner, place, figures)
        case _:
            _words(block)


@st.fragment
def _fold(label: str, blocks: Iterable[Block], place: str, figures: Figures) -> None:
    """Fold blocks away, and draw them once it is opened: a report has hundreds of cells in them."""
    fold = st.expander(label, key=f"report-fold-{place}", on_change="rerun")
    if fold.open:
        with fold:
            report_blocks(blocks, place, figures)


def _words(block: Text | Items | Code | Notice) -> None:
    match block:
        case Text(text):
            st.markdown(prose(text))
        case Items(items):
            st.markdown("\n".join(f"- {prose(item)}" for item in items))
        case Code(text, title):
            if title:
                st.caption(prose(title))
            st.code(text, language=None, wrap_lines=True)
        case Notice(tone, title, text):
            draw = st.error if tone is Tone.BAD else st.warning
            draw(prose(text), title=prose(sentence(title)), icon=":material/report:")
        case _:
            assert_never(block)


def _table(found: Table) -> None:
    rows = [[prose(cell) for cell in row] for row in found.rows]
    table = pd.DataFrame(rows, columns=_different(map(plain, found.head)))
    st.table(table, hide_index=True, border="horizontal")
    if found.caption:
        st.caption(prose(found.caption))


def _different(names: Iterable[str]) -> list[str]:
    """Return names of columns of which no two are the same, as a table must have them."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += "\N{NO-BREAK SPACE}"
        found.append(name)
    return found


def _card(card: Card, place: str) -> None:
    """Draw a card; its table, of what a fix changes, is stacked by looks.css on a phone."""
    with st.container(border=True, gap="small"):
        st.markdown(f"{badge(card.badge, card.tone)} &nbsp; **{plain(card.title)}**")
        if card.text:
            st.markdown(prose(sentence(card.text)))
        if card.facts:
            with st.grid(3, min_column_width=220):
                for label, told in card.facts:
                    with st.container(gap="xxsmall"):
                        st.caption(plain(label))
                        st.markdown(prose(told))
        if card.table is not None:
            with st.container(key=f"report-edits-{place}"):
                _table(card.table)


def _chart(chart: Chart, place: str, figures: Figures) -> None:
    st.markdown(f"**{prose(chart.title)}**")
    figure = figures.get(chart.drawing)
    if figure is not None:
        key = f"report-{chart.drawing}"
        st.plotly_chart(figure, key=key, config=CONFIG, alt=chart.title)
    _fold(_("Figures of this chart"), (chart.table,), place, figures)
