"""The runs that were measured before, each with its link."""

import streamlit as st

from slowlens.brief import Brief, Kind
from slowlens.reports.units import counted, milliseconds, minute
from slowlens.run import Run
from slowlens.witness import rounds
from slowlens_dashboard.pages import HISTORY, LIVE
from slowlens_dashboard.runs import kept
from slowlens_dashboard.runs.kept import Row
from slowlens_dashboard.runs.naming import called
from slowlens_dashboard.wording.language import _
from slowlens_dashboard.wording.prose import plain

SHOWN = 8
WITH_FIGURES = (Kind.MEASURED, Kind.IMPORTED)
_MOST_TELLING = (
    "Of the finished runs of these very files the one that tells most: enough rounds for a verdict,"
    " then whole answers, then more kinds of trial, then the newest. A quick look does not replace"
    " it."
)


def recent_list() -> None:
    """Draw the newest runs with figures, measured here or imported, and the way to all."""
    shelf = kept.shelf()
    measured = [row for row in shelf.rows if row.brief.kind in WITH_FIGURES]
    if measured:
        st.header(_("Recent runs"), anchor=False)
    with st.container(gap="xxsmall"):
        for row in measured[:SHOWN]:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    _called(row),
                    key=f"open-{row.brief.id}",
                    type="tertiary",
                    icon=":material/monitoring:",
                    on_click=_open,
                    args=(row.brief.id,),
                )
                st.caption(_summary(row.brief))
    if len(measured) > SHOWN or shelf.unread:
        st.page_link(HISTORY, label=_("All runs"), icon=":material/history:")


def run_link(run: Run, label: str, help: str | None = None) -> None:  # noqa: A002 - as Streamlit
    """Draw the way to a run."""
    st.page_link(
        LIVE,
        label=_(label),
        query_params={"run": run.id},
        icon=":material/monitoring:",
        help=_(help),
    )


def origin_link(run: Run) -> None:
    """Say which run speaks for the files, with the way to it."""
    number, when = rounds(run), _utc(run.created)
    told = f"What was measured is from the run that ended {when}"
    run_link(run, f"{told}, {counted(number, 'round')}" if number else told, _MOST_TELLING)


def _open(run_id: str) -> None:
    st.query_params["run"] = run_id


def _called(row: Row) -> str:
    """Name it as a person does, or else say what it is of."""
    when = _utc(row.brief.created)
    ended = _(f"Imported {when}") if row.brief.kind is Kind.IMPORTED else _(f"Ended {when}")
    return f"{ended} · {plain(called(row))}"


def _utc(created: str) -> str:
    return f"{minute(created)} UTC"


def _summary(brief: Brief) -> str:
    if brief.timed is None:
        return plain(_(brief.answer))
    status = _(str(brief.timed.status))
    if brief.tpot is None:
        return status
    return f"{status} · {_(f'{milliseconds(brief.tpot)} per token as shipped')}"
