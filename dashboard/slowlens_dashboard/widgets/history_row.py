"""One run of the page History: the way to it, its figures, and what can be done with it."""

import streamlit as st

from slowlens.brief import Brief, Kind
from slowlens_dashboard.access.permission import read_only
from slowlens_dashboard.pages import LIVE
from slowlens_dashboard.runs import tidying
from slowlens_dashboard.runs.history_words import compared, factors, figures, kind, when
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.widgets.history_edit import edit
from slowlens_dashboard.widgets.verdict import BADGES
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import first_sentence, plain, prose


def history_row(row: Row) -> None:
    """Draw it."""
    with st.container(key=f"run-{row.brief.id}", gap="xxsmall"):
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
        ):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                _tick(row.brief)
                _way(row)
                st.markdown(_badges(row), width="content")
            with st.container(horizontal=True, wrap=False, width="content"):
                _actions(row)
        st.markdown(told(row))


def told(row: Row) -> str:
    """Return its figures, what came of it, and its note, a line each, in the reader's language."""
    verdicts = (f"{BADGES[f.outcome]} {prose(_(compared(f)))}" for f in factors(row))
    measured = " · ".join(plain(_(part)) for part in figures(row.brief))
    said, rest = first_sentence(row.brief.answer)
    answer = f":gray[{prose(_(said))}{' …' if rest else ''}]"
    note = " ".join(row.label.note.split())
    lines = (
        measured,
        " &emsp; ".join(verdicts),
        answer,
        f":material/notes: {plain(note)}" * bool(note),
    )
    return "  \n".join(filter(None, lines))


def _tick(brief: Brief) -> None:
    key, date = f"tick-{brief.id}", when(brief)
    wanted = brief.id in tidying.ticked()
    if st.session_state.get(key) != wanted:
        st.session_state[key] = wanted
    st.checkbox(
        plain(_(f"Choose the run of {date}")),
        key=key,
        label_visibility="collapsed",
        on_change=tidying.tick,
        args=(brief.id, key),
    )


def _way(row: Row) -> None:
    """Draw the way to the run by its name, or by when it was; a damaged one leads nowhere."""
    date = plain(when(row.brief))
    label = f"**{plain(row.label.name)}** · {date}" if row.label.name else f"**{date}**"
    if row.brief.kind is Kind.DAMAGED:
        st.markdown(label)
    else:
        st.page_link(LIVE, label=label, query_params={"run": row.brief.id}, help=row.brief.id)


def _badges(row: Row) -> str:
    what = kind(row.brief)
    baselines = [
        f":violet-badge[:material/flag: {plain(_(f'baseline {name}'))}]" for name in row.baselines
    ]
    return " ".join([f":gray-badge[{plain(_(what))}]" * bool(what), *baselines]).strip()


def _actions(row: Row) -> None:
    st.button(
        _("Edit"),
        key=f"edit-{row.brief.id}",
        type="tertiary",
        icon=":material/edit:",
        on_click=edit,
        args=(row,),
        disabled=read_only(),
    )
    st.button(
        _("Delete"),
        key=f"delete-{row.brief.id}",
        type="tertiary",
        icon=":material/delete:",
        on_click=tidying.delete,
        args=((row.brief.id,),),
        disabled=read_only(),
    )
